import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { isShared, type Model, modelNamed, type Relation, relationOf } from '../models.js'
import { change, newRow, newRowList } from './data.js'
import { unique } from './unique.js'
import { broad, condition } from './where.js'
import { isInherited, joined, NOTHING, once, oneOf, ownId, sometimes, type World } from './world.js'

type Verbs = { readonly [verb: string]: fc.Arbitrary<unknown> }

/** Verbs that fail often, or that few relations have, are tried more. */
const WEIGHTS: { readonly [verb: string]: number } = {
  set: 12,
  disconnect: 5,
  delete: 8,
  deleteMany: 3,
  update: 4,
  updateMany: 3,
  upsert: 3,
  connectOrCreate: 3,
  connect: 3,
}

/** One relation in the data of a create or update, with one verb or two. */
export function nestedWrites(
  world: World,
  model: Model,
  name: string,
  outer: 'create' | 'update',
  depth: number,
): fc.Arbitrary<Args> {
  return once(world, `nested ${model.name}.${name} ${outer} ${depth}`, () => {
    const relation = relationOf(model, name)
    const one = Object.entries(nestedVerbs(world, model, name, outer, depth)).map(([verb, operand]) => ({
      weight: WEIGHTS[verb] ?? 1,
      arbitrary: operand.map((given): Args => ({ [verb]: given })),
    }))
    const written = oneOf(one)
    const two = relation.many === true && outer === 'update' ? sometimes(written, 1) : NOTHING
    return joined(two, written).map((given) => ({ [name]: given }))
  })
}

/** How rows are named in nested writes: by a key, or a filter. */
interface Naming {
  readonly wanted: (child: Model) => fc.Arbitrary<Args>
  readonly found: (child: Model, scalars: boolean) => fc.Arbitrary<Args>
}

function usual(world: World): Naming {
  return {
    wanted: (child) => unique(world, child),
    found: (child, scalars) => condition(world, child, { depth: 1, scalars }),
  }
}

/** Rows that are there as a rule, under filters that say much and let most rows pass. */
export function broadly(world: World): Naming {
  return {
    wanted: (child) => joined(rowThere(world, child), broad(world, child)),
    found: (child, scalars) => broad(world, child, scalars),
  }
}

/** The key of a row that is there as a rule. */
export function rowThere(world: World, model: Model): fc.Arbitrary<Args> {
  if (model.fixed === true) return fc.constant({ id: world.tenant })
  const anyKey = unique(world, model, 0)
  if (model.key !== undefined) return anyKey
  const byId = ownId(world, model).map((id): Args => ({ id }))
  return fc.oneof({ weight: 4, arbitrary: byId }, { weight: 1, arbitrary: anyKey })
}

/** What may be said of a relation in data: operands by verb. */
export function nestedVerbs(
  world: World,
  model: Model,
  name: string,
  outer: 'create' | 'update',
  depth: number,
  naming = usual(world),
): Verbs {
  const relation = relationOf(model, name)
  return relation.many === true
    ? manyVerbs(world, model, name, outer, Math.max(depth, 0), naming)
    : oneVerbs(world, relation, outer, Math.max(depth, 0), naming)
}

/** With two tenants a model that both know is linked, but not changed from below another one. */
function linksOnly(world: World, child: Model): boolean {
  return world.two && isShared(child)
}

function manyVerbs(
  world: World,
  model: Model,
  name: string,
  outer: 'create' | 'update',
  depth: number,
  naming: Naming,
): Verbs {
  const relation = relationOf(model, name)
  const child = modelNamed(relation.model)
  const back = child.relations[relation.inverse]
  const via = relation.inverse
  const create = newRow(world, child, { depth, via })
  const wanted = naming.wanted(child)
  const several = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 2 }) })
  const linking: Verbs = { connect: several(wanted) }
  const inherits = isInherited(model, name, relation)
  const isScopedByColumn = isShared(child) || inherits || (Array.isArray(child.tenant) && child.tenant.length === 1)
  const isLoose = back?.many === true || back?.optional === true
  const unlinking: Verbs = isLoose
    ? { disconnect: several(wanted), ...(isShared(child) || inherits ? { set: several(wanted) } : {}) }
    : {}
  if (linksOnly(world, child)) return outer === 'create' ? linking : { ...linking, ...unlinking }
  const creating: Verbs = {
    ...linking,
    create: fc.oneof(
      { weight: 3, arbitrary: create },
      { weight: 1, arbitrary: newRowList(world, child, { depth, via }) },
    ),
    ...(back?.many !== true && isScopedByColumn ? { createMany: createMany(world, child, via) } : {}),
    connectOrCreate: several(fc.record({ where: wanted, create })),
  }
  if (outer === 'create') return creating
  const found = naming.found(child, true)
  const update = change(world, child, { depth, via })
  return {
    ...creating,
    ...unlinking,
    delete: several(wanted),
    update: several(fc.record({ where: wanted, data: update })),
    upsert: several(fc.record({ where: wanted, create, update })),
    ...(isScopedByColumn
      ? {
          deleteMany: several(found),
          updateMany: several(fc.record({ where: found, data: change(world, child, { many: true, depth: 0, via }) })),
        }
      : {}),
  }
}

function createMany(world: World, child: Model, via: string): fc.Arbitrary<unknown> {
  const row = newRow(world, child, { many: true, depth: 0, via })
  const data = fc.oneof(row, fc.array(row, { minLength: 1, maxLength: 2 }))
  if (world.provider === 'sqlite') return fc.record({ data })
  return fc.record({ data, skipDuplicates: fc.boolean() }, { requiredKeys: ['data'] })
}

function oneVerbs(world: World, relation: Relation, outer: 'create' | 'update', depth: number, naming: Naming): Verbs {
  const child = modelNamed(relation.model)
  const via = relation.inverse
  const wanted = naming.wanted(child)
  const linking: Verbs = { connect: wanted }
  const unlinking: Verbs = relation.optional === true ? { disconnect: yesOr(naming, child) } : {}
  if (linksOnly(world, child)) return outer === 'create' ? linking : { ...linking, ...unlinking }
  // On the lowest level rows are linked only: else there was no lowest.
  if (depth === 0 && outer === 'create') return linking
  const create = newRow(world, child, { depth: 0, via })
  const creating: Verbs = { ...linking, create, connectOrCreate: fc.record({ where: wanted, create }) }
  if (outer === 'create') return creating
  const data = change(world, child, { depth, via })
  const found = naming.found(child, false)
  // Along the row's own foreign key Prisma looks for the columns of such a filter in the wrong table.
  const upsert =
    relation.fields === undefined
      ? fc.record({ create, update: data, where: found }, { requiredKeys: ['create', 'update'] })
      : fc.record({ create, update: data })
  return {
    ...creating,
    ...unlinking,
    update: fc.oneof(data, fc.record({ where: found, data }), fc.record({ data })),
    ...(takesUpsert(world, relation) ? { upsert } : {}),
    ...(relation.optional === true ? { delete: yesOr(naming, child) } : {}),
  }
}

/** On MySQL the wall of such an upsert is a condition along a self-relation, which Prisma cannot say there. */
function takesUpsert({ provider }: World, { model, inverse }: Relation): boolean {
  const other = modelNamed(model)
  return provider !== 'mysql' || isShared(other) || other.relations[inverse]?.model !== model
}

function yesOr(naming: Naming, child: Model): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: naming.found(child, false) })
}
