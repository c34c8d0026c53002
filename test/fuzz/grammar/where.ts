import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Model, modelNamed, type Relation } from '../models.js'
import { conditionsOf } from './conditions.js'
import { joined, NOTHING, once, oneOf, type World } from './world.js'

export interface WhereOptions {
  /** Levels of AND, OR, NOT and relations. */
  readonly depth: number
  /** Below NOT, none, every or isNot: an index that folds answers nothing here, unless its classes are meant. */
  readonly negated?: boolean
  /** Nested `updateMany` and `deleteMany` take no filters on relations. */
  readonly scalars?: boolean
}

/** A Where that both clients can answer. */
export function where(world: World, model: Model, options: WhereOptions): fc.Arbitrary<Args> {
  const { depth, negated = false, scalars = false } = options
  return once(world, `where ${model.name} ${depth} ${negated} ${scalars}`, () => {
    const conditions = conditionsOf(world, model, { negated, compounds: true })
    if (depth === 0) return conditions
    // Conditions that are joined overwrite each other: half of a compound would be left.
    const single = conditionsOf(world, model, { negated, compounds: false })
    const inside = where(world, model, { ...options, depth: depth - 1 })
    const inNot = where(world, model, { ...options, depth: depth - 1, negated: true })
    const list = (one: fc.Arbitrary<Args>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 2 }))
    return oneOf([
      { weight: 8, arbitrary: conditions },
      { weight: 2, arbitrary: joined(single, single) },
      { weight: 2, arbitrary: fc.record({ AND: list(inside) }) },
      { weight: 2, arbitrary: alternatives(inside, 3) },
      { weight: 2, arbitrary: fc.record({ NOT: list(inNot) }) },
      { weight: 1, arbitrary: joined(single, alternatives(inside, 2)) },
      ...(scalars ? [] : relationFilters(world, model, depth, negated)),
    ])
  })
}

/**
 * An OR, or nothing where it would hold nothing but empty filters. Prisma takes such a one for false, and beside another
 * condition the NOT of it for false as well: an `every` is not what `none` and NOT make of it then.
 */
function alternatives(one: fc.Arbitrary<Args>, maxLength: number): fc.Arbitrary<Args> {
  return fc.array(one, { minLength: 1, maxLength }).map((list) => (list.some(saysSomething) ? { OR: list } : {}))
}

/** Whether a filter is more than empty ones put together. */
function saysSomething(filter: unknown): boolean {
  return Object.entries(Object(filter)).some(([name, said]) =>
    ['AND', 'OR', 'NOT'].includes(name) ? [said].flat().some(saysSomething) : true,
  )
}

/** Many conditions of which one is enough: rows pass for the most part, and most operators have a say. */
function wide(world: World, model: Model, options: WhereOptions): fc.Arbitrary<Args> {
  const { scalars = false, depth } = options
  return once(world, `wide ${model.name} ${scalars} ${depth}`, () => {
    const relations = scalars || depth === 0 ? [] : relationFilters(world, model, depth, false)
    const one = oneOf([
      { weight: 3, arbitrary: conditionsOf(world, model, { negated: false, compounds: true }) },
      { weight: 1, arbitrary: fc.record({ NOT: conditionsOf(world, model, { negated: true, compounds: true }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ AND: fc.tuple(conditionsOf(world, model, { negated: false, compounds: true })) }),
      },
      ...relations,
    ])
    return fc.array(one, { minLength: 5, maxLength: 8 }).map((OR) => ({ OR }))
  })
}

/** A Where for rows that are named already: it should not leave them out too often. */
export function condition(world: World, model: Model, options: WhereOptions): fc.Arbitrary<Args> {
  return fc.oneof(
    { weight: 1, arbitrary: where(world, model, options) },
    { weight: 3, arbitrary: wide(world, model, options) },
    { weight: 3, arbitrary: broad(world, model, options.scalars) },
  )
}

/**
 * A bit of everything, of which one thing is enough: passed by most rows, and most operators and kinds of relations have
 * a say.
 */
export function broad(world: World, model: Model, scalars = false): fc.Arbitrary<Args> {
  return once(world, `broad ${model.name} ${scalars}`, () => {
    const one = conditionsOf(world, model, { negated: false, compounds: true })
    const negated = conditionsOf(world, model, { negated: true, compounds: true })
    const fields = fc
      .tuple(fc.array(one, { minLength: 4, maxLength: 6 }), one, negated)
      .map(([list, inAnd, inNot]) => [...list, { AND: [inAnd] }, { NOT: inNot }])
    const relations = scalars ? [] : Object.entries(model.relations)
    const [toOne, toMany] = [false, true].map((isMany) =>
      relations
        .filter(([, { model: other, many = false }]) => many === isMany && hasSecrets(other))
        .map(([name, relation]) => quantified(world, relation).map((given): Args => ({ [name]: given }))),
    )
    const someFilters = (filters: fc.Arbitrary<Args>[] = [], maxLength: number) =>
      filters.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...filters), { minLength: maxLength - 1, maxLength })
    return fc.tuple(fields, someFilters(toOne, 2), someFilters(toMany, 4)).map((parts) => ({ OR: parts.flat() }))
  })
}

function hasSecrets(model: string): boolean {
  return Object.values(modelNamed(model).fields).some(({ encrypted }) => encrypted === true)
}

function quantified(world: World, { model, many }: Relation): fc.Arbitrary<Args> {
  const child = modelNamed(model)
  const straight = conditionsOf(world, child, { negated: false, compounds: true })
  const inverted = conditionsOf(world, child, { negated: true, compounds: true })
  return many === true
    ? fc.oneof(
        { weight: 2, arbitrary: fc.record({ some: straight }) },
        { weight: 3, arbitrary: fc.record({ every: inverted }) },
        { weight: 2, arbitrary: fc.record({ none: inverted }) },
      )
    : fc.oneof(fc.record({ is: straight }), fc.record({ isNot: inverted }))
}

function relationFilters(world: World, model: Model, depth: number, negated: boolean): fc.WeightedArbitrary<Args>[] {
  return Object.entries(model.relations).map(([name, relation]) => {
    const child = modelNamed(relation.model)
    const straight = where(world, child, { depth: depth - 1, negated })
    const inverted = where(world, child, { depth: depth - 1, negated: true })
    const filters =
      relation.many === true
        ? [
            fc.record({ some: fc.oneof({ weight: 4, arbitrary: straight }, { weight: 1, arbitrary: NOTHING }) }),
            fc.record({ every: inverted }),
            fc.record({ none: fc.oneof({ weight: 4, arbitrary: inverted }, { weight: 1, arbitrary: NOTHING }) }),
          ]
        : [
            straight,
            fc.record({ is: straight }),
            fc.record({ isNot: inverted }),
            ...(relation.optional === true ? [fc.constant(null)] : []),
          ]
    return {
      weight: relation.many === true ? 2 : 4,
      arbitrary: fc.oneof(...filters).map((given) => ({ [name]: given })),
    }
  })
}
