import { TenantRequiredError, UnsupportedOperationError } from '../../errors/index.js'
import { APPLICATION_TENANT } from '../../keys/index.js'
import type { RelationFieldPolicy } from '../../policy/policy.js'
import type { SealItem, TagItem } from '../../sealer/index.js'
import { isSkip } from '../internals.js'
import type { ModelShape, SchemaShape } from './shape.js'

/** An object of Prisma's argument grammar. */
export type Arguments = Record<string, unknown>

/** A place in the planned arguments that is filled once the keys are there. */
export interface Slot<Item> {
  readonly item: Item
  readonly holder: Record<string | number, unknown>
  readonly key: string | number
}

/** A row that was asked for by the values of an index's fields. */
export interface Lookup {
  readonly fields: readonly string[]
  readonly item: TagItem
  /** What the row may hold instead: what an upsert that creates it gives it. */
  readonly created?: TagItem
}

/** A cursor whose row must be looked at before the query, as Prisma takes no condition on it. */
export interface Probe {
  readonly shape: ModelShape
  /** A WhereUnique of its own, with slots of its own. */
  readonly where: Arguments
  /** From the row to the tenant column. */
  readonly path: readonly string[]
  /** The filter of the list: made to let nothing pass if the row is another tenant's. */
  readonly list: Arguments
}

/** A row of a model with tenants that a write names by the scalars of a foreign key. */
export interface Reference {
  /** Whose foreign key it is. */
  readonly shape: ModelShape
  readonly relation: RelationFieldPolicy
  readonly target: ModelShape
  /** Values of the target's referred columns. */
  readonly key: Arguments
  /** From the target to its tenant column. */
  readonly path: readonly string[]
}

/** What planning one operation works with, and what it gathers. */
export interface Planning {
  readonly schema: SchemaShape
  /** Prisma's name: `create`, `findMany` … */
  readonly operation: string
  /** The tenant in context, if any. */
  readonly tenant: string | undefined
  readonly seals: Slot<SealItem>[]
  readonly tags: Slot<TagItem>[]
  readonly probes: Probe[]
  /** Rows of models with tenants that foreign keys name. */
  readonly references: Reference[]
  /** Where the equalities are noted that the one row found must hold; undefined where no row is to be checked. */
  readonly lookups?: Lookup[] | undefined
  /** Index columns to be chosen before others that would do: a WhereUnique names unique ones. */
  readonly preferred?: ReadonlySet<string> | undefined
  /** Inside NOT, none, isNot or every: rows that a filter lets pass too generously would be missing from the answer. */
  readonly negated?: boolean | undefined
}

/**
 * A model that a relation of the policy leads to.
 * @throws UnsupportedOperationError if the policy does not hold it.
 */
export function shapeOf(planning: Planning, model: string): ModelShape {
  const shape = planning.schema.get(model)
  if (shape === undefined)
    throw refuse(planning, model, undefined, 'the policy does not know this model', 'Run prisma generate')
  return shape
}

/**
 * The tenant that rows of the model belong to in this operation.
 * @throws TenantRequiredError
 */
export function tenantFor(planning: Planning, shape: ModelShape): string {
  if (shape.policy.tenant.kind === 'none') return APPLICATION_TENANT
  if (planning.tenant !== undefined) return planning.tenant
  throw new TenantRequiredError({ model: shape.name, operation: planning.operation })
}

/** An error that says what cannot be done, and what can. */
export function refuse(
  planning: Planning,
  model: string,
  field: string | undefined,
  reason: string,
  remedy: string,
): UnsupportedOperationError {
  return new UnsupportedOperationError(reason, remedy, {
    model,
    ...(field === undefined ? {} : { field }),
    operation: planning.operation,
  })
}

/** The same planning for what lies deeper than the filter of the row that is looked up. */
export function within(planning: Planning, negated = planning.negated): Planning {
  const isSame = planning.lookups === undefined && planning.preferred === undefined && planning.negated === negated
  return isSame ? planning : { ...planning, lookups: undefined, preferred: undefined, negated }
}

/** The same planning for a WhereUnique of this model. */
export function byUnique(planning: Planning, shape: ModelShape): Planning {
  return shape.uniqueIndexes.size === 0 ? planning : { ...planning, preferred: shape.uniqueIndexes }
}

/** A plain object, as opposed to a Date, bytes, a Decimal or one of Prisma's own instances. */
export function isArguments(value: unknown): value is Arguments {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether an argument is there: `undefined` and `Prisma.skip` are not. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && !isSkip(value)
}

/** @throws UnsupportedOperationError unless the value is a plain object. */
export function requireArguments(
  planning: Planning,
  model: string,
  field: string | undefined,
  value: unknown,
): Arguments {
  if (isArguments(value)) return value
  throw refuse(planning, model, field, 'an object is expected here', 'Correct the argument')
}

/** Applies `each` to an object or to every element of a list, as Prisma allows in many places. */
export function mapOneOrMany(value: unknown, each: (one: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(each) : each(value)
}

/** A list with one element, or the list itself. */
export function listOf(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}
