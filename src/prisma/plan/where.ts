import { ReservedFieldError } from '../../errors/index.js'
import type { RelationFieldPolicy } from '../../policy/policy.js'
import {
  asksOnlyForNull,
  demandsTag,
  type EncryptedFilter,
  equalityOf,
  isFieldReference,
  planTagFilter,
  readEncryptedFilter,
  tagTenant,
} from './filter.js'
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
} from './planning.js'
import { fieldOf, type ModelShape } from './shape.js'
import { andFilters, inheritsTenant, wallOf } from './wall.js'

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
    else if (key === 'AND' || key === 'OR' || key === 'NOT') {
      const inside = key === 'NOT' ? { ...planning, negated: true } : planning
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
function isScopedByTag(planning: Planning, shape: ModelShape, given: unknown): boolean {
  if (!isArguments(given)) return false
  return (
    Object.entries(given).some(([key, value]) => {
      const sealed = shape.sealed.get(key)
      if (sealed === undefined || !isGiven(value)) return false
      if (shape.answering.get(key)?.index.scope !== 'tenant') return false
      return demandsTag(readEncryptedFilter(planning, sealed, value))
    }) || listOf(given.AND).some((one) => isScopedByTag(planning, shape, one))
  )
}

/** The encrypted fields whose equality through a global index a filter demands at its top. */
export function globalLookups(planning: Planning, shape: ModelShape, given: unknown): string[] {
  if (!isArguments(given)) return []
  return Object.entries(given).flatMap(([key, value]) => {
    const sealed = shape.sealed.get(key)
    if (sealed === undefined || !isGiven(value)) return []
    if (shape.answering.get(key)?.index.scope !== 'global') return []
    return equalityOf(readEncryptedFilter(planning, sealed, value)) === undefined ? [] : [key]
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

/** Refuses a comparison of a plain field with an encrypted one, however deep in its filter. */
export function requirePlainReferences(planning: Planning, shape: ModelShape, key: string, value: unknown): void {
  if (isArguments(value) || Array.isArray(value)) {
    for (const operand of Object.values(value)) requirePlainReferences(planning, shape, key, operand)
  }
  if (!isFieldReference(value)) return
  const other = planning.schema.get(value.modelName)
  if (!other?.sealed.has(value.name) && !other?.indexes.has(value.name)) return
  throw refuse(
    planning,
    shape.name,
    key,
    `${value.modelName}.${value.name} is encrypted and cannot be compared with`,
    'Compare after the query',
  )
}

function planEncryptedFilters(
  planning: Planning,
  shape: ModelShape,
  filters: readonly EncryptedFilter[],
  out: Arguments,
): void {
  const open = new Map(filters.map((filter) => [filter.field.field, filter]))
  for (const [name, filter] of [...open]) {
    const answering = shape.answering.get(name)
    if (asksOnlyForNull(filter)) out[name] = filter.given
    else if (answering !== undefined) planTagFilter(planning, shape, filter, answering, out)
    else continue
    open.delete(name)
  }
  for (const { index } of shape.compound) {
    const values = index.parts.flatMap(({ field }) => {
      const filter = open.get(field)
      const equality = filter === undefined ? undefined : equalityOf(filter)
      return equality === undefined ? [] : [equality.value]
    })
    if (values.length < index.parts.length) continue
    if (planning.negated === true) {
      throw refuse(
        planning,
        shape.name,
        index.column,
        'a compound index cannot answer a negation, as its tag is null where any of its fields is',
        'Filter in memory after the query',
      )
    }
    out[index.column] = null
    planning.tags.push({
      item: { index, tenant: tagTenant(planning, shape, index.scope), values },
      holder: out,
      key: index.column,
    })
    for (const { field } of index.parts) open.delete(field)
  }
  for (const name of open.keys()) {
    throw refuse(
      planning,
      shape.name,
      name,
      'an encrypted field without a blind index can only be compared with null',
      `Add a column with /// @blindIndex(${name}), or filter in memory after the query`,
    )
  }
}

/** `firmId_ssnIndex: { firmId, ssn }`, also under its name by source fields, `firmId_ssn`. */
function planCompoundUnique(planning: Planning, shape: ModelShape, name: string, given: unknown, out: Arguments): void {
  const group = shape.uniqueNames.get(name)
  if (group === undefined) return
  out[group.name] = planWhere(planning, shape, requireArguments(planning, shape.name, name, given))
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
  const walled = (where: unknown, inside = planning): Arguments => planWalledWhere(inside, child, where, inherited)
  const filter = requireArguments(planning, shape.name, relation.name, given)
  const isWrapped = relation.list || 'is' in filter || 'isNot' in filter
  if (!isWrapped) {
    out[relation.name] = walled(filter)
    return
  }
  const planned: Arguments = {}
  for (const [quantifier, where] of Object.entries(filter)) {
    const inside = NEGATIONS.has(quantifier) ? { ...planning, negated: true } : planning
    if (where === null || !isGiven(where)) planned[quantifier] = where
    else if (quantifier === 'every' && child.policy.tenant.kind !== 'none' && !inherited) {
      // "Every" of a tenant's rows: none of them fails. Other tenants' rows must neither pass nor fail.
      const none = { none: andFilters({ NOT: planWhere(inside, child, where) }, requireWall(planning, child)) }
      also.push({ [relation.name]: none })
    } else if (QUANTIFIERS.has(quantifier)) planned[quantifier] = walled(where, inside)
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

const QUANTIFIERS = new Set(['some', 'every', 'none', 'is', 'isNot'])
const NEGATIONS = new Set(['every', 'none', 'isNot'])

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
