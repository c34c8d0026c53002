import type { Args } from '../support/client-types.js'
import type { Shape } from './cells.js'
import { type ModelName, TARGETS } from './models.js'
import { linked } from './rows.js'
import { where } from './sample-filters.js'
import { mapped, type Sampling, UncoveredCellError, unknown } from './sampling.js'

/** Fields by their names, as `distinct` and `by` take them. */
export function fieldNames(s: Sampling, shape: Shape): unknown {
  if (shape.kind === 'list') return [fieldNames(s, shape.of)]
  if (shape.kind === 'constant') return shape.name
  throw unknown(s, shape)
}

/** `{ name: true }`, and `true` itself. */
export function flags(s: Sampling, shape: Shape): unknown {
  if (shape.kind === 'true') return true
  if (shape.kind === 'null') return null
  if (shape.kind === 'sample') return { [shape.by]: true }
  if (shape.kind === 'object') return mapped(shape, (inner) => flags(s, inner))
  throw unknown(s, shape)
}

export function order(s: Sampling, shape: Shape, model: ModelName): unknown {
  if (shape.kind === 'list') return [order(s, shape.of, model)]
  if (shape.kind === 'constant') return shape.name
  if (shape.kind === 'sample') return { [shape.by]: 'asc' }
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, name) =>
    name === '_relevance' ? relevance(s, inner) : order(s, inner, TARGETS[name] ?? model),
  )
}

const RELEVANCE = new Set(['fields', 'search', 'sort'])

/** How well a full-text search fits. */
function relevance(s: Sampling, shape: Shape): unknown {
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, name) => {
    if (!RELEVANCE.has(name)) throw new UncoveredCellError(s.cell, name)
    return name === 'search' ? 'plain' : fieldNames(s, inner)
  })
}

const NESTED_ARGUMENTS = new Set([
  'select',
  'include',
  'omit',
  'where',
  'orderBy',
  'cursor',
  'take',
  'skip',
  'distinct',
])

/** `select` or `include`, with the arguments of relations. */
export function selected(s: Sampling, shape: Shape, model: ModelName): unknown {
  if (shape.kind === 'true') return true
  if (shape.kind === 'null') return null
  if (shape.kind === 'sample') return sampleSelection(shape.of, shape.by, model)
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, name) => {
    if (name === '_count') return counted(s, inner)
    const target = TARGETS[name]
    if (inner.kind !== 'object' || target === undefined) return selected(s, inner, model)
    const nested = mapped(inner, (one, argument) => nestedArgument(s, one, argument, target, name))
    const isList = !('is' in nested) && LISTS.has(name)
    return isList && !('orderBy' in nested) ? { ...nested, orderBy: inOrder(target) } : nested
  })
}

const LISTS: ReadonlySet<string> = new Set([
  ...['hasMany', 'hasManyRequired', 'manyToMany', 'joins', 'selfChildren', 'selfMany', 'selfManyOf'],
])

/** The order that makes an answer the same on both sides. */
function inOrder(model: ModelName): Args {
  return model === 'Join' ? { leafId: 'asc' } : { id: 'asc' }
}

function sampleSelection(of: string, by: 'plain' | 'exact', model: ModelName): unknown {
  // Of an include there are only relations: the one that carries the tenant, or another.
  if (of !== 'include') return { [by]: true }
  if (model === 'Hub') return by === 'plain' ? { belongsTo: true } : { hasManyRequired: { orderBy: { id: 'asc' } } }
  if (model === 'Leaf') return by === 'plain' ? { belongsToOneOf: true } : { joinsOf: { orderBy: { hubId: 'asc' } } }
  return { hub: true }
}

function nestedArgument(s: Sampling, shape: Shape, argument: string, model: ModelName, relation: string): unknown {
  if (!NESTED_ARGUMENTS.has(argument)) throw new UncoveredCellError(s.cell, argument)
  if (shape.kind === 'null') return null
  const row = linked(relation)
  if (argument === 'where' || argument === 'cursor') return where(s, shape, model, row)
  if (argument === 'orderBy') return order(s, shape, model)
  if (argument === 'distinct') return fieldNames(s, shape)
  if (argument === 'take') return 1
  if (argument === 'skip') return 0
  return selected(s, shape, model)
}

function counted(s: Sampling, shape: Shape): unknown {
  if (shape.kind !== 'object') return selected(s, shape, 'Hub')
  return mapped(shape, (inner, select) => {
    if (select !== 'select') throw new UncoveredCellError(s.cell, `_count.${select}`)
    if (inner.kind !== 'object') return selected(s, inner, 'Hub')
    return mapped(inner, (one, relation) => {
      if (one.kind !== 'object') return selected(s, one, 'Hub')
      const model = TARGETS[relation] ?? 'Leaf'
      return mapped(one, (filter, name) => nestedArgument(s, filter, name, model, relation))
    })
  })
}
