import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHECK_REPORT_VARIABLE } from '../generator/check-report.js'
import { configurationBlocks } from '../generator/configuration.js'
import { GenerateError } from '../generator/generate-error.js'
import { arrayAt, isObject, textsAt } from '../generator/json.js'
import { readSchemaFiles } from '../generator/schema-files.js'
import { findSchema } from './find-schema.js'

export interface CheckOptions {
  /** Schema file or folder. */
  readonly schema?: string
  readonly json?: boolean
}

/** What the help says of the check beyond its options. */
export const CHECK_HELP = `
The project's own Prisma reads the schema, so the check is that of prisma generate: annotations and where they
stand, column widths, the models for keys, the generator block and its order, and fieldseal.lock, which must also
have every identity already. Not checked: whether generated files are there and current, and the database.

Without --schema: "prisma": { "schema" } of package.json, schema.prisma, prisma/schema.prisma. prisma.config.ts is
not run.

Exit code: 0 nothing found, 1 problems found, 2 the check could not be made.`

/** What a check found: what to print, and the exit code (0: nothing, 1: problems). */
export interface CheckResult {
  readonly text: string
  readonly exitCode: 0 | 1
}

/**
 * Has the project's own Prisma read the schema, and the generator check it without writing anything.
 * @throws GenerateError if the check could not be made: no schema, no Prisma, or one that refuses the schema.
 */
export async function check({ schema, json = false }: CheckOptions, folder: string): Promise<CheckResult> {
  const schemaPath = await findSchema(folder, schema)
  const generator = await generatorName(schemaPath)
  const problems = await problemsOf(schemaPath, generator, folder)
  const exitCode = problems.length === 0 ? 0 : 1
  if (json) return { text: JSON.stringify({ problems }), exitCode }
  return { text: problems.length === 0 ? 'The schema is in order.' : problems.join('\n'), exitCode }
}

async function problemsOf(schemaPath: string, generator: string, folder: string): Promise<readonly string[]> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'fieldseal-check-'))
  try {
    const report = path.join(scratch, 'report.json')
    const output = await runPrisma(['generate', '--schema', schemaPath, '--generator', generator], folder, {
      [CHECK_REPORT_VARIABLE]: report,
    })
    const text = await readFile(report, 'utf8').catch(() => {
      throw new GenerateError([`Prisma did not get as far as the check:\n${output.trim()}`])
    })
    const said: unknown = JSON.parse(text)
    return textsAt(arrayAt(isObject(said) ? said.problems : undefined, 'the report'), 'the report')
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

// Prisma downloads its engines before it runs a generator, although ours needs none: any existing file spares that.
const UNUSED_ENGINES = {
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
}

async function runPrisma(args: readonly string[], folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const command = prismaCommand(folder)
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...UNUSED_ENGINES, ...process.env, PATH: pathWithBin(folder), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  return output
}

/** Prisma looks for generators on the path; a script of package.json or npx has the folder there already. */
function pathWithBin(folder: string): string {
  return [path.join(folder, 'node_modules/.bin'), process.env.PATH ?? ''].join(path.delimiter)
}

function prismaCommand(folder: string): string {
  try {
    return createRequire(path.join(folder, 'package.json')).resolve('prisma/build/index.js')
  } catch {
    throw new GenerateError([
      `the package prisma is not installed in ${folder}. Run the check in a project that has it.`,
    ])
  }
}

/** The name of the generator block that runs us: what Prisma's --generator takes. */
async function generatorName(schemaPath: string): Promise<string> {
  const files = await readSchemaFiles(schemaPath, '.')
  const own = files
    .flatMap(({ text }) => configurationBlocks(text))
    .find(({ kind, provider }) => kind === 'generator' && /\bfieldseal-generator\b/.test(provider))
  if (own !== undefined) return own.name
  throw new GenerateError([
    `${schemaPath} has no generator block with provider = "fieldseal-generator". Add one behind the client's.`,
  ])
}
