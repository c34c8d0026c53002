import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Field, type Index, type Model, STAGES } from '../models.js'
import { normalIndexes } from '../schema.js'
import { eitherFields, Made } from '../sides.js'
import { normalForms } from '../values.js'
import { anyValue, fieldsOf, NOTHING, oneOf, type World } from './world.js'

export interface ConditionOptions {
  /** Below NOT, none, every or isNot: an index that folds answers nothing here, unless its classes are meant. */
  readonly negated: boolean
  /** Compound indexes may be asked. */
  readonly compounds: boolean
}

/** One condition on a field, or on the fields of a compound index. */
export function conditionsOf(world: World, model: Model, { negated, compounds }: ConditionOptions): fc.Arbitrary<Args> {
  const fields = fieldsOf(world, model).flatMap(([name, field]): fc.WeightedArbitrary<Args>[] =>
    field.encrypted === true
      ? [
          {
            weight: field.index === undefined ? 1 : 4,
            arbitrary: sealedCondition(world, name, field, { negated, folds: true }),
          },
        ]
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
export function sealedCondition(
  world: World,
  name: string,
  field: Field,
  { negated, folds }: { readonly negated: boolean; readonly folds: boolean },
): fc.Arbitrary<Args> {
  const forNull = field.optional === true ? [{ weight: 2, arbitrary: nullCondition(name, field) }] : []
  if (field.index === undefined) return forNull.length === 0 ? NOTHING : oneOf(forNull)
  const answers = negatable(field.index) ? algebra(world, field) : equalities(world, field)
  const isMute = negated && !negatable(field.index)
  const folded = folds ? foldedConditions(world, name, field, negated) : []
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
  if (index === undefined || !folds || (negated && !negatable(index))) return []
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
    { weight: 3, arbitrary: values.map((notIn): unknown => ({ notIn })) },
    { weight: 2, arbitrary: value.map((not): unknown => ({ not })) },
    { weight: 1, arbitrary: fc.record({ in: fc.array(value, { minLength: 1, maxLength: 3 }), not: value }) },
  )
  const inner = fc.oneof(
    value.map((equals) => ({ equals })),
    values.map((list) => ({ in: list })),
    negations,
  )
  return fc.oneof(
    { weight: 3, arbitrary: equalities(world, field) },
    { weight: 4, arbitrary: negations },
    { weight: 2, arbitrary: inner.map((not) => ({ not })) },
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
