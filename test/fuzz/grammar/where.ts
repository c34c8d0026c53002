import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Field, type Index, keyOf, type Model, modelNamed, STAGES } from '../models.js'
import { normalIndexes } from '../schema.js'
import { eitherFields, isPlain, Made } from '../sides.js'
import { LABELS, normalForms } from '../values.js'
import { anyFirm, anyId, anyValue, fieldsOf, joined, NOTHING, once, oneOf, sometimes, type World } from './world.js'

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
    const conditions = conditionsOf(world, model, negated, true)
    if (depth === 0) return conditions
    // Conditions that are joined overwrite each other: half of a compound would be left.
    const single = conditionsOf(world, model, negated, false)
    const inside = where(world, model, { ...options, depth: depth - 1 })
    const inNot = where(world, model, { ...options, depth: depth - 1, negated: true })
    const list = (one: fc.Arbitrary<Args>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 2 }))
    return oneOf([
      { weight: 8, arbitrary: conditions },
      { weight: 2, arbitrary: joined(single, single) },
      { weight: 2, arbitrary: fc.record({ AND: list(inside) }) },
      { weight: 2, arbitrary: fc.record({ OR: fc.array(inside, { minLength: 1, maxLength: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ NOT: list(inNot) }) },
      { weight: 1, arbitrary: joined(single, fc.record({ OR: fc.array(inside, { minLength: 1, maxLength: 2 }) })) },
      ...(scalars ? [] : relationFilters(world, model, depth, negated)),
    ])
  })
}

/** Many conditions of which one is enough: rows pass for the most part, and most operators have a say. */
function wide(world: World, model: Model, options: WhereOptions): fc.Arbitrary<Args> {
  const { scalars = false, depth } = options
  return once(world, `wide ${model.name} ${scalars} ${depth}`, () => {
    const relations = scalars || depth === 0 ? [] : relationFilters(world, model, depth, false)
    const one = oneOf([
      { weight: 3, arbitrary: conditionsOf(world, model, false, true) },
      { weight: 1, arbitrary: fc.record({ NOT: conditionsOf(world, model, true, true) }) },
      { weight: 1, arbitrary: fc.record({ AND: fc.tuple(conditionsOf(world, model, false, true)) }) },
      ...relations,
    ])
    return fc.array(one, { minLength: 4, maxLength: 7 }).map((OR) => ({ OR }))
  })
}

/** A Where for rows that are named already: it should not leave them out too often. */
export function condition(world: World, model: Model, options: WhereOptions): fc.Arbitrary<Args> {
  return fc.oneof(
    { weight: 1, arbitrary: where(world, model, options) },
    { weight: 3, arbitrary: wide(world, model, options) },
  )
}

function conditionsOf(world: World, model: Model, negated: boolean, compounds: boolean): fc.Arbitrary<Args> {
  const fields = fieldsOf(world, model).flatMap(([name, field]): fc.WeightedArbitrary<Args>[] =>
    field.encrypted === true
      ? [{ weight: field.index === undefined ? 1 : 4, arbitrary: sealedCondition(world, name, field, negated) }]
      : plainCondition(name, field),
  )
  const compound =
    model.compound === undefined || negated || !compounds
      ? []
      : [{ weight: 3, arbitrary: fc.record(Object.fromEntries(model.compound.fields.map((name) => [name, text()]))) }]
  return oneOf([...fields, ...compound])

  function text(): fc.Arbitrary<unknown> {
    const value = anyValue(world, { type: 'String' })
    return fc.oneof(
      value,
      value.map((equals) => ({ equals })),
    )
  }
}

/** A condition on an encrypted field; none if nothing can be asked of it. */
export function sealedCondition(world: World, name: string, field: Field, negated: boolean): fc.Arbitrary<Args> {
  const forNull = field.optional === true ? [{ weight: 2, arbitrary: nullCondition(name, field) }] : []
  if (field.index === undefined) return forNull.length === 0 ? NOTHING : oneOf(forNull)
  const answers = negatable(field.index) ? algebra(world, field) : equalities(world, field)
  const isMute = negated && !negatable(field.index)
  const folded = foldedConditions(world, name, field, negated)
  return oneOf([
    ...(isMute ? [] : [{ weight: 6, arbitrary: answers.map((given) => answeredBy(name, field, given)) }]),
    ...folded,
    ...forNull,
  ])
}

/** An exact index, or one whose classes are meant, answers negations, too. */
export function negatable({ normalise, equivalence }: Index): boolean {
  return normalise === undefined || equivalence === true
}

/** A condition on the field; the plain twin compares normal forms, in their column, where an index folds. */
export function answeredBy(name: string, field: Field, given: unknown, index = field.index): Args {
  if (normalIndexes(field).length === 0) return { [name]: given }
  const plain =
    index?.normalise === undefined ? { [name]: given } : { [index.column]: normalForms(index.normalise, given) }
  return eitherFields(name, { [name]: given }, plain)
}

/** `mode: 'insensitive'`, where an index folds case. */
function foldedConditions(world: World, name: string, field: Field, negated: boolean): fc.WeightedArbitrary<Args>[] {
  const index = field.folded ?? field.index
  const folds = index?.normalise === 'lowercase' || index?.normalise === 'email'
  if (!world.features.insensitive || index === undefined || !folds || (negated && !negatable(index))) return []
  const value = anyValue(world, field)
  const conditions = fc.oneof(
    value.map((equals) => ({ equals, mode: 'insensitive' })),
    fc.array(value, { maxLength: 2 }).map((list) => ({ in: list, mode: 'insensitive' })),
  )
  return [{ weight: 6, arbitrary: conditions.map((given) => answeredBy(name, field, given, index)) }]
}

/** A field that equals a value, or one of some. */
export function equality(world: World, name: string, field: Field): fc.Arbitrary<Args> {
  return equalities(world, field).map((given) => answeredBy(name, field, given))
}

function equalities(world: World, field: Field): fc.Arbitrary<unknown> {
  const value = anyValue(world, field)
  return fc.oneof(
    value,
    value.map((equals) => ({ equals })),
    fc.array(value, { maxLength: 3 }).map((list) => ({ in: list })),
  )
}

function algebra(world: World, field: Field): fc.Arbitrary<unknown> {
  const value = anyValue(world, field)
  const values = fc.array(value, { maxLength: 2 })
  const negations = fc.oneof(
    values.map((notIn) => ({ notIn })),
    value.map((not) => ({ not })),
    fc.record({ in: fc.array(value, { minLength: 1, maxLength: 3 }), not: value }),
  )
  const inner = fc.oneof(
    value.map((equals) => ({ equals })),
    values.map((list) => ({ in: list })),
    negations,
  )
  return fc.oneof(
    { weight: 3, arbitrary: equalities(world, field) },
    { weight: 3, arbitrary: negations },
    { weight: 1, arbitrary: inner.map((not) => ({ not })) },
  )
}

/** Null, or not null. Where the plain twin has a Json column for what is text in the encrypted one, it is asked as Json. */
function nullCondition(name: string, field: Field): fc.Arbitrary<Args> {
  const asJson = (given: Made) => fc.constantFrom<Args>({ [name]: { equals: given } }, { [name]: { not: given } })
  const ofText = fc
    .constantFrom(null, { equals: null }, { not: null }, { not: null })
    .map((given) => answeredBy(name, field, given))
  if (field.type === 'Json') return asJson(new Made('DbNull'))
  if (field.type !== '[String]') return ofText
  return fc.constantFrom('equals', 'not').map((operator) => {
    const sealed = { [name]: { [operator]: null } }
    return eitherFields(name, sealed, { [name]: { [operator]: new Made('DbNull') } })
  })
}

function plainCondition(name: string, field: Field): fc.WeightedArbitrary<Args>[] {
  if (field.list === true) return [{ weight: 1, arbitrary: fc.constant({ [name]: { has: 'plain' } }) }]
  if (field.type === 'Stage') {
    const stage = fc.constantFrom(...STAGES)
    const conditions = fc.oneof(
      stage,
      stage.map((not) => ({ not })),
      fc.array(stage, { maxLength: 2 }).map((list) => ({ in: list })),
    )
    return [{ weight: 1, arbitrary: conditions.map((given) => ({ [name]: given })) }]
  }
  if (field.type === 'Boolean') return [{ weight: 1, arbitrary: fc.boolean().map((given) => ({ [name]: given })) }]
  if (field.type !== 'String' || field.optional !== true) return []
  const conditions = fc.constantFrom<unknown>('London', null, { startsWith: 'Pa' }, { not: 'London' }, { lt: 'M' })
  return [{ weight: 2, arbitrary: conditions.map((given) => ({ [name]: given })) }]
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
            fc.record({ every: asking(inverted) }),
            fc.record({ none: fc.oneof({ weight: 4, arbitrary: inverted }, { weight: 1, arbitrary: NOTHING }) }),
          ]
        : [
            asking(straight),
            fc.record({ is: straight }),
            fc.record({ isNot: inverted }),
            ...(relation.optional === true ? [fc.constant(null)] : []),
          ]
    return {
      weight: relation.many === true ? 2 : 4,
      arbitrary: fc.oneof(...filters).map((given) => ({ [name]: given })),
    }
  })

  function asking(filter: fc.Arbitrary<Args>): fc.Arbitrary<Args> {
    return world.features.emptyFilters
      ? filter
      : filter.map((given) => (isEmpty(given) ? { OR: [{ NOT: { OR: [] } }] } : given))
  }
}

/** Whether a filter holds no condition at any depth. */
function isEmpty(given: unknown): boolean {
  return [given].flat().every((one) => {
    return isPlain(one) && Object.entries(one).every(([key, value]) => ['AND', 'NOT'].includes(key) && isEmpty(value))
  })
}

/** A WhereUnique: a unique key, and at times further conditions. */
export function unique(world: World, model: Model, depth = 1): fc.Arbitrary<Args> {
  return once(world, `unique ${model.name} ${depth}`, () => {
    const keys = oneOf(uniqueKeys(world, model))
    if (depth === 0) return keys
    return fc.tuple(sometimes(condition(world, model, { depth }), 6), keys).map(([conditions, key]) => {
      // Beside the key Prisma takes conditions on other fields, but for unique ones values alone.
      const isBeside = ([name]: [string, unknown]) => name !== 'AND' && !isInUnique(model, name)
      const inside = Object.entries(conditions).filter(([name]) => isInUnique(model, name))
      if (inside.length === 0) return { ...conditions, ...key }
      const beside = Object.entries(conditions).filter(isBeside)
      return { ...Object.fromEntries(beside), AND: [Object.fromEntries(inside), conditions.AND ?? []].flat(), ...key }
    })
  })
}

/** Unique keys that are encrypted fields. */
export function sealedKeys(world: World, model: Model): fc.WeightedArbitrary<Args>[] {
  return Object.entries(model.fields)
    .filter(([, { index }]) => index?.unique === true)
    .map(([name, field]) => ({
      weight: 1,
      arbitrary: anyValue(world, field).map((given) => answeredBy(name, field, given)),
    }))
}

function isInUnique(model: Model, key: string): boolean {
  const name = key.replace('…', '')
  const field = model.fields[name]
  return field?.unique === true || field?.index?.unique === true || model.compound?.fields.includes(name) === true
}

/** Every unique key of a model. */
export function uniqueKeys(world: World, model: Model): fc.WeightedArbitrary<Args>[] {
  const key = keyOf(model)
  const [only, second] = key
  const byKey =
    only !== undefined && second === undefined
      ? columnValue(world, model, only).map((value): Args => ({ [only]: value }))
      : group(key).map((values) => ({ [key.join('_')]: values }))
  const byField = fieldsOf(world, model).flatMap(([name, field]): fc.WeightedArbitrary<Args>[] => {
    if (field.id === true || (field.unique !== true && field.index?.unique !== true)) return []
    return [{ weight: 2, arbitrary: columnValue(world, model, name).map((given) => answeredBy(name, field, given)) }]
  })
  const byGroup = Object.entries(model.uniques ?? {}).map(([name, members]) => ({
    weight: 2,
    arbitrary: group(members).map((values): Args => ({ [name]: values })),
  }))
  const { compound } = model
  const byCompound =
    compound === undefined
      ? []
      : [
          {
            weight: 2,
            arbitrary: group(compound.fields).map((values) =>
              eitherFields(compound.column, values, { [compound.fields.join('_')]: values }),
            ),
          },
        ]
  return [{ weight: 10, arbitrary: byKey }, ...byField, ...byGroup, ...byCompound]

  function group(members: readonly string[]): fc.Arbitrary<Args> {
    return fc.record(Object.fromEntries(members.map((name) => [name, columnValue(world, model, name)])))
  }
}

/** A value to look for in a column, null not among them. */
export function columnValue(world: World, model: Model, name: string): fc.Arbitrary<unknown> {
  const field = model.fields[name]
  if (field === undefined) throw new Error(`${model.name} has no field ${name}`)
  if (name === 'firmId') return anyFirm(world)
  if (model.name === 'Firm' && name === 'id') return anyFirm(world)
  if (field.id === true) return anyId(world, model)
  const relation = Object.values(model.relations).find(({ fields }) => fields?.length === 1 && fields[0] === name)
  if (relation !== undefined) return anyId(world, modelNamed(relation.model))
  if (field.encrypted === true) return anyValue(world, field)
  return field.type === 'Int' ? fc.integer({ min: 1, max: 3 }) : fc.constantFrom(...LABELS)
}
