/**
 * What the typed client costs the compiler: a schema of many models and a program that uses them are type-checked with
 * the client as Prisma generates it, and with its types put in, in turns.
 *
 * Usage: npm run bench:types [-- --models 100 --runs 7 --json]
 * Exits 1 if the typed client takes more than 1.10 times as long (median of the times spent checking), or if the compiler
 * makes more than 1.10 times as many instantiations of types, which is the same in every run.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'

const LIMIT = 1.1
const run = promisify(execFile)
const root = path.dirname(import.meta.dirname)
const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '100' },
    runs: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
const models = Number(values.models)
const runs = Number(values.runs)

const model = (at) => `/// @tenant(firmId)
model Person${at} {
  id String @id @default(uuid())
  firmId String
  name String /// @encrypted
  ssn String /// @encrypted
  ssnIndex String? @unique /// @blindIndex(ssn, normalize: [digits])
  email String? /// @encrypted
  emailIndex String? /// @blindIndex(email)
  dob String? /// @encrypted(type: DateTime)
  level String? /// @encrypted(type: Int)
  intake Json? /// @encrypted
  city String?
  visits Int @default(0)
  createdAt DateTime @default(now())
  nextId String?
  next Person${(at + 1) % models}? @relation("Next${at}", fields: [nextId], references: [id])
  previous Person${(at + models - 1) % models}[] @relation("Next${(at + models - 1) % models}")
}
`

const schema = (types, keys) => `generator client {
  provider = "prisma-client"
  output = "./client"
}
generator fieldseal {
  provider = "node ${path.join(root, 'dist/generator/main.js').replaceAll('\\', '/')}"
  output = "./fieldseal"
  types = "${types}"
}
datasource db {
  provider = "sqlite"
}
${Array.from({ length: models }, (_, at) => model(at)).join('\n')}${keys}`

/** Only what both clients take, so that both check the same text. */
const uses = (at) => `  const row${at} = await prisma.person${at}.findFirst({
    where: { city: 'x', next: { is: { visits: { gt: 1 } } }, email: null },
    include: { next: { select: { name: true, next: true } }, previous: true },
    orderBy: { createdAt: 'asc' },
  })
  await prisma.person${at}.create({
    data: { firmId: 'f', name: row${at}?.next?.name ?? 'n', ssn: 's', previous: { create: { firmId: 'f', name: 'm', ssn: 't' } } },
  })
  await prisma.person${at}.updateMany({ where: { visits: 1 }, data: { name: { set: 'x' }, city: 'y' } })
`

const program = `import { fieldseal, type Kms } from 'fieldseal'
import { PrismaClient } from './client/client.js'
import { policy } from './fieldseal/policy.js'

export function extend(client: PrismaClient, kms: Kms) {
  return client.$extends(fieldseal({ policy, kms }))
}

export async function use(prisma: ReturnType<typeof extend>) {
${Array.from({ length: models }, (_, at) => uses(at)).join('')}}
`

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  paths: { fieldseal: [path.join(root, 'dist/index.d.ts')] },
}

async function prepare(types) {
  const folder = await mkdtemp(path.join(root, '.tmp/bench-types-'))
  const keys = await run(process.execPath, [path.join(root, 'dist/cli/main.js'), 'models', '--provider', 'sqlite'])
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }\n')
  await writeFile(path.join(folder, 'schema.prisma'), schema(types, keys.stdout))
  await writeFile(path.join(folder, 'program.ts'), program)
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  await run(process.execPath, [path.join(root, 'scripts/prisma-generate.mjs'), '--schema', 'schema.prisma'], {
    cwd: folder,
  })
  return folder
}

async function check(folder) {
  const require = createRequire(import.meta.url)
  const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'])
  const number = (name) => Number(new RegExp(`^${name}: +([\\d.]+)`, 'm').exec(stdout)?.[1])
  return { seconds: number('Check time'), instantiations: number('Instantiations') }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

await mkdir(path.join(root, '.tmp'), { recursive: true })
const folders = {}
try {
  for (const [name, types] of [
    ['plain', 'false'],
    ['typed', 'true'],
  ])
    folders[name] = await prepare(types)
  const seconds = { plain: [], typed: [] }
  const instantiations = {}
  for (let at = 0; at < runs; at++) {
    for (const name of ['plain', 'typed']) {
      const checked = await check(folders[name])
      seconds[name].push(checked.seconds)
      instantiations[name] = checked.instantiations
    }
  }
  const medians = { plain: median(seconds.plain), typed: median(seconds.typed) }
  const ratios = {
    checkTime: medians.typed / medians.plain,
    instantiations: instantiations.typed / instantiations.plain,
  }
  if (values.json) console.log(JSON.stringify({ models, runs, seconds, medians, instantiations, ratios, limit: LIMIT }))
  else {
    console.log(`${models} models, median of ${runs} runs each, in turns`)
    for (const name of ['plain', 'typed'])
      console.log(`${name}: check time ${medians[name].toFixed(2)} s, ${instantiations[name]} instantiations`)
    console.log(
      `ratios: check time ${ratios.checkTime.toFixed(3)}, instantiations ${ratios.instantiations.toFixed(3)} (at most ${LIMIT.toFixed(2)})`,
    )
  }
  process.exitCode = Object.values(ratios).every((ratio) => ratio <= LIMIT) ? 0 : 1
} catch (error) {
  console.error(error.stdout || error.message)
  process.exitCode = 2
} finally {
  for (const folder of Object.values(folders)) await rm(folder, { recursive: true, force: true })
}
