import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { homeOf, type PrismaVersion, REPOSITORY } from '../support/prisma-versions.js'
import type { ClientGenerator, Provider } from '../support/schema.js'

/** The models for wrapped keys, as they are shipped. */
export function keyModels(provider: Provider): string {
  return readFileSync(path.join(REPOSITORY, `prisma/fieldseal/${provider}.prisma`), 'utf8')
}

/** A model with every kind of annotation, and a Decimal. */
export const CLIENT_MODEL = `/// @tenant(firmId)
model Client {
  id       String  @id @default(uuid())
  firmId   String
  ssn      String /// @encrypted
  ssnIndex String? @unique /// @blindIndex(ssn, normalize: [digits])
  balance  String? /// @encrypted(type: Decimal)
}
`

export interface SchemaParts {
  readonly prisma?: PrismaVersion
  readonly client?: ClientGenerator
  /** Settings of our block; `output` unless given. */
  readonly settings?: { readonly [name: string]: string }
  /** Our block before the client's. */
  readonly isFirst?: boolean
}

/** Datasource and generators, as a schema file. */
export function configuration({ prisma = '7', client = 'prisma-client', settings = {}, isFirst = false }: SchemaParts) {
  const url = prisma === '7' ? '' : '\n  url = "file:./unused.db"'
  const engine = prisma === '7' ? '' : '\n  engineType = "client"'
  const blocks = [
    `generator client {\n  provider = "${client}"\n  output = "../client"${engine}\n}\n`,
    `generator fieldseal {\n${Object.entries({ provider: 'fieldseal-generator', output: '../fieldseal', ...settings })
      .map(([name, value]) => `  ${name} = ${JSON.stringify(value)}\n`)
      .join('')}}\n`,
  ]
  return `datasource db {\n  provider = "sqlite"${url}\n}\n${(isFirst ? blocks.reverse() : blocks).join('')}`
}

export interface Run {
  readonly code: number | null
  readonly output: string
}

export interface Watch {
  output(): string
  stop(): Promise<void>
}

/** A folder like a user's project: `prisma/`, `client/`, `fieldseal/`, and the bin on the path. */
export interface Project {
  readonly directory: string
  at(name: string): string
  write(name: string, text: string): Promise<void>
  read(name: string): Promise<string>
  /** Time of the last change, in ns. */
  changed(name: string): Promise<bigint>
  /** Runs `prisma generate` on the folder `prisma/`, or with other arguments. */
  generate(...args: readonly string[]): Promise<Run>
  /** The same, still running, and all its output so far. */
  watch(...args: readonly string[]): Watch
  remove(): Promise<void>
}

const BIN = 'dist/generator/main.js'

/** @param files by name; `prisma/schema.prisma` and `prisma/models.prisma` unless given. */
export async function createProject(
  files: { readonly [name: string]: string } = {},
  parts: SchemaParts = {},
  prefix = 'project-',
): Promise<Project> {
  if (!existsSync(path.join(REPOSITORY, BIN))) throw new Error(`${BIN} is not there. Run npm run build.`)
  const { prisma = '7' } = parts
  const base = path.join(homeOf(prisma), '.tmp/generator')
  await mkdir(base, { recursive: true })
  const directory = await mkdtemp(path.join(base, prefix))
  const at = (name: string): string => path.join(directory, name)
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(path.dirname(at(name)), { recursive: true })
    await writeFile(at(name), text)
  }
  await mkdir(at('node_modules/.bin'), { recursive: true })
  await symlink(REPOSITORY, at('node_modules/fieldseal'))
  const bin = at('node_modules/.bin/fieldseal-generator')
  await writeFile(bin, `#!/bin/sh\nexec '${process.execPath}' '${path.join(REPOSITORY, BIN)}'\n`, { mode: 0o755 })
  const defaults = {
    'package.json': '{ "type": "module" }\n',
    'prisma/schema.prisma': configuration(parts),
    'prisma/models.prisma': `${CLIENT_MODEL}${keyModels('sqlite')}`,
  }
  for (const [name, text] of Object.entries({ ...defaults, ...files })) await write(name, text)

  function start(args: readonly string[]) {
    const script = path.join(REPOSITORY, 'scripts/prisma-generate.mjs')
    const child = spawn(process.execPath, [script, '--prisma', prisma, ...args], {
      cwd: directory,
      env: { ...process.env, PATH: `${at('node_modules/.bin')}${path.delimiter}${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
      // The script starts Prisma, which starts the generator: as a group they can be ended together.
      detached: true,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
    return { child, closed, output: () => output }
  }
  return {
    directory,
    at,
    write,
    read: (name) => readFile(at(name), 'utf8'),
    changed: async (name) => (await stat(at(name), { bigint: true })).mtimeNs,
    async generate(...args) {
      const { closed, output } = start(args.length === 0 ? ['--schema', 'prisma'] : args)
      return { code: await closed, output: output() }
    },
    watch(...args) {
      const { child, closed, output } = start([...args, '--watch'])
      return {
        output,
        async stop() {
          if (child.pid !== undefined) process.kill(-child.pid)
          await closed
        },
      }
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
