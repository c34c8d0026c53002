import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Field, isShared, type Model, STAGES } from '../models.js'
import { normalIndexes } from '../schema.js'
import { Either, eitherFields, Made } from '../sides.js'
import { LABELS, normalForms } from '../values.js'
import { foreignKeys, relatedKeys, scalarChanges, scalarKeys, takesScalars } from './keys.js'
import { nestedWrites } from './nested.js'
import {
  anyValue,
  fieldsOf,
  holdsTenant,
  joined,
  NOTHING,
  newId,
  once,
  oneOf,
  sometimes,
  tenantColumn,
  type World,
} from './world.js'

export interface RowOptions {
  /** `createMany`, `updateMany`: no relations. */
  readonly many?: boolean
  /** Levels of nested writes. */
  readonly depth: number
  /** The relation along which the row is written below another one: its foreign key is not given. */
  readonly via?: string
  /** How foreign keys are given: rows of one list must be alike in that. */
  readonly keys?: 'scalars' | 'relations'
}

/** Data of a new row. */
export function newRow(world: World, model: Model, options: RowOptions): fc.Arbitrary<Args> {
  const { many = false, depth, via = '', keys } = options
  return once(world, `new ${model.name} ${many} ${depth} ${via} ${keys}`, () => {
    const values = newValues(world, model)
    const scalars = joined(values, scalarKeys(world, model, options))
    if (many) return scalars
    const lists = nestedLists(world, model, depth, via)
    if (keys === 'scalars' || takesScalars(model, via)) return joined(scalars, lists)
    const related = joined(values, relatedKeys(world, model, options), lists)
    return keys === 'relations' ? related : fc.oneof(joined(scalars, lists), related)
  })
}

/** Several rows, alike in how their foreign keys are given. */
export function newRowList(world: World, model: Model, options: RowOptions): fc.Arbitrary<Args[]> {
  const [scalars, relations] = (['scalars', 'relations'] as const).map((keys) =>
    fc.array(newRow(world, model, { ...options, keys }), { minLength: 1, maxLength: 2 }),
  )
  if (scalars === undefined || relations === undefined) throw new Error('Rows have keys of two forms')
  return fc.oneof(scalars, relations)
}

/** Changes to rows. */
export function change(world: World, model: Model, options: RowOptions): fc.Arbitrary<Args> {
  const { many = false, depth, via = '' } = options
  return once(world, `change ${model.name} ${many} ${depth} ${via}`, () => {
    const values = changedValues(world, model)
    if (many) return values
    const scalars = joined(sometimes(values, 7), sometimes(scalarChanges(world, model, via), 2))
    if (depth === 0) return scalars
    const isOnlyLinked = world.two && isShared(model)
    const writes = Object.entries(model.relations)
      .filter(([name, relation]) => name !== via && !holdsTenant(model, relation))
      .map(([name]) => ({ weight: 1, arbitrary: nestedWrites(world, model, name, 'update', depth - 1) }))
    if (model.fixed === true) return oneOf(writes)
    if (writes.length === 0) return scalars
    // With two tenants a row that both know is changed in one plain database only by what hangs on it.
    if (isOnlyLinked) return fc.oneof(scalars, oneOf(writes))
    return fc.oneof(
      { weight: 1, arbitrary: scalars },
      { weight: 3, arbitrary: joined(sometimes(values, 3), oneOf(writes)) },
    )
  })
}

/** Data that writes several values of a model at once, keys left out. */
function newValues(world: World, model: Model): fc.Arbitrary<Args> {
  const keys = foreignKeys(model)
  const parts = fieldsOf(world, model).flatMap(([name, field]): fc.Arbitrary<Args>[] => {
    if (keys.has(name) || name === tenantColumn(model)) return []
    const one = valueToWrite(world, model, name, field, false)
    const isRequired = field.optional !== true && field.list !== true && field.default === undefined
    const isUnique = field.unique === true || field.index?.unique === true
    return [isRequired ? one : sometimes(one, isUnique ? 3 : 5)]
  })
  return joined(...parts)
}

function changedValues(world: World, model: Model): fc.Arbitrary<Args> {
  const { compound } = model
  const keys = foreignKeys(model)
  const fields = fieldsOf(world, model).filter(
    ([name, { id }]) =>
      id !== true && !keys.has(name) && model.key?.includes(name) !== true && name !== tenantColumn(model),
  )
  const parts = fields
    .filter(([name]) => compound?.fields.includes(name) !== true)
    .map(([name, field]) => ({
      weight: field.encrypted === true ? 3 : 1,
      arbitrary: valueToWrite(world, model, name, field, true),
    }))
  // A tag covers all fields of its index: they change together.
  const together =
    compound === undefined
      ? []
      : [
          {
            weight: 3,
            arbitrary: joined(
              ...compound.fields.map((name) =>
                valueToWrite(world, model, name, model.fields[name] ?? { type: 'String' }, true),
              ),
            ),
          },
        ]
  const one = oneOf([...parts, ...together])
  return fc.oneof(one, joined(one, one))
}

/** A value for one field, and in the plain twin its normal forms. */
function valueToWrite(world: World, model: Model, name: string, field: Field, update: boolean): fc.Arbitrary<Args> {
  const value = plainOrSealedValue(world, model, field)
  const nullable =
    field.optional !== true
      ? value
      : fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: noValue(field) })
  const given = update && field.type !== 'Json' ? fc.oneof(nullable, nullable.map(asSet)) : nullable
  return given.map((one) => written(name, field, one))
}

/** A value as data, and in the plain twin its normal forms, too. */
export function written(name: string, field: Field, value: unknown): Args {
  const forms = normalIndexes(field)
  if (forms.length === 0) return { [name]: value }
  const normal = forms.map(({ column, normalise }) => [column, normalise && normalForms(normalise, value)])
  return eitherFields(name, { [name]: value }, { [name]: value, ...Object.fromEntries(normal) })
}

/** `{ set: value }`; a list is Json in the plain twin, which knows no `set`. */
function asSet(value: unknown): unknown {
  if (value instanceof Either) return new Either({ set: value.sealed }, value.plain)
  return Array.isArray(value) ? new Either({ set: value }, value) : { set: value }
}

function noValue(field: Field): fc.Arbitrary<unknown> {
  if (field.type === 'Json') return fc.constantFrom(new Made('DbNull'), new Made('JsonNull'))
  return fc.constant(field.type === '[String]' ? new Either(null, new Made('DbNull')) : null)
}

function plainOrSealedValue(world: World, model: Model, field: Field): fc.Arbitrary<unknown> {
  if (field.id === true) return newId(world, model)
  if (field.encrypted === true) return anyValue(world, field)
  if (field.list === true) return fc.constantFrom(['plain'], [], ['other', 'plain']).map((list) => ({ set: list }))
  if (field.type === 'Stage') return fc.constantFrom(...STAGES)
  if (field.type === 'Boolean') return fc.boolean()
  if (field.type === 'Int') return fc.integer({ min: 1, max: 3 })
  return field.unique === true ? fc.constantFrom(...LABELS) : fc.constantFrom('London', 'Paris')
}

function nestedLists(world: World, model: Model, depth: number, via: string): fc.Arbitrary<Args> {
  const ends = Object.entries(model.relations).filter(([name, { fields }]) => fields === undefined && name !== via)
  if (depth === 0 || ends.length === 0 || (world.two && isShared(model))) return NOTHING
  const writes = ends.map(([name]) => ({ weight: 1, arbitrary: nestedWrites(world, model, name, 'create', depth - 1) }))
  return sometimes(oneOf(writes), 8)
}
