import { InvalidTenantError, TenantMismatchError } from '../../errors/index.js'
import type { RelationFieldPolicy, ScalarFieldPolicy } from '../../policy/policy.js'
import { type Arguments, isGiven, listOf, type Planning, refuse, shapeOf, tenantFor } from './planning.js'
import { inverseOf, type ModelShape } from './shape.js'

/** The filter that only rows of the context's tenant pass; `undefined` for models that have no tenant column. */
export function wallOf(planning: Planning, shape: ModelShape): Arguments | undefined {
  const rule = shape.policy.tenant
  return rule.kind === 'path' ? pathFilter(planning, shape, rule.path) : undefined
}

/** `{ client: { is: { firmId: tenant } } }` for the path `client.firmId`. */
export function pathFilter(planning: Planning, shape: ModelShape, path: readonly string[]): Arguments {
  const [head = '', ...rest] = path
  const field = shape.policy.fields[head]
  if (field?.kind === 'relation') return { [head]: { is: pathFilter(planning, shapeOf(planning, field.model), rest) } }
  return { [head]: tenantValue(planning, shape, head) }
}

/** The context's tenant as a value of a tenant column. */
export function tenantValue(planning: Planning, shape: ModelShape, column: string): string | number | bigint {
  const tenant = planning.tenant ?? tenantFor(planning, shape)
  const { type } = scalarOf(planning, shape, column)
  if (type === 'String') return tenant
  if (!/^(0|-?[1-9][0-9]*)$/.test(tenant)) {
    throw new InvalidTenantError(`${shape.name}.${column} is ${type}, but the id is not a whole number`, {
      model: shape.name,
    })
  }
  return type === 'BigInt' ? BigInt(tenant) : Number(tenant)
}

/**
 * Refuses a value for a tenant column that is not the context's tenant.
 * @throws TenantMismatchError
 */
export function requireTenantValue(planning: Planning, shape: ModelShape, column: string, value: unknown): void {
  if (isTenantValue(planning, shape, column, value)) return
  throw new TenantMismatchError({
    model: shape.name,
    field: column,
    operation: planning.operation,
    tenant: typeof value === 'string' ? value : String(value),
  })
}

/** Whether a value of a tenant column is the context's tenant. */
export function isTenantValue(planning: Planning, shape: ModelShape, column: string, value: unknown): boolean {
  return (
    value === tenantValue(planning, shape, column) || (typeof value === 'bigint' && String(value) === planning.tenant)
  )
}

/** A filter that no row passes. (Prisma ignores `OR: []` inside AND.) */
export function nowhere({ policy }: ModelShape): Arguments {
  const keys = [policy.primaryKey, ...policy.uniques].flatMap(({ fields }) => fields)
  const column = Object.values(policy.fields).find(
    (field) => field.kind === 'scalar' && field.type !== 'Boolean' && (field.unique || keys.includes(field.name)),
  )
  return { [column?.name ?? '']: { in: [] } }
}

export function scalarOf(planning: Planning, shape: ModelShape, name: string): ScalarFieldPolicy {
  const field = shape.policy.fields[name]
  if (field?.kind === 'scalar') return field
  throw refuse(planning, shape.name, name, 'the policy has no such column', 'Run prisma generate')
}

/**
 * Adds filters that must hold as well, in place: slots point into the planned object. A WhereUnique keeps its unique
 * keys at the top.
 */
export function andFilters(where: Arguments, ...filters: readonly (Arguments | undefined)[]): Arguments {
  const added = filters.filter((filter) => filter !== undefined)
  if (added.length > 0) where.AND = [...added, ...(isGiven(where.AND) ? listOf(where.AND) : [])]
  return where
}

/**
 * Whether rows reached through `relation` from a row of the tenant are the tenant's themselves, because one of the two
 * takes its tenant from the other along this very relation.
 */
export function inheritsTenant(parent: ModelShape, relation: RelationFieldPolicy, child: ModelShape): boolean {
  const parentRule = parent.policy.tenant
  const childRule = child.policy.tenant
  if (parentRule.kind !== 'path' || childRule.kind !== 'path') return false
  const inverse = inverseOf(parent, relation, child)
  return follows(childRule.path, inverse, parentRule.path) || follows(parentRule.path, relation, childRule.path)
}

/** Whether `path` goes along `relation` and then is `rest`. */
export function follows(
  path: readonly string[],
  relation: RelationFieldPolicy | undefined,
  rest: readonly string[],
): boolean {
  const remainder = remainderAlong(path, relation)
  return remainder !== undefined && remainder.length === rest.length && remainder.every((part, i) => part === rest[i])
}

/** What is left of a path after `relation`: also when it begins with the relation's own scalar. */
export function remainderAlong(
  path: readonly string[],
  relation: RelationFieldPolicy | undefined,
): readonly string[] | undefined {
  const [head = '', ...rest] = path
  if (relation === undefined) return undefined
  if (head === relation.name) return rest
  const referred = relation.toFields[relation.fromFields.indexOf(head)]
  return rest.length === 0 && referred !== undefined ? [referred] : undefined
}
