import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { clientHome } from './client-home.js'
import { makeOnce } from './make-once.js'
import { homeOf, installedVersion, REPOSITORY, requireFrom } from './prisma-versions.js'
import { CLIENT_OUTPUT, renderSchema, type SchemaOptions } from './schema.js'

export interface GenerateOptions extends SchemaOptions {
  /** Files (of an extra generator, say) whose change makes a cached client stale. */
  readonly inputs?: readonly string[]
}

export interface GeneratedClient {
  /** Holds `schema.prisma`, the client, and the output of the extra generators. */
  readonly directory: string
  readonly schema: string
  /** The client's entry: a TypeScript module, or a CommonJS one. */
  readonly entry: string
}

/**
 * Runs `prisma generate`, once for the same schema, version and inputs: the result is kept below the client's
 * home, and processes that want it at the same time wait for the first of them.
 */
export async function generateClient(options: GenerateOptions): Promise<GeneratedClient> {
  const schema = renderSchema(options)
  const key = await cacheKey(schema, options)
  const directory = await makeOnce(path.join(await clientHome(options), 'clients', key), async (draft) => {
    await mkdir(draft)
    await writeFile(path.join(draft, 'schema.prisma'), schema)
    await runGenerate(options, draft)
  })
  const entry = options.generator === 'prisma-client' ? 'client.ts' : 'index.js'
  return { directory, schema, entry: path.join(directory, CLIENT_OUTPUT, entry) }
}

/** Loads a generated client: TypeScript through the test runner, CommonJS as Node does it. */
export async function loadClient({ entry }: GeneratedClient, options: GenerateOptions): Promise<unknown> {
  if (options.generator === 'prisma-client-js') return requireFrom(options.prisma)(entry)
  return import(/* @vite-ignore */ pathToFileURL(entry).href)
}

async function cacheKey(schema: string, options: GenerateOptions): Promise<string> {
  const hash = createHash('sha256').update(`${installedVersion(options.prisma)}\n${schema}`)
  for (const file of options.inputs ?? []) hash.update(await readFile(file))
  return hash.digest('hex').slice(0, 16)
}

async function runGenerate(options: GenerateOptions, directory: string): Promise<void> {
  const script = path.join(REPOSITORY, 'scripts/prisma-generate.mjs')
  const args = [script, '--prisma', options.prisma, '--schema', path.join(directory, 'schema.prisma')]
  const child = spawn(process.execPath, args, { cwd: homeOf(options.prisma), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`prisma generate (${options.prisma}) failed:\n${output}`)
}
