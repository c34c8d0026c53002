import type { RelationFieldPolicy } from '../../policy/policy.js'
import { isChecked, type Link, type Pin, takesTenantFrom } from './link.js'
import {
  type Arguments,
  byUnique,
  isArguments,
  isGiven,
  listOf,
  mapOneOrMany,
  type Planning,
  refuse,
  requireArguments,
  shapeOf,
} from './planning.js'
import type { ModelShape } from './shape.js'
import { andFilters, inheritsTenant, pathFilter } from './wall.js'
import { planWalledWhere } from './where.js'

/** Plans the data of one row; relations and rows are nested in each other, so each is given the other. */
export interface RowPlanner {
  create(planning: Planning, shape: ModelShape, data: unknown, many: boolean, link: Link): Arguments
  update(planning: Planning, shape: ModelShape, data: unknown, many: boolean, pin: Pin): Arguments
}

/** The write a relation is nested in. */
export interface OuterWrite {
  readonly verb: 'create' | 'update'
  readonly rows: RowPlanner
  /** For the outer row. */
  readonly pin: Pin
}

interface Nested {
  readonly rows: RowPlanner
  readonly planning: Planning
  readonly outer: ModelShape
  readonly relation: RelationFieldPolicy
  readonly child: ModelShape
  readonly link: Link
  /** Rows linked to the outer one are the tenant's for that reason. */
  readonly inherited: boolean
}

/** The verbs of a relation in a create or update: every row below is sealed, walled and kept in the tenant. */
export function planRelationWrite(
  planning: Planning,
  outer: ModelShape,
  relation: RelationFieldPolicy,
  given: unknown,
  write: OuterWrite,
): Arguments {
  const child = shapeOf(planning, relation.model)
  const inherited = write.verb === 'update' && inheritsTenant(outer, relation, child)
  const link: Link = { parent: outer, relation, pin: write.pin }
  const nested: Nested = { rows: write.rows, planning, outer, relation, child, inherited, link }
  const verbs = requireArguments(planning, outer.name, relation.name, given)
  const out: Arguments = {}
  for (const [verb, operand] of Object.entries(verbs)) {
    if (!isGiven(operand)) {
      out[verb] = operand
      continue
    }
    const plan = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (plan === undefined) throw refuseVerb(nested, verb, 'is not known', 'Use a nested write of Prisma')
    out[verb] = plan(nested, operand)
  }
  return out
}

const VERBS: { readonly [verb: string]: ((nested: Nested, operand: unknown) => unknown) | undefined } = {
  create: (nested, operand) => {
    const besideChecked = listOf(operand).some((data) => isArguments(data) && isChecked(nested.child, data))
    const inList = { ...nested, link: { ...nested.link, besideChecked } }
    return mapOneOrMany(operand, (data) => newRow(inList, data, false))
  },
  createMany: (nested, operand) => {
    const args = requireArguments(nested.planning, nested.child.name, undefined, operand)
    return { ...args, data: mapOneOrMany(args.data, (data) => newRow(nested, data, true)) }
  },
  connect: (nested, operand) => mapOneOrMany(operand, (where) => rowToLink(nested, where)),
  connectOrCreate: (nested, operand) =>
    mapOneOrMany(operand, (one) => {
      const args = requireArguments(nested.planning, nested.child.name, undefined, one)
      return { ...args, where: rowToLink(nested, args.where), create: newRow(nested, args.create, false) }
    }),
  set: (nested, operand) => {
    if (nested.child.policy.tenant.kind !== 'none' && !nested.inherited) {
      throw refuseVerb(nested, 'set', 'would also unlink rows of other tenants', 'Use connect and disconnect')
    }
    return mapOneOrMany(operand, (where) => rowToLink(nested, where))
  },
  disconnect: (nested, operand) =>
    typeof operand === 'boolean' ? operand : mapOneOrMany(operand, (where) => linkedRow(nested, where)),
  delete: (nested, operand) => {
    if (typeof operand !== 'boolean') return mapOneOrMany(operand, (where) => linkedRow(nested, where))
    return operand ? linkedRow(nested, {}) : operand
  },
  deleteMany: (nested, operand) => {
    requireScalarWall(nested, 'deleteMany')
    return mapOneOrMany(operand, (where) => linkedRows(nested, where))
  },
  update: (nested, operand) => mapOneOrMany(operand, (one) => change(nested, one)),
  updateMany: (nested, operand) => {
    requireScalarWall(nested, 'updateMany')
    return mapOneOrMany(operand, (one) => {
      const args = requireArguments(nested.planning, nested.child.name, undefined, one)
      return changeWhere(nested, args, true)
    })
  },
  upsert: (nested, operand) =>
    mapOneOrMany(operand, (one) => {
      const args = requireArguments(nested.planning, nested.child.name, undefined, one)
      const { data, where } = changeWhere(nested, { where: args.where, data: args.update }, false)
      const planned = { ...args, update: data, create: newRow(nested, args.create, false) }
      const isFiltered = Object.values(Object(args.where)).some(isGiven)
      if (nested.relation.list || isFiltered) return { ...planned, where }
      if (Object.keys(where).length > 0) demandLinked(nested, where)
      return planned
    }),
}

/** A to-one upsert of which nothing is linked fails in Prisma if it has a filter: the outer row is given it instead. */
function demandLinked(nested: Nested, where: Arguments): void {
  const { relation, link } = nested
  const linked = { [relation.name]: { is: where } }
  if (link.pin(relation.optional ? { OR: [{ [relation.name]: null }, linked] } : linked)) return
  throw refuseVerb(nested, 'upsert', 'cannot be kept to the tenant here', 'Use create, connect or update')
}

function newRow({ rows, planning, child, link }: Nested, data: unknown, many: boolean): Arguments {
  return rows.create(planning, child, data, many, link)
}

/** A row that exists, to be linked: through the wall, and to a parent of the same tenant. */
function rowToLink({ planning, outer, relation, child, link }: Nested, where: unknown): Arguments {
  takesTenantFrom(planning, link, child)
  const walled = planWalledWhere(byUnique(planning, child), child, where)
  if (child.policy.tenant.kind !== 'none' || outer.policy.tenant.kind !== 'path') return walled
  // The parent takes its tenant along this relation from a model without a rule of its own.
  const [head, ...rest] = outer.policy.tenant.path
  return head === relation.name && rest.length > 0 ? andFilters(walled, pathFilter(planning, child, rest)) : walled
}

/** A row linked already: of a list, the one that a WhereUnique names. */
function linkedRow({ planning, relation, child, inherited }: Nested, where: unknown): Arguments {
  return planWalledWhere(relation.list ? byUnique(planning, child) : planning, child, where, inherited)
}

/** Rows linked already that pass a filter. */
function linkedRows({ planning, child, inherited }: Nested, where: unknown): Arguments {
  return planWalledWhere(planning, child, where, inherited)
}

/** Prisma filters a nested updateMany or deleteMany by scalars only: a wall along a relation cannot be said there. */
function requireScalarWall(nested: Nested, verb: string): void {
  const rule = nested.child.policy.tenant
  if (nested.inherited || rule.kind !== 'path' || rule.path.length === 1) return
  throw refuseVerb(
    nested,
    verb,
    `cannot be kept to the tenant: the tenant of ${nested.child.name} is ${rule.path.join('.')}`,
    `Use ${verb} of ${nested.child.name} itself`,
  )
}

/** A nested `update`: `{ where, data }`, or for a to-one relation bare data, which gets a filter if it needs one. */
function change(nested: Nested, one: unknown): Arguments {
  const { planning, child, relation } = nested
  const args = requireArguments(planning, child.name, undefined, one)
  if (relation.list || isWhereAndData(child, args)) return changeWhere(nested, args, false)
  const { where, data } = changeWhere(nested, { data: args }, false)
  return Object.keys(where).length === 0 ? data : { where, data }
}

/** Prisma tells the two forms apart like this: a model may have fields of these names. */
function isWhereAndData(child: ModelShape, args: Arguments): boolean {
  return (
    isArguments(args.data) &&
    !('data' in child.policy.fields) &&
    Object.keys(args).every((key) => key === 'where' || key === 'data')
  )
}

function changeWhere(nested: Nested, args: Arguments, many: boolean): { where: Arguments; data: Arguments } {
  const { rows, planning, child } = nested
  const pins: Arguments[] = []
  const pin: Pin = (filter) => {
    pins.push(filter)
    return true
  }
  const data = rows.update(planning, child, args.data, many, pin)
  const where = many ? linkedRows(nested, args.where) : linkedRow(nested, args.where)
  return { where: andFilters(where, ...pins), data }
}

function refuseVerb({ planning, outer, relation }: Nested, verb: string, reason: string, remedy: string): Error {
  return refuse(planning, outer.name, relation.name, `${verb} ${reason}`, remedy)
}
