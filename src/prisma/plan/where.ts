import { ReservedFieldError } from '../../errors/index.js'
import type { RelationFieldPolicy } from '../../policy/policy.js'
import { requirePlainReferences } from './field-reference.js'
import {
  asksOnlyForNull,
  demandedIndex,
  type EncryptedFilter,
  equalityOf,
  planTagFilter,
  readEncryptedFilter,
  tagTenant,
} from './filter.js'
import { foldsCase } from './index-choice.js'
import { COMBINATIONS, QUANTIFIERS } from './operators.js'
import {
  type Arguments,
  isArguments,
  isGiven,
  listOf,
  mapOneOrMany,
  type Planning,
  refuse,
  requireArguments,
  shapeOf,
  tenantFor,
  within,
} from './planning.js'
import { type AnsweringIndex, fieldOf, type ModelShape } from './shape.js'
import { andFilters, inheritsTenant, nowhere, wallOf } from './wall.js'

/**
 * A Where or WhereUnique with encrypted fields replaced by their indexes, but without the model's own wall.
 */
export function planWhere(planning: Planning, shape: ModelShape, given: unknown): Arguments {
  const where = requireArguments(planning, shape.name, undefined, given)
  const out: Arguments = {}
  const encrypted: EncryptedFilter[] = []
  const also: Arguments[] = []
  for (const [key, value] of Object.entries(where)) {
    const field = fieldOf(shape, key)
    const sealed = shape.sealed.get(key)
    if (!isGiven(value)) out[key] = value
    else if (Object.hasOwn(COMBINATIONS, key)) {
      const negates = COMBINATIONS[key]?.support === 'exact index'
      const inside = within(planning, negates || planning.negated)
      out[key] = mapOneOrMany(value, (one) => planWhere(inside, shape, one))
    } else if (sealed !== undefined) encrypted.push(readEncryptedFilter(planning, sealed, value))
    else if (field?.kind === 'relation') planRelationFilter(planning, shape, field, value, out, also)
    else if (field !== undefined) out[key] = planPlainFilter(planning, shape, key, value)
    else if (shape.uniqueNames.has(key)) planCompoundUnique(planning, shape, key, value, out)
    else
      throw refuse(
        planning,
        shape.name,
        key,
        'the policy has no such field',
        'Correct the name, or run prisma generate',
      )
  }
  planEncryptedFilters(planning, shape, encrypted, out)
  return andFilters(out, ...also)
}

/**
 * A Where whose rows are the context's tenant's.
 * @param inherited the rows are reached from a row of the tenant, and are the tenant's for that reason.
 */
export function planWalledWhere(planning: Planning, shape: ModelShape, given: unknown, inherited = false): Arguments {
  const where = planWhere(planning, shape, isGiven(given) ? given : {})
  if (shape.policy.tenant.kind === 'none' || inherited) return where
  tenantFor(planning, shape)
  if (shape.policy.tenant.kind === 'path') return andFilters(where, wallOf(planning, shape))
  if (isScopedByTag(planning, shape, given)) return where
  throw refuse(
    planning,
    shape.name,
    undefined,
    'the model has no tenant column, so its rows cannot be told from other tenants’',
    'Filter by equals or in on a field with a tenant-scoped blind index, or give the model a tenant column',
  )
}

/** Whether the filter itself lets only rows of the tenant pass, since tags are keyed by tenant. */
export function isScopedByTag(planning: Planning, shape: ModelShape, given: unknown): boolean {
  if (!isArguments(given)) return false
  return (
    Object.entries(given).some(([key, value]) => {
      const sealed = shape.sealed.get(key)
      if (sealed === undefined || !isGiven(value)) return false
      const filter = readEncryptedFilter(planning, sealed, value)
      return demandedIndex(planning, shape, filter)?.index.scope === 'tenant'
    }) || listOf(given.AND).some((one) => isScopedByTag(planning, shape, one))
  )
}

/** The encrypted fields whose equality through a global index a filter demands at its top. */
export function globalLookups(planning: Planning, shape: ModelShape, given: unknown): string[] {
  if (!isArguments(given)) return []
  return Object.entries(given).flatMap(([key, value]) => {
    const sealed = shape.sealed.get(key)
    if (sealed === undefined || !isGiven(value)) return []
    const filter = readEncryptedFilter(planning, sealed, value)
    if (equalityOf(filter) === undefined) return []
    return demandedIndex(planning, shape, filter)?.index.scope === 'global' ? [key] : []
  })
}

function planPlainFilter(planning: Planning, shape: ModelShape, key: string, value: unknown): unknown {
  const index = shape.indexes.get(key)
  if (index !== undefined) {
    throw new ReservedFieldError(index.index.parts.map((part) => part.field).join(', '), {
      model: shape.name,
      field: key,
      operation: planning.operation,
    })
  }
  requirePlainReferences(planning, shape, key, value)
  return value
}

function planEncryptedFilters(
  planning: Planning,
  shape: ModelShape,
  filters: readonly EncryptedFilter[],
  out: Arguments,
): void {
  const open = new Map(filters.map((filter) => [filter.field.field, filter]))
  for (const answering of shape.compound) {
    const { column, parts } = answering.index
    const isNeeded =
      planning.preferred?.has(column) === true || parts.some(({ field }) => !shape.fieldIndexes.has(field))
    if (isNeeded) planCompoundTag(planning, shape, answering, open, out)
  }
  for (const [name, filter] of open) {
    if (asksOnlyForNull(filter)) out[name] = filter.given
    else planTagFilter(planning, shape, filter, out)
  }
}

/** One tag in place of equalities on all of the index's fields, which are then taken out of `open`. */
function planCompoundTag(
  planning: Planning,
  shape: ModelShape,
  { index }: AnsweringIndex,
  open: Map<string, EncryptedFilter>,
  out: Arguments,
): void {
  const fields = index.parts.map(({ field }) => field)
  const values = fields.flatMap((field) => {
    const filter = open.get(field)
    const equality = filter === undefined ? undefined : equalityOf(filter)
    return equality === undefined || (filter?.insensitive && !foldsCase(index, field)) ? [] : [equality.value]
  })
  if (values.length < fields.length) return
  if (planning.negated === true) {
    throw refuse(
      planning,
      shape.name,
      index.column,
      'a compound index cannot answer a negation, as its tag is null where any of its fields is',
      'Filter in memory after the query',
    )
  }
  const item = { index, tenant: tagTenant(planning, shape, index.scope), values }
  out[index.column] = null
  planning.tags.push({ item, holder: out, key: index.column })
  planning.lookups?.push({ fields, item })
  for (const field of fields) open.delete(field)
}

/** `firmId_ssnIndex: { firmId, ssn }`, also under its name by source fields, `firmId_ssn`. */
function planCompoundUnique(planning: Planning, shape: ModelShape, name: string, given: unknown, out: Arguments): void {
  const group = shape.uniqueNames.get(name)
  if (group === undefined) return
  const inside = { ...planning, preferred: new Set(group.fields) }
  out[group.name] = planWhere(inside, shape, requireArguments(planning, shape.name, name, given))
}

function planRelationFilter(
  planning: Planning,
  shape: ModelShape,
  relation: RelationFieldPolicy,
  given: unknown,
  out: Arguments,
  also: Arguments[],
): void {
  if (given === null) {
    out[relation.name] = null
    return
  }
  const child = shapeOf(planning, relation.model)
  const inherited = inheritsTenant(shape, relation, child)
  const outside = within(planning)
  const walled = (where: unknown, inside = outside): Arguments => planWalledWhere(inside, child, where, inherited)
  const filter = requireArguments(planning, shape.name, relation.name, given)
  if (!Object.values(filter).some(isGiven)) {
    // Prisma passes over it: a wall would make a condition of it.
    out[relation.name] = filter
    return
  }
  const isWrapped = relation.list || 'is' in filter || 'isNot' in filter
  if (!isWrapped) {
    out[relation.name] = walled(filter)
    return
  }
  const planned: Arguments = {}
  for (const [quantifier, where] of Object.entries(filter)) {
    const rule = Object.hasOwn(QUANTIFIERS, quantifier) ? QUANTIFIERS[quantifier] : undefined
    const inside = within(planning, rule?.support === 'exact index' || planning.negated)
    if (where === null || !isGiven(where)) planned[quantifier] = where
    else if (quantifier === 'every' && child.policy.tenant.kind !== 'none' && !inherited) {
      // "Every" of a tenant's rows: none of them fails. Other tenants' rows must neither pass nor fail.
      const failing = planWhere(inside, child, where)
      const none = { none: andFilters({ NOT: failing }, requireWall(planning, child)) }
      also.push(isUnconditional(failing) ? { NOT: nowhere(shape) } : { [relation.name]: none })
    } else if (rule !== undefined) planned[quantifier] = walled(where, inside)
    else
      throw refuse(
        planning,
        shape.name,
        relation.name,
        `the relation filter ${quantifier} is not known`,
        'Use some, every, none, is or isNot',
      )
  }
  if (Object.keys(planned).length > 0) out[relation.name] = planned
}

/** Whether Prisma takes a filter for none at all, in which case it ignores a NOT around it. */
function isUnconditional(where: unknown): boolean {
  if (!isArguments(where)) return false
  return Object.entries(where).every(([key, value]) => {
    if (!isGiven(value)) return true
    if (key === 'AND' || key === 'NOT') return listOf(value).every(isUnconditional)
    return isArguments(value) && !Object.values(value).some(isGiven)
  })
}

function requireWall(planning: Planning, shape: ModelShape): Arguments {
  const wall = wallOf(planning, shape)
  if (wall !== undefined) return wall
  throw refuse(
    planning,
    shape.name,
    undefined,
    'every cannot be asked of a model without a tenant column',
    'Use some or none with an indexed field',
  )
}
