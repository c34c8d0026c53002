import { KmsConfigurationError } from '../errors/index.js'
import type { KeyReader, KeyRow, KeyStore, TenantRecord, TenantState } from '../keys/index.js'
import { databaseClockSql, type SqlDialect } from '../sql/index.js'
import {
  type AnyClient,
  delegateOf,
  inTransaction,
  joinsOpenTransactions,
  type ModelDelegate,
  numberIn,
  queryRaw,
} from './internals.js'
import { KEY_MODEL, TENANT_MODEL } from './key-models.js'

/**
 * How long reading keys waits with better-sqlite3 for an open interactive transaction, and how long it may take. That
 * transaction has a time limit of its own.
 */
const APART = { maxWait: 30_000, timeout: 30_000 }

/**
 * Keys in the user's own database, in the models FieldsealKey and FieldsealTenant.
 * @param root a client without extensions, on the primary.
 * @throws KmsConfigurationError if the client has no such models.
 */
export function prismaKeyStore(root: AnyClient, dialect: SqlDialect): KeyStore {
  const store = storeThrough(root, dialect)
  if (!joinsOpenTransactions(root)) return store
  // A query from outside an open transaction becomes part of it: it sees, and makes, rows that are gone once that is
  // rolled back. Transactions wait for one another, so keys are read in one. They are not made in one: two processes
  // would lock each other out between its reads and its writes.
  const apart = <T>(read: (reader: KeyReader) => Promise<T>): Promise<T> =>
    inTransaction(root, (inner) => read(storeThrough(inner, dialect)), APART)
  return {
    load: (tenantRef) => apart((reader) => reader.load(tenantRef)),
    find: (keyIds) => apart((reader) => reader.find(keyIds)),
    async insert(row) {
      if (!(await store.insert(row))) return false
      const durable = await apart((reader) => reader.find([row.keyId]))
      return durable.length > 0
    },
  }
}

function storeThrough(client: AnyClient, dialect: SqlDialect): KeyStore {
  const keys = requireDelegate(client, KEY_MODEL)
  const tenants = requireDelegate(client, TENANT_MODEL)
  return {
    ...readerOf(keys, tenants),
    async insert(row) {
      if ((await stateOf(tenants, row.tenantRef)) !== 'normal') return false
      try {
        const now = await databaseClock(client, dialect)
        await keys.create({ data: { ...row, stateSince: now, createdAt: now } })
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
      // A shred that began in between has counted the tenant's keys: this one must not outlive it.
      if ((await stateOf(tenants, row.tenantRef)) === 'normal') return true
      await keys.deleteMany({ where: { keyId: row.keyId } })
      return false
    },
  }
}

/** Reads keys through a client inside a transaction; undefined if it has no such models. */
export function prismaKeyReader(client: AnyClient): KeyReader | undefined {
  const keys = delegateOf(client, KEY_MODEL)
  const tenants = delegateOf(client, TENANT_MODEL)
  return keys === undefined || tenants === undefined ? undefined : readerOf(keys, tenants)
}

function readerOf(keys: ModelDelegate, tenants: ModelDelegate): KeyReader {
  return {
    async load(tenantRef): Promise<TenantRecord> {
      const rows = await keys.findMany({ where: { tenantRef } })
      return { state: await stateOf(tenants, tenantRef), rows: rows as readonly KeyRow[] }
    },
    async find(keyIds) {
      return (await keys.findMany({ where: { keyId: { in: [...keyIds] } } })) as readonly KeyRow[]
    },
  }
}

/** Processes' clocks differ: the instants that waiting times count from are the database's. */
async function databaseClock(client: AnyClient, dialect: SqlDialect): Promise<Date> {
  const [row] = await queryRaw(client, databaseClockSql(dialect))
  return new Date(numberIn(row, 'now'))
}

async function stateOf(tenants: ModelDelegate, tenantRef: string): Promise<TenantState> {
  const row = await tenants.findUnique({ where: { tenantRef } })
  const state: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, 'state') : 'normal'
  // What is not known to be normal is treated as the end of the line: nothing is sealed or opened for it.
  return state === 'normal' || state === 'suspended' ? state : 'shredded'
}

function requireDelegate(root: AnyClient, model: string): ModelDelegate {
  const delegate = delegateOf(root, model)
  if (delegate !== undefined) return delegate
  throw new KmsConfigurationError(
    `The Prisma schema has no model ${model}, where fieldseal keeps wrapped keys. Add the models that "npx fieldseal models" prints and migrate, or pass store to fieldseal().`,
  )
}

/** Prisma's code, or PostgreSQL's own, which some adapters pass on as it is. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'P2002' || error.code === '23505')
}
