import { IndexIntegrityError, TenantWallError } from '../errors/index.js'
import type { KeyNeeds, KeySet } from '../keys/index.js'
import {
  createNamedKeys,
  createOpener,
  type Interruptible,
  indexTenant,
  type SealedField,
  tag,
} from '../sealer/index.js'
import type { Groups } from './plan/group-by.js'
import type { Lookup } from './plan/planning.js'
import type { Selection } from './plan/selection.js'
import type { SchemaShape } from './plan/shape.js'
import { valueAt } from './tenant-path.js'

export type Row = Record<string, unknown>

/** A class the caller's client gives decimals in. */
export type DecimalClass = new (text: string) => unknown

/** What walking an answer needs to know. */
export interface Reading {
  readonly schema: SchemaShape
  readonly operation: string
  /** The tenant in context; undefined for a look-up before the tenant is known. */
  readonly tenant: string | undefined
}

/** An answer of the database in rows of our own, and all of them by what was selected of them. */
export interface AnswerRows {
  readonly answer: unknown
  readonly groups: readonly RowGroup[]
}

/** The rows of an answer that one node of its selection describes, of whatever parents. */
interface RowGroup {
  readonly selection: Selection
  readonly rows: readonly Row[]
}

/** Rows after which others may have their turn, where little is done for each. */
const ROWS_AT_ONCE = 64

/** What is done with a row of ours and the node that describes it. */
export type RowVisitor = (row: Row, node: Selection) => void

/**
 * Copies an answer's rows along the selection: others, such as a cache, may keep the ones they gave. Parents come before
 * their children.
 * @param visit is shown every copy
 */
export function* copyRows(given: unknown, selection: Selection, visit: RowVisitor): Interruptible<AnswerRows> {
  const root: Row = { answer: given }
  const groups: RowGroup[] = []
  yield* copyBelow([root], 'answer', selection, visit, groups)
  return { answer: root.answer, groups }
}

function* copyBelow(
  holders: readonly Row[],
  name: string,
  node: Selection,
  visit: RowVisitor,
  groups: RowGroup[],
): Interruptible {
  const rows: Row[] = []
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const copy = copyRow(value)
    rows.push(copy)
    visit(copy, node)
    return copy
  }
  let seen = 0
  for (const holder of holders) {
    const value = holder[name]
    if (Array.isArray(value)) {
      const copies: unknown[] = []
      for (const row of value) {
        copies.push(copyOf(row))
        if (++seen % ROWS_AT_ONCE === 0) yield
      }
      holder[name] = copies
    } else holder[name] = copyOf(value)
    if (++seen % ROWS_AT_ONCE === 0) yield
  }
  groups.push({ selection: node, rows })
  for (const [relation, child] of node.relations) {
    const parents = rows.filter((row) => relation in row)
    yield* copyBelow(parents, relation, child, visit, groups)
  }
}

function copyRow(row: object): Row {
  const prototype: object | null = Object.getPrototypeOf(row)
  return prototype === Object.prototype ? { ...row } : Object.assign(Object.create(prototype), row)
}

/** Reads the keys that the cells of rows name, and refuses rows of other tenants. */
export interface KeyReader {
  readonly named: KeyNeeds['named']
  /** @throws TenantWallError, PlaintextFoundError, MalformedCellError, UnknownFormatError */
  readonly read: RowVisitor
}

export function createKeyReader(reading: Reading): KeyReader {
  const keys = createNamedKeys()
  const fieldsOf = rememberFields()
  return {
    named: keys.needs,
    read(row, node) {
      if (node.check !== undefined) requireTenant(reading, row, node, node.check)
      for (const [name, field] of fieldsOf(node)) {
        const stored = row[name]
        if (stored !== null && stored !== undefined) keys.add(field, ownerOf(reading, node, field), stored)
      }
    },
  }
}

/** The encrypted fields of a node's rows as a list, which is quicker to walk than a map, row after row. */
function rememberFields(): (node: Selection) => readonly (readonly [string, SealedField])[] {
  let last: Selection | undefined
  let fields: (readonly [string, SealedField])[] = []
  return (node) => {
    if (node !== last) fields = [...node.shape.sealed]
    last = node
    return fields
  }
}

/**
 * Opens an answer's cells in place, with the keys they name.
 * @throws whatever opening a cell throws
 */
export function* openCells(
  reading: Reading,
  { groups }: AnswerRows,
  keys: KeySet,
  decimal: DecimalClass | undefined,
): Interruptible {
  const opener = createOpener(keys, putInto(decimal))
  for (const { selection, rows } of groups) {
    const fields = [...selection.shape.sealed]
    if (fields.length === 0) continue
    for (const row of rows) {
      for (const [key, field] of fields) {
        const stored = row[key]
        if (stored === null || stored === undefined) continue
        if (opener.add(field, ownerOf(reading, selection, field), stored, { row, key })) yield
      }
    }
  }
  opener.finish()
}

/** Where an opened value goes. */
export interface Place {
  readonly row: Row
  readonly key: string
}

/** Puts an opened value where its cell was, decimals in the client's class. */
export function putInto(decimal: DecimalClass | undefined) {
  return ({ row, key }: Place, value: unknown, field: SealedField): void => {
    row[key] = field.type === 'Decimal' && decimal !== undefined ? inDecimals(value, decimal) : value
  }
}

/** The tenant whose cells the rows of a node hold. */
function ownerOf({ tenant }: Reading, { shape }: Selection, field: SealedField): string {
  if (shape.policy.tenant.kind === 'none') return ''
  if (tenant !== undefined) return tenant
  throw new TenantWallError('an encrypted field came back without a tenant in context', field.where)
}

function inDecimals(value: unknown, decimal: DecimalClass): unknown {
  return Array.isArray(value) ? value.map((text) => new decimal(String(text))) : new decimal(String(value))
}

/** Keys that checking look-ups needs. */
export function needsOfLookups(lookups: readonly Lookup[]): KeyNeeds['active'] {
  return lookups.map(({ item }) => ({ tenant: indexTenant(item.index, item.tenant), purpose: 'index' as const }))
}

/**
 * The row a tag was asked for must hold the value the tag was made from.
 * @throws IndexIntegrityError
 */
export function requireLookedUp(answer: unknown, lookups: readonly Lookup[], keys: KeySet, operation: string): void {
  // Of an upsert that deletes its own row Prisma answers an empty list.
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return
  for (const { fields, item, created } of lookups) {
    const values: unknown[] = fields.map((field) => Reflect.get(answer, field))
    const [found, ...expected] = tag(keys, [{ ...item, values }, item, ...(created === undefined ? [] : [created])])
    if (!expected.some((one) => one === found)) throw new IndexIntegrityError({ ...item.index.where, operation })
  }
}

/**
 * Puts groups by encrypted fields into the shape the caller asked for: a cell of the group in place of its tag.
 * @throws IndexIntegrityError if only one of the two is null.
 */
export function restoreGroups({ groups }: AnswerRows, { shape, fields, keepsMin }: Groups, operation: string): void {
  for (const row of groups.flatMap(({ rows }) => rows)) {
    const min: Row = { ...Object(row._min) }
    row._min = min
    for (const { field, column } of fields) {
      const cell = min[field] ?? null
      if ((cell === null) !== (row[column] === null)) {
        throw new IndexIntegrityError({ model: shape.name, field: column, operation })
      }
      delete row[column]
      row[field] = cell
      delete min[field]
    }
    if (!keepsMin) delete row._min
  }
}

/** Takes out what the planner selected for itself, and index columns that came nevertheless: a computed field needs them. */
export function* stripHelpers({ groups }: AnswerRows): Interruptible {
  for (const { selection, rows } of groups) {
    const { strip, hide, shape } = selection
    if (strip.size + hide.size + shape.hidden.size === 0) continue
    for (const [at, row] of rows.entries()) {
      for (const name of strip) delete row[name]
      for (const name of hide) Object.defineProperty(row, name, { enumerable: false })
      for (const name of shape.hidden) if (name in row) Object.defineProperty(row, name, { enumerable: false })
      if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) yield
    }
  }
}

function requireTenant({ tenant, operation }: Reading, row: Row, { shape }: Selection, path: readonly string[]): void {
  if (String(valueAt(row, path)) === tenant) return
  throw new TenantWallError(
    'a related row belongs to another tenant; the reference to it was written without fieldseal, or before the tenants were walled',
    {
      model: shape.name,
      operation,
    },
  )
}
