import type { EncryptionPolicy } from '../../src/index.js'
import { combinationUnderTest } from '../support/combination.js'
import type { DatabaseName } from '../support/databases/database.js'
import { providerOf } from '../support/kinds.js'
import { type ClientOptions, type PreparedClient, prepareClient } from '../support/prepare-client.js'
import type { PrismaVersion } from '../support/prisma-versions.js'
import type { Provider } from '../support/schema.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'
import { TENANTS } from './grammar/world.js'
import { delegateName, MODELS, STAGES } from './models.js'
import { normalIndexes, plainSchema, sealedSchema } from './schema.js'
import type { PrismaNamespace } from './sides.js'

/** A client under test with what belongs to it. */
export interface Twin {
  readonly client: object
  readonly prisma: PrismaNamespace
}

/**
 * One encrypted database for all tenants, and for each tenant a plain one that holds what is theirs: what a tenant does
 * must come out as if there were no other.
 */
export interface Twins {
  readonly provider: Provider
  readonly prisma: PrismaVersion
  readonly bench: SealedBench
  readonly policy: EncryptionPolicy
  readonly sealed: Twin & { readonly client: SealedClient }
  readonly plain: ReadonlyMap<string, Twin>
  /** Empties what the last program wrote, and is told what the next one may write. */
  begin(models: ReadonlySet<string>): Promise<void>
  dispose(): Promise<void>
}

export async function prepareTwins(database: DatabaseName): Promise<Twins> {
  const provider = providerOf(database)
  const bench = await prepareSealed({ database, models: sealedSchema(provider) })
  const models = plainSchema(provider)
  const plain: PreparedClient[] = []
  for (const _ of TENANTS) plain.push(await prepareClient({ database, models }))
  const all = [bench, ...plain]
  await Promise.all(all.map((one) => complete(one, provider)))
  const policy: EncryptionPolicy = { ...bench.policy, runtime: { Decimal: decimalOf(bench.module.Prisma) } }
  const client = bench.extend({ policy }, CLIENT)
  // A program may begin with a transaction, in which no key is made.
  for (const tenant of ['', ...TENANTS]) await client.$fieldseal.ensureTenant(tenant)
  let dirty: ReadonlySet<string> = new Set()
  const clear = async ({ sql }: PreparedClient, models: ReadonlySet<string>) => {
    for (const name of CLEARED.filter((one) => models.has(one))) await sql(`DELETE FROM ${tableOf(name)}`)
  }
  const tableOf = (name: string) => quoteOf(provider)(MODELS.get(name)?.map ?? name)
  return {
    provider,
    prisma: combinationUnderTest().prisma,
    bench,
    policy,
    sealed: { client, prisma: bench.module.Prisma },
    plain: new Map(
      plain.map((one, at) => [
        TENANTS[at] ?? '',
        {
          client: one.client({ omit: OMITTED, ...CLIENT }),
          prisma: one.module.Prisma,
        },
      ]),
    ),
    begin: async (models) => {
      const before = dirty
      dirty = models
      await Promise.all(all.map((one) => clear(one, before)))
    },
    dispose: async () => {
      await Promise.all(all.map((one) => one.dispose()))
    },
  }
}

/** Programs run one operation at a time. */
const CLIENT: ClientOptions = { errorFormat: 'minimal', poolSize: 3, oneConnection: true }

/** What the DDL of the tests leaves out, and the firms, which stay. */
async function complete({ sql }: PreparedClient, provider: Provider): Promise<void> {
  const quote = quoteOf(provider)
  if (provider === 'sqlite') await sql('PRAGMA journal_mode = WAL')
  if (provider === 'mysql') {
    const stages = STAGES.map((stage) => `'${stage}'`).join(', ')
    await sql(`ALTER TABLE ${quote('Client')} ADD COLUMN ${quote('stage')} ENUM(${stages}) NOT NULL DEFAULT 'LEAD'`)
  }
  for (const firm of TENANTS) {
    await sql(`INSERT INTO ${quote('Firm')} (${quote('id')}, ${quote('name')}) VALUES ('${firm}', 'Name of ${firm}')`)
  }
}

/** Columns of normal forms, by model: with these left out of all results, both clients give rows with the same fields. */
const OMITTED: { readonly [model: string]: { readonly [field: string]: true } } = Object.fromEntries(
  [...MODELS.values()].flatMap((model) => {
    const columns = Object.values(model.fields).flatMap((field) => normalIndexes(field).map(({ column }) => column))
    return columns.length === 0 ? [] : [[delegateName(model), Object.fromEntries(columns.map((name) => [name, true]))]]
  }),
)

/** Children before their parents. */
const CLEARED = [
  'Entry',
  'Vault',
  'Folder',
  'Memo',
  'Account',
  'Party',
  'Matter',
  'Profile',
  'Note',
  'Client',
  'Tag',
  'User',
]

export function quoteOf(provider: Provider): (name: string) => string {
  const mark = provider === 'mysql' ? '`' : '"'
  return (name) => `${mark}${name}${mark}`
}

function decimalOf(prisma: PrismaNamespace): new (text: string) => unknown {
  const { Decimal } = prisma
  if (typeof Decimal !== 'function') throw new Error('The generated client exports no Decimal')
  return Decimal as new (
    text: string,
  ) => unknown
}
