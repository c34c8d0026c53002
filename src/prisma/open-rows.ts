import { IndexIntegrityError, TenantWallError } from '../errors/index.js'
import type { KeyNeeds, KeySet } from '../keys/index.js'
import { type CellBatch, indexTenant, type OpenItem, open, readCells, type SealedField, tag } from '../sealer/index.js'
import type { Lookup } from './plan/plan.js'
import type { Selection } from './plan/selection.js'
import type { SchemaShape } from './plan/shape.js'

/** Rows with cells in them, taken apart: what keys they need, and where the values go. */
export interface SealedRows {
  readonly batch: CellBatch
  readonly places: readonly { readonly row: Row; readonly field: SealedField }[]
}

type Row = Record<string, unknown>

/** A class the caller's client gives decimals in. */
export type DecimalClass = new (text: string) => unknown

/** What walking an answer needs to know. */
export interface Reading {
  readonly schema: SchemaShape
  readonly operation: string
  /** The tenant in context; undefined for a look-up before the tenant is known. */
  readonly tenant: string | undefined
}

/**
 * Walks an answer along the plan's selection: collects every cell of an encrypted field, and refuses rows of other
 * tenants.
 * @throws TenantWallError, PlaintextFoundError, MalformedCellError, UnknownFormatError
 */
export function collectCells(reading: Reading, answer: unknown, selection: Selection): SealedRows {
  const items: OpenItem[] = []
  const places: { row: Row; field: SealedField }[] = []
  walkRows(answer, selection, (row, node) => {
    if (node.check !== undefined) requireTenant(reading, row, node, node.check)
    const owner = node.shape.policy.tenant.kind === 'none' ? '' : reading.tenant
    for (const [name, field] of node.shape.sealed) {
      const stored = row[name]
      if (stored === null || stored === undefined) continue
      if (owner === undefined)
        throw new TenantWallError('an encrypted field came back without a tenant in context', field.where)
      items.push({ field, tenant: owner, stored })
      places.push({ row, field })
    }
  })
  return { batch: readCells(items), places }
}

/** Opens what `collectCells` found, in place: rows are Prisma's fresh objects. */
export function openCells({ batch, places }: SealedRows, keys: KeySet, decimal: DecimalClass | undefined): void {
  const values = open(keys, batch)
  places.forEach(({ row, field }, at) => {
    const value = values[at]
    row[field.field] = field.type === 'Decimal' && decimal !== undefined ? inDecimals(value, decimal) : value
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
  if (typeof answer !== 'object' || answer === null) return
  for (const { fields, item } of lookups) {
    const values: unknown[] = fields.map((field) => Reflect.get(answer, field))
    const [asked, found] = tag(keys, [item, { ...item, values }])
    if (asked !== found) throw new IndexIntegrityError({ ...item.index.where, operation })
  }
}

/** Takes out what the planner selected for itself. */
export function stripHelpers(answer: unknown, selection: Selection): void {
  walkRows(answer, selection, (row, { strip }) => {
    for (const name of strip) delete row[name]
  })
}

/** Visits rows from the leaves up, so that a helper is still there when its parent is looked at. */
function walkRows(answer: unknown, selection: Selection, visit: (row: Row, node: Selection) => void): void {
  for (const row of Array.isArray(answer) ? answer : [answer]) {
    if (typeof row !== 'object' || row === null) continue
    for (const [name, child] of selection.relations) walkRows(row[name], child, visit)
    visit(row, selection)
  }
}

function requireTenant({ tenant, operation }: Reading, row: Row, { shape }: Selection, path: readonly string[]): void {
  let value: unknown = row
  for (const part of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
  if (String(value) === tenant) return
  throw new TenantWallError(
    'a related row belongs to another tenant; the reference to it was written without fieldseal, or before the tenants were walled',
    {
      model: shape.name,
      operation,
    },
  )
}
