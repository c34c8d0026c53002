import type { RelationFieldPolicy } from '../../policy/policy.js'
import { type Arguments, isGiven, type Planning, refuse } from './planning.js'
import { inverseOf, type ModelShape } from './shape.js'
import { inheritsTenant, pathFilter, remainderAlong } from './wall.js'

/** Sees to it that the row being written passes a filter; false if that cannot be had. */
export type Pin = (filter: Arguments) => boolean

/** How a row that is written below another one hangs on it. */
export interface Link {
  readonly parent: ModelShape
  /** The parent's field. */
  readonly relation: RelationFieldPolicy
  /** For the parent. */
  readonly pin: Pin
  /** A row beside it is connected to others by relations: Prisma wants a list of new rows in one form. */
  readonly besideChecked?: boolean
}

/** Whether a new row names others by relations instead of by the scalars of its foreign keys. */
export function isChecked({ relations }: ModelShape, data: Arguments): boolean {
  return relations.some(({ name, fromFields }) => fromFields.length > 0 && isGiven(data[name]))
}

/**
 * Whether a row linked to its parent is the tenant's for that reason; `false` if its tenant comes from elsewhere.
 * @throws UnsupportedOperationError if it comes from the parent, but the parent's own tenant cannot be told.
 */
export function takesTenantFrom(planning: Planning, { parent, relation, pin }: Link, child: ModelShape): boolean {
  const rule = child.policy.tenant
  if (rule.kind !== 'path') return false
  if (inheritsTenant(parent, relation, child)) {
    return remainderAlong(rule.path, inverseOf(parent, relation, child)) !== undefined
  }
  const remainder = remainderAlong(rule.path, inverseOf(parent, relation, child))
  if (remainder === undefined) return false
  const [column] = remainder
  if (remainder.length === 1 && column !== undefined && planning.tenant !== undefined) {
    if (pin(pathFilter(planning, parent, [column]))) return true
  }
  throw refuse(
    planning,
    parent.name,
    relation.name,
    `the tenant of ${child.name} comes from this ${parent.name}, and which tenant that is cannot be told here`,
    `Write the ${child.name} by itself, or name the ${parent.name} by ${remainder.join('.')}`,
  )
}
