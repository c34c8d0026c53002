import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Model, modelNamed, type Relation } from '../models.js'
import { eitherFields } from '../sides.js'
import type { RowOptions } from './data.js'
import { nestedWrites } from './nested.js'
import {
  holdsTenant,
  joined,
  NOTHING,
  oneOf,
  ownId,
  smallNumber,
  sometimes,
  tenantColumn,
  type World,
} from './world.js'

/** Columns of all foreign keys. */
export function foreignKeys(model: Model): Set<string> {
  return new Set(Object.values(model.relations).flatMap(({ fields = [] }) => fields))
}

/** Relations whose foreign key the model holds, but for the one a row is written along. */
function toOne(model: Model, via: string): [string, Relation][] {
  return Object.entries(model.relations).filter(([name, { fields }]) => fields !== undefined && name !== via)
}

/** Foreign keys and tenant as scalars. */
export function scalarKeys(world: World, model: Model, { via = '', many = false }: RowOptions): fc.Arbitrary<Args> {
  const column = tenantColumn(model)
  const given = new Set(model.relations[via]?.fields)
  const columns = toOne(model, via).map(([name, relation]) => {
    const own = (relation.fields ?? []).filter((field) => field !== column && !given.has(field))
    if (own.length === 0) return NOTHING
    const key = fc.record(Object.fromEntries(own.map((field) => [field, keyValue(world, relation)])))
    // fieldseal connects what leads to the tenant: a row that is missing is then told as such.
    const isConnected = !many && leadsToTenant(model, via)
    const both = isConnected ? key.map((scalars) => connectInstead(model, name, scalars)) : key
    return relation.optional === true ? sometimes(both) : both
  })
  const tenant =
    column === undefined || given.has(column)
      ? NOTHING
      : fc.constantFrom<Args>(eitherFields(column, {}, { [column]: world.tenant }), { [column]: world.tenant })
  return joined(...columns, tenant)
}

function keyValue(world: World, relation: Relation): fc.Arbitrary<number> {
  const isId = relation.references?.length === 1
  return isId ? ownId(world, modelNamed(relation.model)) : smallNumber()
}

/** Whether the tenant comes along a relation that the row itself names. */
function leadsToTenant(model: Model, via: string): boolean {
  return Array.isArray(model.tenant) && model.tenant.length > 1 && model.tenant[0] !== via
}

function connectInstead(model: Model, name: string, scalars: Args): Args {
  const [referred = 'id'] = model.relations[name]?.references ?? []
  const [value] = Object.values(scalars)
  return eitherFields(name, scalars, { [name]: { connect: { [referred]: value } } })
}

/** Foreign keys and tenant as writes of relations. */
export function relatedKeys(world: World, model: Model, { via = '', depth }: RowOptions): fc.Arbitrary<Args> {
  const writes = toOne(model, via).map(([name, relation]) => {
    if (holdsTenant(model, relation)) {
      const connect = { [name]: { connect: { id: world.tenant } } }
      const left = fc.constant(eitherFields(name, {}, connect))
      return fc.oneof(fc.constant<Args>(connect), left)
    }
    const write = nestedWrites(world, model, name, 'create', depth - 1)
    return relation.optional === true ? sometimes(write) : write
  })
  const column = tenantColumn(model)
  const isHeld = column === undefined || Object.values(model.relations).some((relation) => holdsTenant(model, relation))
  const tenant = isHeld ? NOTHING : fc.constant(eitherFields(column, {}, { [column]: world.tenant }))
  return joined(...writes, tenant)
}

/** A key of several columns that holds the tenant: fieldseal takes that one as scalars alone. */
export function takesScalars(model: Model, via: string): boolean {
  return toOne(model, via).some(([, relation]) => (relation.fields?.length ?? 0) > 1 && holdsTenant(model, relation))
}

/** Another parent, by the foreign key's scalars. */
export function scalarChanges(world: World, model: Model, via: string): fc.Arbitrary<Args> {
  const single = toOne(model, via).filter(
    ([, relation]) => relation.fields?.length === 1 && !holdsTenant(model, relation),
  )
  return oneOf(
    single.map(([name, relation]) => {
      const [column = ''] = relation.fields ?? []
      const value = keyValue(world, relation)
      const isTenant = Array.isArray(model.tenant) && model.tenant[0] === name
      const key = (relation.optional === true ? fc.option(value) : value).map((one) => ({ [column]: one }))
      return { weight: 1, arbitrary: isTenant ? key.map((scalars) => connectInstead(model, name, scalars)) : key }
    }),
  )
}
