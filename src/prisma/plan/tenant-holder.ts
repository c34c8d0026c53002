import { TenantMismatchError } from '../../errors/index.js'
import type { RelationFieldPolicy } from '../../policy/policy.js'
import { isArguments, isGiven, type Planning, refuse, shapeOf } from './planning.js'
import type { ModelShape } from './shape.js'
import { tenantValue } from './wall.js'

/** Relations whose foreign key has this column. */
export function holdersOf(shape: ModelShape, column: string): RelationFieldPolicy[] {
  return shape.relations.filter(({ fromFields }) => fromFields.includes(column))
}

/**
 * A relation on the tenant column may only be linked to the tenant's own row: one whose referred column is named, or
 * one that is the tenant's because that very column is its tenant column.
 */
export function requireOwnHolder(
  planning: Planning,
  shape: ModelShape,
  relation: RelationFieldPolicy,
  column: string,
  given: unknown,
): void {
  const target = shapeOf(planning, relation.model)
  const referred = relation.toFields[relation.fromFields.indexOf(column)] ?? ''
  const isWalled = target.policy.tenant.kind === 'path' && target.policy.tenant.path.join() === referred
  const verbs = Object.entries(isArguments(given) ? given : {}).filter(([, operand]) => isGiven(operand))
  for (const [verb, operand] of verbs) {
    // A change of the linked row links no other.
    if (verb === 'update') continue
    if (isWalled && (verb === 'connect' || verb === 'connectOrCreate' || verb === 'create')) continue
    const named = verb === 'connect' ? namedBy(target, operand, referred) : undefined
    if (named === undefined) {
      throw refuse(
        planning,
        shape.name,
        relation.name,
        `it sets the tenant of the row, and ${verb} does not say that it is the tenant in context`,
        `Leave it out, or connect a ${target.name} by ${referred}`,
      )
    }
    if (named === tenantValue(planning, shape, column)) continue
    throw new TenantMismatchError({
      model: shape.name,
      field: relation.name,
      operation: planning.operation,
      tenant: String(named),
    })
  }
}

/** The value that a WhereUnique demands of a column, by itself or in a compound key. */
function namedBy(target: ModelShape, where: unknown, column: string): unknown {
  if (!isArguments(where)) return undefined
  if (isGiven(where[column])) return where[column]
  const compounds = Object.entries(where).filter(([name]) => target.uniqueNames.has(name))
  return compounds.flatMap(([, key]): unknown[] => (isArguments(key) && isGiven(key[column]) ? [key[column]] : []))[0]
}
