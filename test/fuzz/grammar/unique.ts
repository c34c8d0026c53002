import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { keyOf, type Model, modelNamed } from '../models.js'
import { eitherFields } from '../sides.js'
import { LABELS } from '../values.js'
import { answeredBy } from './conditions.js'
import { condition } from './where.js'
import { anyFirm, anyId, anyValue, fieldsOf, once, oneOf, smallNumber, sometimes, type World } from './world.js'

/** A WhereUnique: a unique key, and at times further conditions. */
export function unique(world: World, model: Model, depth = 1): fc.Arbitrary<Args> {
  return once(world, `unique ${model.name} ${depth}`, () => {
    const keys = oneOf(uniqueKeys(world, model))
    if (depth === 0) return keys
    return fc.tuple(sometimes(condition(world, model, { depth }), 7), keys).map(([conditions, key]) => {
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
  return field.type === 'Int' ? smallNumber() : fc.oneof(fc.constant(LABELS[0]), fc.constantFrom(...LABELS))
}
