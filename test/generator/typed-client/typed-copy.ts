import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { typeClient } from '../../../src/generator/typed-client/type-client.js'
import type { EncryptionPolicy } from '../../../src/policy/index.js'
import { generateClient } from '../../support/generate-client.js'
import { homeOf } from '../../support/prisma-versions.js'
import type { SchemaOptions } from '../../support/schema.js'
import { policyOfSchema } from '../../support/sealed-client.js'
import { NAMED_TYPES, richModels } from './rich-schema.js'

/** A generated client of its own, which a test may type, change and break. */
export interface ClientCopy {
  /** Holds `client/` and `named.ts`; `@prisma/client` is found from it. */
  readonly directory: string
  readonly folder: string
  readonly policy: EncryptionPolicy
  /** Puts the types in. */
  type(): Promise<void>
  /** Text of every file, by its path in the client. */
  texts(): Promise<ReadonlyMap<string, string>>
  change(file: string, edit: (text: string) => string): Promise<void>
  remove(): Promise<void>
}

/** A copy of a client that Prisma has generated, of the rich models unless others are given. */
export async function copyClient(options: SchemaOptions): Promise<ClientCopy> {
  const whole = { ...options, models: options.models ?? richModels(options.provider) }
  const generated = await generateClient(whole)
  const base = path.join(homeOf(options.prisma), '.tmp/typed')
  await mkdir(base, { recursive: true })
  const directory = await mkdtemp(path.join(base, 'client-'))
  const folder = path.join(directory, 'client')
  await cp(path.dirname(generated.entry), folder, { recursive: true })
  await writeFile(path.join(directory, 'named.ts'), NAMED_TYPES)
  const policy = await policyOfSchema(generated.schema)
  const language = options.generator === 'prisma-client' ? 'ts' : 'js'
  return {
    directory,
    folder,
    policy,
    type: () => typeClient(policy, { language, folder }, () => path.join(directory, 'schema.prisma')),
    async texts() {
      const names = await readdir(folder, { recursive: true })
      const files = names.filter((name) => /\.(?:[mc]?ts|js)$/.test(name)).sort()
      return new Map(
        await Promise.all(files.map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')] as const)),
      )
    },
    async change(file, edit) {
      const before = await readFile(path.join(folder, file), 'utf8')
      const after = edit(before)
      if (after === before) throw new Error(`the change of ${file} changes nothing`)
      await writeFile(path.join(folder, file), after)
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
