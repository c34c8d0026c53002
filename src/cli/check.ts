import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHECK_REPORT_VARIABLE, readReports } from '../generator/check-report.js'
import { configurationBlocks } from '../generator/configuration.js'
import { GenerateError } from '../generator/generate-error.js'
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
  const problems = await problemsOf(schemaPath, await ownGenerators(schemaPath), folder)
  const exitCode = problems.length === 0 ? 0 : 1
  if (json) return { text: JSON.stringify({ problems }), exitCode }
  return { text: problems.length === 0 ? 'The schema is in order.' : problems.join('\n'), exitCode }
}

async function problemsOf(
  schemaPath: string,
  generators: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'fieldseal-check-'))
  try {
    const report = path.join(scratch, 'report')
    const chosen = generators.flatMap((name) => ['--generator', name])
    const output = await runPrisma(['generate', '--schema', schemaPath, ...chosen], folder, {
      [CHECK_REPORT_VARIABLE]: report,
    })
    const problems = await readReports(report, generators.length)
    if (problems !== undefined) return problems
    throw new GenerateError([`Prisma did not get as far as the check:\n${output.trim()}`])
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

// Prisma downloads its engines before it runs a generator, although ours needs none: any existing file spares that.
// Nor need it ask for a newer version of itself.
const OFFLINE = {
  CHECKPOINT_DISABLE: '1',
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
}

async function runPrisma(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const command = prismaCommand(folder)
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...OFFLINE, ...process.env, PATH: pathWithBin(folder), ...environment },
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

/** What the provider of our blocks says: the bin's name, or its file. */
const OWN_PROVIDER = /\bfieldseal-generator\b|\bfieldseal[/\\]dist[/\\]generator[/\\]main\.js\b/

/** Names of the generator blocks that run us: what Prisma's --generator takes. */
async function ownGenerators(schemaPath: string): Promise<readonly string[]> {
  const files = await readSchemaFiles(schemaPath, '.')
  const names = files
    .flatMap(({ text }) => configurationBlocks(text))
    .filter(({ kind, provider }) => kind === 'generator' && OWN_PROVIDER.test(provider))
    .map(({ name }) => name)
  if (names.length > 0) return names
  throw new GenerateError([
    `${schemaPath} has no generator block with provider = "fieldseal-generator". Add one behind the client's.`,
  ])
}
