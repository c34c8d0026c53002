import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { DatabaseName } from '../support/databases/database.js'
import { PRISMA_VERSIONS, type PrismaVersion } from '../support/prisma-versions.js'
import { CLIENT_GENERATORS, type ClientGenerator } from '../support/schema.js'
import { MODELS } from './models.js'

/** A run of the differential test. `scripts/fuzz.mjs` says what each of these is. */
export interface Options {
  readonly seed: number
  readonly runs: number
  readonly database: DatabaseName
  readonly prisma: PrismaVersion
  readonly generator: ClientGenerator
  readonly model: string | undefined
  readonly tenants: 1 | 2 | undefined
  readonly workers: number
  readonly floor: number
  readonly failures: number
  readonly shrinkMs: number
  readonly json: boolean
  readonly report: string | undefined
}

/** What `--db` takes. */
export const DATABASES: { readonly [name: string]: DatabaseName | undefined } = {
  sqlite: 'sqlite',
  postgres: 'postgresql',
  mysql: 'mariadb',
  pglite: 'pglite',
}

/** @throws Error that says what is wrong with the command line. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      runs: { type: 'string', default: '200' },
      db: { type: 'string', default: 'sqlite' },
      prisma: { type: 'string', default: '7' },
      generator: { type: 'string', default: 'prisma-client' },
      model: { type: 'string' },
      tenants: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      floor: { type: 'string', default: '0' },
      failures: { type: 'string', default: '3' },
      shrink: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
      report: { type: 'string' },
    },
  })
  const database = Object.hasOwn(DATABASES, values.db) ? DATABASES[values.db] : undefined
  if (database === undefined) throw new Error(`--db takes ${Object.keys(DATABASES).join(', ')}`)
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('seed', values.seed)
  return {
    seed,
    runs: whole('runs', values.runs),
    database,
    prisma: choice('prisma', values.prisma, PRISMA_VERSIONS),
    generator: choice('generator', values.generator, CLIENT_GENERATORS),
    model: values.model === undefined ? undefined : choice('model', values.model, [...MODELS.keys()]),
    tenants: tenantsOf(values.tenants),
    workers: Math.max(1, whole('workers', values.workers)),
    floor: whole('floor', values.floor),
    failures: Math.max(1, whole('failures', values.failures)),
    shrinkMs: whole('shrink', values.shrink) * 1000,
    json: values.json,
    report: values.report,
  }
}

/** The command that runs one program again. */
export function replayCommand({ database, prisma, generator, model, tenants }: Options, seed: number): string {
  const [db] = Object.entries(DATABASES).find(([, name]) => name === database) ?? ['sqlite']
  const others = [
    ...(prisma === '7' ? [] : [`--prisma ${prisma}`]),
    ...(model === undefined ? [] : [`--model ${model}`]),
    ...(tenants === undefined ? [] : [`--tenants ${tenants}`]),
    ...(generator === 'prisma-client' ? [] : [`--generator ${generator}`]),
  ]
  return ['npm run fuzz --', `--seed ${seed}`, '--runs 1', `--db ${db}`, ...others].join(' ')
}

function tenantsOf(text: string | undefined): 1 | 2 | undefined {
  if (text === undefined) return undefined
  if (text === '1' || text === '2') return text === '1' ? 1 : 2
  throw new Error('--tenants takes 1 or 2')
}

function whole(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${name} takes a whole number, not ${JSON.stringify(text)}`)
}

function choice<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text)
  if (found === undefined) throw new Error(`--${name} takes ${known.join(', ')}`)
  return found
}
