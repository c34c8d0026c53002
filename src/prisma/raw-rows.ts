import { StalePolicyError, UnsupportedOperationError } from '../errors/index.js'
import type { KeyNeeds, KeySet } from '../keys/index.js'
import { isReserved } from '../message/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import {
  createNamedKeys,
  createOpener,
  type Interruptible,
  inSlices,
  type OpenItem,
  type SealedField,
} from '../sealer/index.js'
import type { CallOptions, EncryptedFieldName, Runtime } from '../service/index.js'
import { tenantOf } from '../service/tenant-of.js'
import { type DecimalClass, type Place, putInto, type Row } from './open-rows.js'

/** How rows of a raw query are opened. */
export interface OpenOptions<P extends EncryptionPolicy> extends CallOptions {
  /** Fields of columns that are called something else, or are another model's: `{ client_ssn: 'Client.ssn' }`. */
  readonly columns?: { readonly [column: string]: EncryptedFieldName<P> }
}

/** The same, names not checked by the compiler. */
interface NamedColumns extends CallOptions {
  readonly columns?: { readonly [column: string]: string }
}

/** What opening the rows of a model needs. */
export interface RowOpener {
  readonly policy: EncryptionPolicy
  readonly runtime: Runtime
}

/**
 * Copies of a raw query's rows, opened. Columns are told by the name of their field, the name the database has, or
 * `columns`; those of which nothing is known stay as they are, unless there is a cell in them.
 */
export async function openRows<T extends object>(
  { policy, runtime }: RowOpener,
  model: string,
  rows: readonly object[],
  options: NamedColumns,
): Promise<T[]> {
  const columns = columnsOf(policy, runtime, model, options)
  const copies = rows.map((row): Row => ({ ...row }))
  const sealed = collect(runtime, model, copies, columns, options)
  const keys = await runtime.keyring.warm(
    { active: [], named: sealed.named },
    { context: runtime.contexts.current()?.keys },
  )
  try {
    await inSlices(openAll(sealed, keys, policy.runtime?.Decimal))
  } finally {
    keys.release()
  }
  return copies as T[]
}

function* openAll({ cells }: SealedRows, keys: KeySet, decimal: DecimalClass | undefined): Interruptible {
  const opener = createOpener(keys, putInto(decimal))
  for (const { item, place } of cells) if (opener.add(item.field, item.tenant, item.stored, place)) yield
  opener.finish()
}

interface Columns {
  readonly sealed: ReadonlyMap<string, SealedField>
  /** Columns of the model that hold what they show, whatever that looks like. */
  readonly plain: ReadonlySet<string>
}

function columnsOf(
  policy: EncryptionPolicy,
  { catalog }: Runtime,
  model: string,
  { columns = {} }: NamedColumns,
): Columns {
  const fields = Object.hasOwn(policy.models, model) ? policy.models[model]?.fields : undefined
  if (fields === undefined)
    throw new StalePolicyError('the policy does not know the model', { model, operation: 'open' })
  const scalars = Object.values(fields).filter((field) => field.kind === 'scalar')
  // A column's own name comes after the fields', as it is what a raw query shows.
  const named = [
    ...scalars.map((field) => [field.name, field] as const),
    ...scalars.map((field) => [field.dbName, field] as const),
  ]
  const all = new Map(named)
  const sealed = new Map<string, SealedField>()
  for (const [name, field] of all) {
    const found = catalog.findField(model, field.name)
    if (found !== undefined) sealed.set(name, found)
  }
  for (const [name, field] of Object.entries(columns)) sealed.set(name, catalog.field(field))
  return { sealed, plain: new Set([...all.keys()].filter((name) => !sealed.has(name))) }
}

/** Cells with their places, and the keys they name. */
interface SealedRows {
  readonly named: KeyNeeds['named']
  readonly cells: readonly { readonly item: OpenItem; readonly place: Place }[]
}

function collect(
  runtime: Runtime,
  model: string,
  rows: readonly Row[],
  { sealed, plain }: Columns,
  { tenant }: CallOptions,
): SealedRows {
  const keys = createNamedKeys()
  const cells: { item: OpenItem; place: Place }[] = []
  for (const row of rows) {
    for (const [key, value] of Object.entries(row)) {
      const field = sealed.get(key)
      if (value === null || value === undefined || plain.has(key)) continue
      if (field === undefined) {
        if (holdsCell(value)) throw unknownCell(model, key)
        continue
      }
      const owner = tenantOf(field.tenant, runtime.contexts.current(), tenant, field.where)
      const item = { field, tenant: owner, stored: storedForm(field, value) }
      keys.add(field, owner, item.stored)
      cells.push({ item, place: { row, key } })
    }
  }
  return { named: keys.needs, cells }
}

/** Json columns come as their text on databases that keep them as text. */
function storedForm(field: SealedField, value: unknown): unknown {
  if (field.column !== 'Json' || typeof value !== 'string' || !value.startsWith('"')) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** A cell as text, or bytes of one as PostgreSQL writes them. */
const CELL_IN_TEXT = /enc::[0-9]+\.|\\x46534c/i

/** Whether a cell stands in a value, however deep: in what the database aggregated to JSON, too. */
function holdsCell(value: unknown): boolean {
  if (typeof value === 'string') return CELL_IN_TEXT.test(value)
  if (isReserved(value)) return true
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  return Object.values(value).some(holdsCell)
}

function unknownCell(model: string, column: string): Error {
  return new UnsupportedOperationError(
    `the column ${JSON.stringify(column)} of the raw rows holds a cell, but whose field it is is not known`,
    `Say it in the call: { columns: { ${JSON.stringify(column)}: '${model}.<field>' } }`,
    { model, operation: 'open' },
  )
}
