import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { isShared, type Model, modelNamed } from '../models.js'
import { eitherFields } from '../sides.js'
import type { Step } from '../step.js'
import { equality } from './conditions.js'
import { change, newRow } from './data.js'
import { groupBy } from './group-by.js'
import { listArguments, selection } from './selection.js'
import { sealedKeys, unique } from './unique.js'
import { condition, where } from './where.js'
import { fieldsOf, joined, NOTHING, oneOf, someOf, sometimes, type World } from './world.js'

/** Arguments of an operation, by its name; `undefined` where it cannot be made on this model or database. */
type Operations = { readonly [operation: string]: (world: World, model: Model) => fc.Arbitrary<Args> | undefined }

const filter = (world: World, model: Model, depth = 2) =>
  scoped(
    world,
    model,
    fc.oneof(
      { weight: 1, arbitrary: where(world, model, { depth }) },
      { weight: 2, arbitrary: condition(world, model, { depth: 1 }) },
    ),
  ).map((given): Args => ({ where: given }))
const oneRow = (world: World, model: Model) =>
  (model.tenant === 'context'
    ? joined(unique(world, model), oneOf(sealedKeys(world, model)))
    : unique(world, model)
  ).map((given): Args => ({ where: given }))
const returned = (world: World, model: Model) => sometimes(selection(world, model, 0), 6)
const data = (arbitrary: fc.Arbitrary<unknown>) => arbitrary.map((given): Args => ({ data: given }))
const rowsTogether = (world: World, model: Model) =>
  fc.array(newRow(world, model, { many: true, depth: 0 }), { minLength: 1, maxLength: 3 })

const READS: Operations = {
  findUnique: (world, model) => joined(oneRow(world, model), selection(world, model)),
  findUniqueOrThrow: (world, model) => joined(oneRow(world, model), selection(world, model, 0)),
  findFirst: (world, model) =>
    joined(listArguments(world, model, { where: false }), filter(world, model), selection(world, model)),
  findFirstOrThrow: (world, model) =>
    joined(listArguments(world, model, { where: false }), filter(world, model), selection(world, model, 0)),
  findMany: (world, model) =>
    joined(listArguments(world, model, { where: false }), often(world, model), selection(world, model)),
  count: (world, model) => joined(often(world, model), sometimes(countedFields(world, model), 3)),
  aggregate: (world, model) => joined(filter(world, model), aggregates(world, model)),
  groupBy: (world, model) => (model.tenant === 'context' ? undefined : groupBy(world, model)),
}

const WRITES: Operations = {
  create: (world, model) => joined(data(newRow(world, model, { depth: 2 })), returned(world, model)),
  createMany: (world, model) =>
    takesScalarsAlone(model) ? joined(data(rowsTogether(world, model)), skipping(world)) : undefined,
  createManyAndReturn: (world, model) =>
    takesScalarsAlone(model) && world.provider !== 'mysql'
      ? joined(data(rowsTogether(world, model)), skipping(world))
      : undefined,
  update: (world, model) =>
    joined(oneRow(world, model), data(change(world, model, { depth: 2 })), returned(world, model)),
  updateMany: (world, model) => joined(filter(world, model), data(change(world, model, { depth: 0, many: true }))),
  updateManyAndReturn: (world, model) =>
    world.provider === 'mysql'
      ? undefined
      : joined(filter(world, model, 1), data(change(world, model, { depth: 0, many: true }))),
  upsert: (world, model) =>
    joined(
      oneRow(world, model).map((given) => withoutShortcut(world, model, given)),
      fc.record({ create: newRow(world, model, { depth: 1 }), update: change(world, model, { depth: 1 }) }),
      returned(world, model),
    ),
  delete: (world, model) => joined(oneRow(world, model), returned(world, model)),
  deleteMany: (world, model) => filter(world, model),
}

/** How often each operation is made. Those with nested writes have the most to cover. */
const WEIGHTS: { readonly [operation: string]: number } = {
  findUnique: 5,
  findUniqueOrThrow: 6,
  findFirst: 7,
  findFirstOrThrow: 6,
  findMany: 6,
  count: 6,
  aggregate: 5,
  groupBy: 12,
  create: 18,
  createMany: 1,
  createManyAndReturn: 1,
  update: 14,
  updateMany: 8,
  updateManyAndReturn: 7,
  upsert: 10,
  delete: 9,
  deleteMany: 6,
}

/** An operation of one tenant on a model. */
export function operation(world: World, model: Model): fc.Arbitrary<Step> {
  const known = Object.entries({ ...READS, ...writesOf(world, model) }).flatMap(([name, make]) => {
    const args = make(world, model)
    return args === undefined ? [] : [{ weight: WEIGHTS[name] ?? 1, arbitrary: stepOf(world, model, name, args) }]
  })
  const [first, ...others] = known
  if (first === undefined) throw new Error(`No operation for ${model.name}`)
  return fc.oneof(first, ...others, ...fluent(world, model))
}

/** An operation as a step of a program. */
export function stepOf({ tenant }: World, model: Model, name: string, args: fc.Arbitrary<Args>): fc.Arbitrary<Step> {
  return args.map((given) => ({ model: model.name, operation: name, args: given, tenant }))
}

function writesOf(world: World, model: Model): Operations {
  if (model.fixed === true) {
    const own = fc.constant({ where: { id: world.tenant } })
    return { update: () => joined(own, data(change(world, model, { depth: 2 })), returned(world, model)) }
  }
  return world.two && isShared(model) ? sharedWrites(world, model) : WRITES
}

/**
 * Prisma makes one statement of an upsert where it can, and then gives null, against its types, for a row that further
 * conditions leave out. A filter by tenant makes it take the long way, as the wall does for the encrypted client.
 */
function withoutShortcut({ tenant }: World, model: Model, args: Args): Args {
  if (!Array.isArray(model.tenant)) return args
  const own = model.tenant.reduceRight<unknown>((inner, name) => ({ [name]: inner }), tenant)
  const { AND, ...others } = Object(args.where)
  const conditions = AND === undefined ? [] : [AND].flat()
  const both = eitherFields('wall', AND === undefined ? {} : { AND }, { AND: [own, ...conditions] })
  return { where: { ...others, ...both } }
}

/** A filter, and at times none where none is needed. */
function often(world: World, model: Model): fc.Arbitrary<Args> {
  return model.tenant === 'context' ? filter(world, model) : sometimes(filter(world, model), 9)
}

/** Only a tag tells the rows of a model without a tenant column apart. */
function scoped(world: World, model: Model, found: fc.Arbitrary<Args>): fc.Arbitrary<Args> {
  if (model.tenant !== 'context') return found
  const secrets = Object.entries(model.fields).filter(([, { index }]) => index !== undefined)
  return joined(found, ...secrets.map(([name, field]) => equality(world, name, field)))
}

/** Writes that are made in the plain database of each tenant: their filters must not depend on tenants' rows. */
function sharedWrites(world: World, model: Model): Operations {
  const found = where(world, model, { depth: 1, scalars: true }).map((given): Args => ({ where: given }))
  const key = unique(world, model, 0).map((given): Args => ({ where: given }))
  return {
    ...WRITES,
    update: () => joined(key, data(change(world, model, { depth: 1 })), returned(world, model)),
    upsert: () =>
      joined(
        key,
        fc.record({ create: newRow(world, model, { depth: 0 }), update: change(world, model, { depth: 0 }) }),
        returned(world, model),
      ),
    updateMany: () => joined(found, data(change(world, model, { depth: 0, many: true }))),
    updateManyAndReturn: () =>
      world.provider === 'mysql' ? undefined : joined(found, data(change(world, model, { depth: 0, many: true }))),
    delete: () => key,
    deleteMany: () => found,
  }
}

/** Whether rows can be written together: not where a related row says whose they are. */
export function takesScalarsAlone({ tenant }: Model): boolean {
  return !Array.isArray(tenant) || tenant.length === 1
}

function skipping({ provider }: World): fc.Arbitrary<Args> {
  return provider === 'sqlite' ? NOTHING : sometimes(fc.constant({ skipDuplicates: true }), 3)
}

function countedFields(world: World, model: Model): fc.Arbitrary<Args> {
  return someOf(['_all', ...fieldsOf(world, model).map(([name]) => name)]).map((names) => ({
    select: Object.fromEntries(names.map((name) => [name, true])),
  }))
}

function aggregates(world: World, model: Model): fc.Arbitrary<Args> {
  const numbers = Object.entries(model.fields)
    .filter(([, { type, encrypted }]) => type === 'Int' && encrypted !== true)
    .map(([name]) => name)
  const bounds =
    numbers.length === 0
      ? NOTHING
      : fc.constantFrom(...numbers).map((name): Args => ({ _min: { [name]: true }, _max: { [name]: true } }))
  return joined(
    bounds,
    countedFields(world, model).map(({ select }) => ({ _count: select })),
  )
}

/** `client.findUnique(…).notes(…)`. */
function fluent(world: World, model: Model): fc.WeightedArbitrary<Step>[] {
  const relations = Object.entries(model.relations)
  const steps = relations.map(([name, relation]) => {
    const child = modelNamed(relation.model)
    const args =
      relation.many === true
        ? joined(listArguments(world, child, { where: true }), selection(world, child, 0))
        : selection(world, child, 0)
    return fc.tuple(unique(world, model), args).map(
      ([found, given]): Step => ({
        model: model.name,
        operation: 'findUnique',
        args: { where: found },
        tenant: world.tenant,
        fluent: [{ relation: name, args: given }],
      }),
    )
  })
  return steps.length === 0 ? [] : [{ weight: 2, arbitrary: fc.oneof(...steps) }]
}
