import type { RelationFieldPolicy } from '../../policy/policy.js'
import type { Link } from './link.js'
import { type Arguments, isArguments, isGiven, type Planning, refuse, shapeOf, tenantFor } from './planning.js'
import { fieldOf, inverseOf, type ModelShape } from './shape.js'

/**
 * Notes the rows of models with tenants that a planned row names by the scalars of its foreign keys. `connect` carries
 * the wall, a scalar cannot: whose row it names is looked at before the write.
 * @param link the row that a new row is nested in: Prisma itself fills the foreign key to it.
 */
export function planReferences(
  planning: Planning,
  shape: ModelShape,
  out: Arguments,
  verb: 'create' | 'update',
  link?: Link,
): void {
  for (const relation of shape.relations) {
    const values = relation.fromFields.map((field) => settingOf(out[field]))
    if (!namesRow(shape, relation, values, verb)) continue
    if (isGiven(out[relation.name]) || isAlong(link, relation, shape)) continue
    const target = shapeOf(planning, relation.model)
    const rule = target.policy.tenant
    if (rule.kind === 'none' || sharesTenantColumn(shape, relation, target)) continue
    tenantFor(planning, target)
    if (rule.kind === 'context' || values.some((value) => value === undefined || isArguments(value))) {
      throw refuse(
        planning,
        shape.name,
        relation.fromFields.join(', '),
        `whose ${target.name} it names cannot be told`,
        rule.kind === 'context' ? `Write ${relation.name}: { connect: … }` : `Set ${relation.fromFields.join(' and ')}`,
      )
    }
    const key = Object.fromEntries(relation.toFields.map((field, at) => [field, values[at]]))
    planning.references.push({ shape, relation, target, key, path: rule.path })
  }
}

/** Whether a foreign key of these values, undefined where it is not set, may name a row: with a null in it, it does not. */
function namesRow(
  shape: ModelShape,
  { fromFields }: RelationFieldPolicy,
  values: readonly unknown[],
  verb: 'create' | 'update',
): boolean {
  if (values.includes(null)) return false
  if (verb === 'update') return values.some((value) => value !== undefined)
  return (
    values.length > 0 && values.every((value, at) => value !== undefined || hasDefault(shape, fromFields[at] ?? ''))
  )
}

function hasDefault(shape: ModelShape, name: string): boolean {
  const field = fieldOf(shape, name)
  return field?.kind === 'scalar' && field.hasDefault
}

/** Whether the row hangs by this relation on the one it is nested in. */
function isAlong(link: Link | undefined, relation: RelationFieldPolicy, shape: ModelShape): boolean {
  return link !== undefined && inverseOf(link.parent, link.relation, shape) === relation
}

/** The foreign key has the row's own tenant column, and refers to the target's by it: both are the same. */
function sharesTenantColumn(shape: ModelShape, relation: RelationFieldPolicy, target: ModelShape): boolean {
  const [own, theirs] = [shape.policy.tenant, target.policy.tenant]
  if (own.kind !== 'path' || theirs.kind !== 'path' || own.path.length > 1 || theirs.path.length > 1) return false
  const at = relation.fromFields.indexOf(own.path[0] ?? '')
  return at !== -1 && relation.toFields[at] === theirs.path[0]
}

/** The value that a scalar is set to; undefined if it is not. */
function settingOf(given: unknown): unknown {
  const value = isArguments(given) && 'set' in given ? given.set : given
  return isGiven(value) ? value : undefined
}
