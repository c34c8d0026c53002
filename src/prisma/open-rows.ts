import { IndexIntegrityError, TenantWallError } from '../errors/index.js'
import type { KeyNeeds, KeySet } from '../keys/index.js'
import { type CellBatch, indexTenant, type OpenItem, open, readCells, type SealedField, tag } from '../sealer/index.js'
import type { Groups } from './plan/group-by.js'
import type { Lookup } from './plan/planning.js'
import type { Selection } from './plan/selection.js'
import type { SchemaShape } from './plan/shape.js'
import { valueAt } from './tenant-path.js'

/** Rows with cells in them, taken apart: what keys they need, and where the values go. */
export interface SealedRows {
  readonly batch: CellBatch
  readonly places: readonly Place[]
}

/** Where an opened value goes. */
export interface Place {
  readonly row: Row
  readonly key: string
  readonly field: SealedField
}

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

/** An answer with rows of its own along the selection: others, such as a cache, may keep the ones they gave. */
export function copyRows(answer: unknown, selection: Selection): unknown {
  if (Array.isArray(answer)) return answer.map((row) => copyRows(row, selection))
  if (typeof answer !== 'object' || answer === null) return answer
  const prototype: object | null = Object.getPrototypeOf(answer)
  const copy: Row = prototype === Object.prototype ? { ...answer } : Object.assign(Object.create(prototype), answer)
  for (const [name, child] of selection.relations) if (name in copy) copy[name] = copyRows(copy[name], child)
  return copy
}

/**
 * Walks an answer along the plan's selection: collects every cell of an encrypted field, and refuses rows of other
 * tenants.
 * @throws TenantWallError, PlaintextFoundError, MalformedCellError, UnknownFormatError
 */
export function collectCells(reading: Reading, answer: unknown, selection: Selection): SealedRows {
  const items: OpenItem[] = []
  const places: Place[] = []
  walkRows(answer, selection, (row, node) => {
    if (node.check !== undefined) requireTenant(reading, row, node, node.check)
    const owner = node.shape.policy.tenant.kind === 'none' ? '' : reading.tenant
    for (const [name, field] of node.shape.sealed) {
      const stored = row[name]
      if (stored === null || stored === undefined) continue
      if (owner === undefined)
        throw new TenantWallError('an encrypted field came back without a tenant in context', field.where)
      items.push({ field, tenant: owner, stored })
      places.push({ row, key: name, field })
    }
  })
  return { batch: readCells(items), places }
}

/** Opens what `collectCells` found, in place. */
export function openCells({ batch, places }: SealedRows, keys: KeySet, decimal: DecimalClass | undefined): void {
  const values = open(keys, batch)
  places.forEach(({ row, key, field }, at) => {
    const value = values[at]
    row[key] = field.type === 'Decimal' && decimal !== undefined ? inDecimals(value, decimal) : value
  })
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
export function restoreGroups(answer: unknown, { shape, fields, keepsMin }: Groups, operation: string): void {
  for (const row of rowsIn(answer)) {
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
export function stripHelpers(answer: unknown, selection: Selection): void {
  walkRows(answer, selection, (row, { shape, strip, hide }) => {
    for (const name of strip) delete row[name]
    for (const name of hide) Object.defineProperty(row, name, { enumerable: false })
    for (const name of shape.hidden) if (name in row) Object.defineProperty(row, name, { enumerable: false })
  })
}

/** Visits rows from the leaves up, so that a helper is still there when its parent is looked at. */
function walkRows(answer: unknown, selection: Selection, visit: (row: Row, node: Selection) => void): void {
  for (const row of rowsIn(answer)) {
    for (const [name, child] of selection.relations) walkRows(row[name], child, visit)
    visit(row, selection)
  }
}

function rowsIn(answer: unknown): Row[] {
  const rows: unknown[] = Array.isArray(answer) ? answer : [answer]
  return rows.filter((row): row is Row => typeof row === 'object' && row !== null)
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
