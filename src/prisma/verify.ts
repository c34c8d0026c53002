import { FieldsealError } from '../errors/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { open, readCells, type SealedField } from '../sealer/index.js'
import type { Runtime } from '../service/index.js'
import { dialectOf, identifier, isCellSql, type SealedColumn, sealedColumns, tableOf } from '../sql/index.js'
import { type AnyClient, delegateOf, numberIn, queryRaw } from './internals.js'
import { selectionOf, valueAt } from './tenant-path.js'

export interface VerifyOptions {
  /** Cells of each column to open; default 20. */
  readonly sample?: number
}

/** What was found in one encrypted column. */
export interface ColumnVerification {
  readonly model: string
  readonly field: string
  /** Values that are not NULL. */
  readonly values: number
  /** Values that are not cells: plaintext. */
  readonly plaintext: number
  /** Cells that were opened. */
  readonly opened: number
  /** Codes of the errors that opening the sample met, with how often; `UNREADABLE`: Prisma could not even read it. */
  readonly failures: { readonly [code: string]: number }
}

/** What a verification found; `ok` only if every column holds cells alone and the whole sample opened. */
export interface Verification {
  readonly ok: boolean
  readonly columns: readonly ColumnVerification[]
}

/** Cells of a column to open unless the caller says otherwise. */
const DEFAULT_SAMPLE = 20

/** Reads every encrypted column: counts plaintext in the database, and opens a sample of cells. */
export async function verify(
  root: AnyClient,
  policy: EncryptionPolicy,
  runtime: Runtime,
  { sample = DEFAULT_SAMPLE }: VerifyOptions = {},
): Promise<Verification> {
  const columns: ColumnVerification[] = []
  for (const column of sealedColumns(policy)) {
    const counts = await countValues(root, policy, column)
    columns.push({
      model: column.model,
      field: column.field,
      ...counts,
      ...(await openSample(root, runtime, column, sample)),
    })
  }
  const ok = columns.every(({ plaintext, failures }) => plaintext === 0 && Object.keys(failures).length === 0)
  return { ok, columns }
}

async function countValues(
  root: AnyClient,
  policy: EncryptionPolicy,
  column: SealedColumn,
): Promise<{ values: number; plaintext: number }> {
  const dialect = dialectOf(policy)
  const name = identifier(dialect, column.column)
  const sealed = isCellSql(dialect, column.type, name)
  const [row] = await queryRaw(
    root,
    `SELECT count(${name}) AS found, coalesce(sum(CASE WHEN ${name} IS NULL OR ${sealed} THEN 0 ELSE 1 END), 0) AS plain FROM ${tableOf(dialect, column)}`,
  )
  return { values: numberIn(row, 'found'), plaintext: numberIn(row, 'plain') }
}

async function openSample(
  root: AnyClient,
  runtime: Runtime,
  column: SealedColumn,
  sample: number,
): Promise<{ opened: number; failures: Record<string, number> }> {
  const { model, field } = column
  const sealed = runtime.catalog.field(`${model}.${field}`)
  const failures: Record<string, number> = {}
  const rule = sealed.tenant
  // Whose a row is cannot be told without a tenant column: such models are counted, not opened.
  if (sample <= 0 || rule.kind === 'context') return { opened: 0, failures }
  const path = rule.kind === 'path' ? rule.path : []
  const rows = await readSample(root, column, selectionOf(path), sample)
  if (rows === undefined) return { opened: 0, failures: { UNREADABLE: 1 } }
  let opened = 0
  await runtime.contexts.run(undefined, async () => {
    for (const row of rows) {
      const tenant = path.length === 0 ? '' : String(valueAt(row, path))
      const failure = await failureToOpen(runtime, sealed, tenant, valueAt(row, [field]))
      if (failure === undefined) opened++
      else failures[failure] = (failures[failure] ?? 0) + 1
    }
  })
  return { opened, failures }
}

/** Rows with a value in the column; undefined if it holds what is not of the column's type, as SQLite allows. */
async function readSample(
  root: AnyClient,
  { model, field, optional, type }: SealedColumn,
  path: Record<string, unknown>,
  take: number,
): Promise<readonly unknown[] | undefined> {
  // A comparison with a value leaves NULL out; for Json, null itself would need the client's own DbNull.
  const where = optional ? { [field]: { not: type === 'Json' ? '' : null } } : {}
  try {
    return (await delegateOf(root, model)?.findMany({ where, select: { ...path, [field]: true }, take })) ?? []
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}

/** A driver's JSON.parse failed, or Prisma met a value of another type: P2023, and an error without a code in 6.x. */
function isUnreadable(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  return error instanceof Error && /Expected a .+ in column '.*', got /.test(error.message)
}

/** The code of the error that opening meets; undefined if the cell opens. */
async function failureToOpen(
  { keyring, contexts }: Runtime,
  field: SealedField,
  tenant: string,
  stored: unknown,
): Promise<string | undefined> {
  try {
    const batch = readCells([{ field, tenant, stored }])
    const keys = await keyring.warm({ active: [], named: batch.named }, { context: contexts.current()?.keys })
    try {
      open(keys, batch)
    } finally {
      keys.release()
    }
    return undefined
  } catch (error) {
    if (error instanceof FieldsealError) return error.code
    throw error
  }
}
