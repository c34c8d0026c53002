import type { Shape } from './cells.js'
import { type ModelName, TARGETS } from './models.js'
import { linked, type RowKey, uniqueBy, valueIn } from './rows.js'
import { mapped, type Sampling, UncoveredCellError, unknown } from './sampling.js'

const COMBINATIONS = new Set(['AND', 'OR', 'NOT'])
const QUANTIFIERS = new Set(['some', 'every', 'none', 'is', 'isNot'])
const OPERATORS = new Set([
  ...['equals', 'in', 'notIn', 'not', 'lt', 'lte', 'gt', 'gte', 'contains', 'startsWith', 'endsWith', 'mode', 'search'],
  ...['path', 'string_contains', 'string_starts_with', 'string_ends_with'],
  ...['array_contains', 'array_starts_with', 'array_ends_with', '_count', '_min', '_max', '_avg', '_sum'],
])

/** A filter that the row passes, if it asks for equality. */
export function where(s: Sampling, shape: Shape, model: ModelName, row: RowKey): unknown {
  if (shape.kind === 'null') return null
  if (shape.kind === 'key') return uniqueBy(model, shape.key, row)
  if (shape.kind === 'sample') return { [shape.by]: valueIn(model, row, shape.by) }
  if (shape.kind === 'list') return [where(s, shape.of, model, row)]
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, name) => {
    if (COMBINATIONS.has(name)) return where(s, inner, model, row)
    const target = model === 'Hub' ? TARGETS[name] : undefined
    if (target !== undefined) return relationFilter(s, inner, target, linked(name))
    return condition(s, inner, { model, row, field: name })
  })
}

function relationFilter(s: Sampling, shape: Shape, model: ModelName, row: RowKey): unknown {
  if (shape.kind !== 'object') return where(s, shape, model, row)
  return mapped(shape, (inner, quantifier) => {
    if (!QUANTIFIERS.has(quantifier)) throw new UncoveredCellError(s.cell, quantifier)
    return where(s, inner, model, row)
  })
}

interface FilteredField {
  readonly model: ModelName
  readonly row: RowKey
  readonly field: string
  readonly operator?: string
}

function condition(s: Sampling, shape: Shape, at: FilteredField): unknown {
  if (shape.kind === 'null') return null
  if (shape.kind === 'value') return operand(at)
  if (shape.kind === 'field reference') return s.constants.fieldReference(at.field)
  if (shape.kind === 'list') return [condition(s, shape.of, at)]
  if (shape.kind === 'constant') return /Null$/.test(shape.name) ? s.constants.null(shape.name) : shape.name
  if (shape.kind !== 'object') throw unknown(s, shape)
  const planned = mapped(shape, (inner, operator) => {
    if (!OPERATORS.has(operator)) throw new UncoveredCellError(s.cell, operator)
    return condition(s, inner, operator === '_count' ? { ...at, field: 'number' } : { ...at, operator })
  })
  // These say how to compare, and mean nothing alone.
  return 'mode' in planned || 'path' in planned ? { equals: operand(at), ...planned } : planned
}

function operand({ model, row, field, operator = 'equals' }: FilteredField): unknown {
  const value = valueIn(model, row, field)
  if (operator === 'path') return '$.number'
  if (typeof value !== 'string') return value
  if (operator === 'contains' || operator === 'string_contains') return value.slice(2, 8)
  if (/starts_?with/i.test(operator)) return value.slice(0, 8)
  return /ends_?with/i.test(operator) ? value.slice(4) : value
}
