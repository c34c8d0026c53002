import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { isShared, keyOf, type Model, modelNamed, type Relation } from '../models.js'
import { Either } from '../sides.js'
import { negatable } from './conditions.js'
import { sealedKeys, unique } from './unique.js'
import { condition, where } from './where.js'
import {
  fieldsOf,
  isInherited,
  joined,
  keyOrder,
  NOTHING,
  once,
  oneOf,
  otherId,
  someOf,
  sometimes,
  type World,
} from './world.js'

/** `select`, `include` or `omit`, or none of them. */
export function selection(world: World, model: Model, depth = 1): fc.Arbitrary<Args> {
  return once(world, `selection ${model.name} ${depth}`, () => {
    const fields = fieldsOf(world, model).map(([name]) => name)
    const scalars = someOf(fields).map((names) => allTrue(names))
    const omitted = someOf(fields.slice(1), 2).map((names) => allTrue(names))
    const related = oneOf(
      Object.entries(model.relations).map(([name, relation]) => ({
        weight: 1,
        arbitrary: relationArguments(world, relation, depth).map((given): Args => ({ [name]: given })),
      })),
    )
    const counts = rowCounts(world, model)
    const more = joined(related, sometimes(counts, 2))
    return fc.oneof(
      { weight: 4, arbitrary: NOTHING },
      ...(Object.keys(model.relations).length === 0
        ? []
        : [
            { weight: 3, arbitrary: more.map((include) => ({ include })) },
            { weight: 1, arbitrary: joined(scalars, more).map((select) => ({ select })) },
            {
              weight: 1,
              arbitrary: fc.tuple(more, omitted).map(([include, omit]): Args => ({ include, omit })),
            },
          ]),
      { weight: 1, arbitrary: scalars.map((select) => ({ select })) },
      { weight: 1, arbitrary: omitted.map((omit) => ({ omit })) },
    )
  })
}

function allTrue(names: readonly string[]): Args {
  return Object.fromEntries(names.map((name) => [name, true]))
}

function relationArguments(world: World, relation: Relation, depth: number): fc.Arbitrary<unknown> {
  const child = modelNamed(relation.model)
  const below = depth === 0 ? NOTHING : selection(world, child, depth - 1)
  if (relation.many !== true) return fc.oneof(fc.constant(true), below)
  return fc.oneof(fc.constant(true), joined(listArguments(world, child, { where: true }), below))
}

/** Filter, order and page of a list. */
export function listArguments(world: World, model: Model, options: { readonly where: boolean }): fc.Arbitrary<Args> {
  return once(world, `list ${model.name} ${options.where}`, () => {
    const filter = condition(world, model, { depth: 1 }).map((given) => ({ where: given }))
    return joined(
      options.where ? sometimes(filter, 6) : NOTHING,
      order(model),
      sometimes(page(world, model), 3),
      sometimes(distinct(world, model), 1),
    )
  })
}

function order(model: Model): fc.Arbitrary<Args> {
  const direction = fc.constantFrom('asc' as const, 'desc' as const)
  const byKey = direction.map((one) => keyOrder(model, one))
  const first = Object.entries(model.fields)
    .filter(([, { encrypted, optional, type }]) => encrypted !== true && optional === true && type === 'String')
    .map(([name]) => direction.map((one): Args => ({ [name]: one })))
  const related = Object.entries(model.relations).flatMap(([name, relation]): fc.Arbitrary<Args>[] => {
    const child = modelNamed(relation.model)
    if (relation.many !== true) return [direction.map((one) => ({ [name]: { [keyOf(child)[0] ?? 'id']: one } }))]
    const isCounted = isShared(child) || isInherited(model, name, relation)
    return isCounted ? [direction.map((one) => ({ [name]: { _count: one } }))] : []
  })
  const before = [...first, ...related]
  if (before.length === 0) return byKey.map((orderBy) => ({ orderBy }))
  return fc.oneof(
    { weight: 3, arbitrary: byKey.map((orderBy): Args => ({ orderBy })) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.oneof(...before), byKey).map(([one, rest]): Args => ({ orderBy: [one, ...rest] })),
    },
  )
}

function page(world: World, model: Model): fc.Arbitrary<Args> {
  const cursor = sometimes(
    cursorKey(world, model).map((given) => ({ cursor: given })),
    6,
  )
  const part = fc.record(
    { take: fc.integer({ min: -2, max: 3 }), skip: fc.integer({ min: 0, max: 1 }) },
    { requiredKeys: [] },
  )
  return joined(part, cursor)
}

/** A row to begin at; with two tenants another one's as often as not, which is as good as none. */
function cursorKey(world: World, model: Model): fc.Arbitrary<Args> {
  if (model.tenant === 'context') return oneOf(sealedKeys(world, model))
  const key = unique(world, model, 0)
  const other = otherId(world, model)
  return other === undefined ? key : fc.oneof(key, fc.record({ id: other }))
}

/** `distinct` by plain fields, and by encrypted ones where an index tells values or their classes apart. */
function distinct(world: World, model: Model): fc.Arbitrary<Args> {
  const names = comparable(world, model, 'distinct')
  if (names.length === 0) return NOTHING
  return someOf(names, 2).map((list) => ({ distinct: list }))
}

/** Fields whose values can be told apart, in the plain twin by the column of their classes. */
export function comparable(world: World, model: Model, use: 'distinct' | 'groupBy'): (string | Either)[] {
  return fieldsOf(world, model).flatMap(([name, { type, id, encrypted, index, list }]): (string | Either)[] => {
    if (encrypted !== true) return id === true || list === true ? [] : [name]
    if (index === undefined || !negatable(index)) return []
    // A group's value is its least cell, and bytes have no least.
    if (use === 'groupBy' && type === 'Bytes') return []
    return index.normalise === undefined ? [name] : [new Either(name, index.column)]
  })
}

function rowCounts(world: World, model: Model): fc.Arbitrary<Args> {
  const lists = Object.entries(model.relations).filter(([, { many }]) => many === true)
  if (lists.length === 0) return NOTHING
  return oneOf(
    lists.map(([name, relation]) => {
      const found = where(world, modelNamed(relation.model), { depth: 1 })
      const counted = fc.oneof(
        fc.constant(true),
        found.map((given) => ({ where: given })),
      )
      return { weight: 1, arbitrary: counted.map((given): Args => ({ _count: { select: { [name]: given } } })) }
    }),
  )
}
