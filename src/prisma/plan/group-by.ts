import type { SealedField } from '../../sealer/index.js'
import { requirePlainReferences } from './field-reference.js'
import { planTagFilter, readEncryptedFilter } from './filter.js'
import { comparedColumn, requirePlain, requirePlainOrder } from './list-arguments.js'
import { COMBINATIONS } from './operators.js'
import {
  type Arguments,
  isArguments,
  isGiven,
  listOf,
  mapOneOrMany,
  type Planning,
  refuse,
  requireArguments,
} from './planning.js'
import { fieldOf, type ModelShape } from './shape.js'

/** How groups by encrypted fields come back: each with a tag in place of the value, and a cell of the group as `_min`. */
export interface Groups {
  readonly shape: ModelShape
  readonly fields: readonly { readonly field: string; readonly column: string }[]
  /** The caller asked for a `_min` of other columns as well. */
  readonly keepsMin: boolean
}

const CALCULATIONS = ['_min', '_max', '_sum', '_avg'] as const

/** Refuses `_min`, `_max`, `_sum` and `_avg` of encrypted fields. */
export function requirePlainCalculations(planning: Planning, shape: ModelShape, args: Arguments): void {
  for (const calculation of CALCULATIONS) {
    const fields = args[calculation]
    if (!isArguments(fields)) continue
    for (const [name, asked] of Object.entries(fields)) {
      if (isGiven(asked) && asked !== false) requirePlain(planning, shape, name, calculation)
    }
  }
}

/**
 * Plans `by`, `having` and `orderBy` of a groupBy: encrypted fields are grouped by the tags of their indexes, and a cell of
 * each group is read along, as its smallest, for the value.
 */
export function planGroupBy(
  planning: Planning,
  shape: ModelShape,
  given: Arguments,
): { readonly args: Arguments; readonly groups: Groups | undefined } {
  requirePlainCalculations(planning, shape, given)
  for (const order of listOf(given.orderBy)) requirePlainGroupOrder(planning, shape, order)
  const args: Arguments = { ...given }
  const columns = listOf(given.by).map((name) => ({
    name,
    column: comparedColumn(planning, shape, name, 'by', 'groupBy'),
  }))
  const fields = columns.flatMap(({ name, column }) =>
    typeof name === 'string' && typeof column === 'string' && name !== column ? [{ field: name, column }] : [],
  )
  const grouped = { ...planning, preferred: new Set(fields.map(({ column }) => column)) }
  if (isGiven(given.having)) args.having = planHaving(grouped, shape, given.having)
  if (fields.length === 0) return { args, groups: undefined }
  for (const { field } of fields) requireSmallest(planning, shape, field)
  const min = isArguments(given._min) ? given._min : {}
  args.by = columns.map(({ column }) => column)
  args._min = { ...min, ...Object.fromEntries(fields.map(({ field }) => [field, true])) }
  return { args, groups: { shape, fields, keepsMin: Object.values(min).some((asked) => asked === true) } }
}

/** The value of a group is read as the smallest of its cells, and not every database can tell which bytes are smallest. */
function requireSmallest(planning: Planning, shape: ModelShape, field: string): void {
  if (shape.sealed.get(field)?.column === 'String') return
  throw refuse(
    planning,
    shape.name,
    field,
    'groupBy cannot give back the value of a group whose column is Bytes',
    'Use findMany with distinct, or keep the value in a String column',
  )
}

/** groupBy sorts by columns, or by `_count: { column: 'asc' }` and its like. */
function requirePlainGroupOrder(planning: Planning, shape: ModelShape, order: unknown): void {
  if (!isArguments(order)) return
  for (const [key, value] of Object.entries(order)) {
    const calculation = CALCULATIONS.find((name) => name === key)
    if (key === '_count') continue
    if (calculation === undefined) requirePlainOrder(planning, shape, { [key]: value })
    else if (isArguments(value)) {
      for (const name of Object.keys(value)) requirePlain(planning, shape, name, 'orderBy')
    }
  }
}

/** `having`: as a filter, but on what groups are made by, and with `_count` of a field's values. */
function planHaving(planning: Planning, shape: ModelShape, given: unknown): Arguments {
  const having = requireArguments(planning, shape.name, undefined, given)
  const out: Arguments = {}
  for (const [key, value] of Object.entries(having)) {
    const sealed = shape.sealed.get(key)
    if (!isGiven(value)) out[key] = value
    else if (Object.hasOwn(COMBINATIONS, key)) {
      const negates = COMBINATIONS[key]?.support === 'exact index'
      const inside = negates ? { ...planning, negated: true } : planning
      out[key] = mapOneOrMany(value, (one) => planHaving(inside, shape, one))
    } else if (sealed === undefined) {
      if (fieldOf(shape, key) === undefined) throw refuseUnknown(planning, shape, key)
      requirePlain(planning, shape, key, 'having')
      requirePlainReferences(planning, shape, key, value)
      out[key] = value
    } else {
      const { _count: count, ...filter } = isArguments(value) ? value : { _count: undefined, equals: value }
      if (isGiven(count)) {
        requirePlainReferences(planning, shape, key, count)
        out[key] = { _count: count }
      }
      if (Object.keys(filter).length > 0) planGroupFilter(planning, shape, sealed, filter, out)
    }
  }
  return out
}

/** A filter on what groups are made by, so on the very columns they are made by. */
function planGroupFilter(
  planning: Planning,
  shape: ModelShape,
  sealed: SealedField,
  filter: Arguments,
  out: Arguments,
): void {
  comparedColumn(planning, shape, sealed.field, 'having')
  planTagFilter(planning, shape, readEncryptedFilter(planning, sealed, filter), out)
  const columns = (shape.fieldIndexes.get(sealed.field) ?? []).map(({ index }) => index.column)
  const isGrouped = columns.some((column) => planning.preferred?.has(column))
  if (!isGrouped || columns.every((column) => !(column in out) || planning.preferred?.has(column))) return
  throw refuse(
    planning,
    shape.name,
    sealed.field,
    'having asks for classes of values other than those the groups are made by',
    'Leave mode out, or filter by where',
  )
}

function refuseUnknown(planning: Planning, shape: ModelShape, name: string): Error {
  return refuse(planning, shape.name, name, 'the policy has no such field', 'Correct the name, or run prisma generate')
}
