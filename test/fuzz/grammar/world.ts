import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import type { PrismaVersion } from '../../support/prisma-versions.js'
import type { Provider } from '../../support/schema.js'
import { type Field, isShared, keyOf, type Model, modelNamed, type Relation } from '../models.js'
import { valuesOf } from '../values.js'

/** The tenants of all programs; one with a single tenant takes the first. */
export const TENANTS = ['firm_a', 'firm_b'] as const
export type Tenant = (typeof TENANTS)[number]

/** What is generated for: one tenant's operations on one database. */
export interface World {
  readonly provider: Provider
  readonly prisma: PrismaVersion
  readonly tenant: Tenant
  /** There is another tenant, whose rows are in the same encrypted database, but in a plain one of their own. */
  readonly two: boolean
  /** Arbitraries made before, by what they are for. */
  readonly known: Map<string, fc.Arbitrary<Args>>
}

/** Makes an arbitrary once. */
export function once(world: World, name: string, make: () => fc.Arbitrary<Args>): fc.Arbitrary<Args> {
  const known = world.known.get(name)
  if (known !== undefined) return known
  const made = make()
  world.known.set(name, made)
  return made
}

/** Objects of several arbitraries, joined. */
export function joined(...parts: readonly fc.Arbitrary<Args>[]): fc.Arbitrary<Args> {
  return fc.tuple(...parts).map((objects) => Object.assign({}, ...objects))
}

export const NOTHING: fc.Arbitrary<Args> = fc.constant({})

/** The object, or at times an empty one. */
export function sometimes(arbitrary: fc.Arbitrary<Args>, oftenOutOfTen = 5): fc.Arbitrary<Args> {
  return fc.oneof({ weight: 10 - oftenOutOfTen, arbitrary: NOTHING }, { weight: oftenOutOfTen, arbitrary })
}

/** One of a list that is not empty; nothing at all if it is. */
export function oneOf(choices: readonly fc.WeightedArbitrary<Args>[]): fc.Arbitrary<Args> {
  return choices.length === 0 ? NOTHING : fc.oneof({ withCrossShrink: true }, ...choices)
}

/** Fields that exist on this database. */
export function fieldsOf({ provider }: World, model: Model): [string, Field][] {
  return Object.entries(model.fields).filter(([, { list }]) => list !== true || provider === 'postgresql')
}

/** Numbers of rows: each tenant has its own, as an id is taken by one row for all tenants. */
export function idsOf({ tenant }: World, model: Model, count: number): number[] {
  const first = isShared(model) || tenant === TENANTS[0] ? 1 : 101
  return Array.from({ length: count }, (_, at) => first + at)
}

/** An id for a new row. */
export function newId(world: World, model: Model): fc.Arbitrary<number> {
  const ids = idsOf(world, model, 14)
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ids.slice(3)) },
    { weight: 1, arbitrary: fc.constantFrom(...ids.slice(0, 3)) },
  )
}

/** An id of a tenant's own row, which may be there. */
export function ownId(world: World, model: Model): fc.Arbitrary<number> {
  const [first = 1, ...others] = idsOf(world, model, 3)
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(first) },
    { weight: 4, arbitrary: fc.constantFrom(...others) },
    { weight: 1, arbitrary: newId(world, model) },
  )
}

/** An id of another tenant's row, which may be there; undefined where there is none such. */
export function otherId(world: World, model: Model): fc.Arbitrary<number> | undefined {
  if (!world.two || isShared(model) || model.key !== undefined || model.fixed === true) return undefined
  const others = TENANTS.filter((tenant) => tenant !== world.tenant)
  return fc.constantFrom(...others.flatMap((tenant) => idsOf({ ...world, tenant }, model, 3)))
}

/** An id to look for: at times another tenant's. */
export function anyId(world: World, model: Model): fc.Arbitrary<number> {
  const own = ownId(world, model)
  const other = otherId(world, model)
  return other === undefined ? own : fc.oneof({ weight: 7, arbitrary: own }, { weight: 1, arbitrary: other })
}

/** A tenant's id to look for. */
export function anyFirm({ tenant, two }: World): fc.Arbitrary<string> {
  const own = fc.constant<string>(tenant)
  return two
    ? fc.oneof({ weight: 9, arbitrary: own }, { weight: 1, arbitrary: fc.constantFrom<string>(...TENANTS) })
    : own
}

/** Values of a field, null not among them. */
export function anyValue({ tenant }: World, field: Field): fc.Arbitrary<unknown> {
  return fc.constantFrom(...valuesOf(field, `${tenant} `))
}

/** The column that says whose a row is, if it is the model's own. */
export function tenantColumn({ tenant }: Model): string | undefined {
  return Array.isArray(tenant) && tenant.length === 1 ? tenant[0] : undefined
}

/** To-one relations whose foreign key the tenant column is part of: fieldseal lets them be connected and no more. */
export function holdsTenant(model: Model, relation: Relation): boolean {
  const column = tenantColumn(model)
  return column !== undefined && relation.fields?.includes(column) === true
}

/** Whether rows on both ends of a relation have the same tenant because one takes it from the other along it. */
export function isInherited(parent: Model, name: string, relation: Relation): boolean {
  const child = modelNamed(relation.model)
  const [parentPath, childPath] = [parent.tenant, child.tenant]
  if (!Array.isArray(parentPath) || !Array.isArray(childPath)) return false
  const same = (one: readonly string[], other: readonly string[]) => one.join('.') === other.join('.')
  if (same(childPath, [relation.inverse, ...parentPath]) || same(parentPath, [name, ...childPath])) return true
  const back = child.relations[relation.inverse]
  const column = tenantColumn(child)
  const referred = column === undefined ? undefined : back?.references?.[back.fields?.indexOf(column) ?? -1]
  return referred !== undefined && referred === tenantColumn(parent)
}

/** An order in which no two rows are equal. */
export function keyOrder(model: Model, direction: 'asc' | 'desc'): Args[] {
  return keyOf(model).map((name) => ({ [name]: direction }))
}

/** A number of a key of several columns: as a rule that of the first row. */
export function smallNumber(): fc.Arbitrary<number> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 3, arbitrary: fc.constantFrom(2, 3) })
}

/** One to three of a list, in its order. */
export function someOf<T>(choices: readonly T[], most = 3): fc.Arbitrary<T[]> {
  return fc.subarray([...choices], { minLength: 1, maxLength: Math.min(most, choices.length) })
}
