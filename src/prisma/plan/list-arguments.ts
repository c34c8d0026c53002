import type { RelationFieldPolicy } from '../../policy/policy.js'
import { requireIndex } from './index-choice.js'
import { ARGUMENTS, type ArgumentName } from './operators.js'
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
  tenantFor,
} from './planning.js'
import { fieldOf, type ModelShape } from './shape.js'
import { andFilters, inheritsTenant, isTenantValue, nowhere, tenantValue } from './wall.js'
import { isScopedByTag, planWhere } from './where.js'

/**
 * Plans `orderBy`, `cursor` and `distinct`: arguments of lists, top-level or nested.
 * @param where the list's filter, planned; undefined for none.
 */
export function planListArguments(
  planning: Planning,
  shape: ModelShape,
  { where: _, ...args }: Arguments,
  where: Arguments | undefined,
): Arguments {
  const out: Arguments = where === undefined ? { ...args } : { ...args, where }
  for (const order of listOf(args.orderBy)) requirePlainOrder(planning, shape, order)
  if (isGiven(args.cursor)) planCursor(planning, shape, args.cursor, out)
  if (isGiven(args.distinct)) {
    out.distinct = mapOneOrMany(args.distinct, (name) => comparedColumn(planning, shape, name, 'distinct'))
  }
  return out
}

/**
 * A cursor by its indexes, on the context's tenant: from another one's row the list would begin at that row's place, and
 * so tell it. Prisma takes columns of the model beside a cursor, but no filter.
 */
function planCursor(planning: Planning, shape: ModelShape, given: unknown, out: Arguments): void {
  const unique = byUnique(planning, shape)
  const plan = (): Arguments => planWhere(unique, shape, given)
  const cursor = plan()
  out.cursor = cursor
  const rule = shape.policy.tenant
  if (rule.kind === 'none') return
  tenantFor(planning, shape)
  if (rule.kind === 'context') {
    if (isScopedByTag(unique, shape, given)) return
    throw refuse(
      planning,
      shape.name,
      undefined,
      'the model has no tenant column, so whose row the cursor is cannot be told',
      'Use a field with a tenant-scoped, unique blind index as the cursor, or give the model a tenant column',
    )
  }
  const list = isArguments(out.where) ? out.where : {}
  const [column = '', ...rest] = rule.path
  if (rest.length > 0) {
    out.where = list
    planning.probes.push({ shape, where: plan(), path: rule.path, list })
    return
  }
  if (isGiven(cursor[column]) && !isTenantValue(planning, shape, column, cursor[column])) {
    out.where = andFilters(list, nowhere(shape))
  }
  cursor[column] = tenantValue(planning, shape, column)
}

/**
 * The column that stands for a field in an argument that compares what is stored: the field itself, or, for an encrypted
 * one, the column of an index whose tags are equal exactly when values are.
 * @throws UnsupportedOperationError if there is none, or the argument cannot use encrypted fields.
 */
export function comparedColumn(
  planning: Planning,
  shape: ModelShape,
  name: unknown,
  argument: ArgumentName,
  what: string = argument,
): unknown {
  if (typeof name !== 'string') return name
  if (shape.sealed.has(name) && ARGUMENTS[argument].support === 'exact index') {
    return requireIndex(planning, shape, name, { exactly: true }, what).index.column
  }
  requirePlain(planning, shape, name, argument, what)
  return name
}

/** Refuses an encrypted field, or an index column, where its stored bytes would be compared. */
export function requirePlain(
  planning: Planning,
  shape: ModelShape,
  name: unknown,
  argument: ArgumentName,
  what: string = argument,
): void {
  if (typeof name !== 'string') return
  if (shape.indexes.has(name)) {
    throw refuse(planning, shape.name, name, `${what} cannot use the column of a blind index`, 'Name its field')
  }
  if (!shape.sealed.has(name)) return
  const rule = ARGUMENTS[argument]
  throw refuse(
    planning,
    shape.name,
    name,
    `${what} cannot use an encrypted field`,
    'note' in rule ? rule.note : 'Do it in memory after the query',
  )
}

/** Refuses to sort by cells or tags, at any depth. */
export function requirePlainOrder(planning: Planning, shape: ModelShape, order: unknown): void {
  if (!isArguments(order)) return
  for (const [key, value] of Object.entries(order)) {
    const field = fieldOf(shape, key)
    if (!isGiven(value)) continue
    if (field?.kind === 'relation') requireOrderedRelation(planning, shape, field, value)
    else if (key === '_relevance') {
      const relevance = requireArguments(planning, shape.name, undefined, value)
      for (const name of listOf(relevance.fields)) requirePlain(planning, shape, name, 'orderBy')
    } else requirePlain(planning, shape, key, 'orderBy')
  }
}

function requireOrderedRelation(
  planning: Planning,
  shape: ModelShape,
  relation: RelationFieldPolicy,
  order: unknown,
): void {
  const child = shapeOf(planning, relation.model)
  if (relation.list && child.policy.tenant.kind !== 'none' && !inheritsTenant(shape, relation, child)) {
    throw refuse(
      planning,
      shape.name,
      relation.name,
      'orderBy would count rows of other tenants',
      'Select _count and sort in memory',
    )
  }
  requirePlainOrder(planning, child, order)
}
