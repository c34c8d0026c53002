import type { KeyNeeds } from '../../keys/index.js'
import { indexTenant, type SealItem, type TagItem } from '../../sealer/index.js'
import type { Groups } from './group-by.js'
import {
  type Arguments,
  isArguments,
  type Lookup,
  type Planning,
  type Probe,
  type Reference,
  refuse,
  requireArguments,
  type Slot,
} from './planning.js'
import { planAggregate, planCount, planFindMany, planFindOne, planGroups } from './read.js'
import type { GlobalOmit, Selection } from './selection.js'
import type { ModelShape, SchemaShape } from './shape.js'
import type { OperationPlanner } from './subject.js'
import {
  planCreateMany,
  planCreateManyAndReturn,
  planCreateOne,
  planDelete,
  planDeleteMany,
  planUpdateMany,
  planUpdateManyAndReturn,
  planUpdateOne,
  planUpsert,
} from './write.js'

/** One operation, decided: what to send once the slots are filled, and what to do with the answer. */
export interface Plan {
  /** The caller's arguments rewritten; the caller's own are not touched. */
  readonly args: Arguments
  readonly seals: readonly Slot<SealItem>[]
  readonly tags: readonly Slot<TagItem>[]
  /** Cursors whose row is looked at before the query. */
  readonly probes: readonly Probe[]
  /** Rows that the operation's foreign keys name: looked at before the query, too. */
  readonly references: readonly Reference[]
  /** How rows come back; undefined if the answer holds no rows. */
  readonly selection: Selection | undefined
  /** Look-ups by one tag, whose row is checked against it. */
  readonly lookups: readonly Lookup[]
  /** How groups by encrypted fields come back; undefined if there are none. */
  readonly groups: Groups | undefined
}

export interface PlanRequest {
  readonly schema: SchemaShape
  readonly shape: ModelShape
  readonly operation: string
  readonly args: unknown
  readonly tenant: string | undefined
  readonly omitted: GlobalOmit
  /** The client has Prisma's `strictUndefinedChecks` on. */
  readonly strictUndefined: boolean
}

const OPERATIONS: { readonly [operation: string]: OperationPlanner | undefined } = {
  findUnique: (subject, args) => planFindOne(subject, args, true),
  findUniqueOrThrow: (subject, args) => planFindOne(subject, args, true),
  findFirst: (subject, args) => planFindOne(subject, args, false),
  findFirstOrThrow: (subject, args) => planFindOne(subject, args, false),
  findMany: planFindMany,
  count: planCount,
  aggregate: planAggregate,
  groupBy: planGroups,
  create: planCreateOne,
  createMany: planCreateMany,
  createManyAndReturn: planCreateManyAndReturn,
  update: planUpdateOne,
  updateMany: planUpdateMany,
  updateManyAndReturn: planUpdateManyAndReturn,
  upsert: planUpsert,
  delete: planDelete,
  deleteMany: planDeleteMany,
}

/**
 * Plans an operation by Prisma's argument grammar. Synchronous, reads nothing, changes nothing.
 * @throws UnsupportedOperationError, ReservedFieldError, TenantRequiredError, TenantMismatchError
 */
export function planOperation(request: PlanRequest): Plan {
  const { schema, shape, operation, args, tenant, omitted, strictUndefined } = request
  const planning: Planning = { schema, operation, tenant, seals: [], tags: [], probes: [], references: [] }
  const plan = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined
  if (plan === undefined) {
    throw refuse(
      planning,
      shape.name,
      undefined,
      `the operation ${operation} is not known`,
      'Use an operation of Prisma 6 or 7',
    )
  }
  const given = requireArguments(planning, shape.name, undefined, args ?? {})
  if (strictUndefined) requireDefined(planning, shape, given)
  const { args: planned, selection, lookups = [], groups } = plan({ planning, shape, omitted }, given)
  const { seals, tags, probes, references } = planning
  return { args: planned, seals, tags, probes, references, selection, lookups, groups }
}

/** Prisma itself would refuse an explicit `undefined`, but may no longer see it in rewritten arguments. */
function requireDefined(planning: Planning, shape: ModelShape, given: unknown, path = ''): void {
  if (!isArguments(given) && !Array.isArray(given)) return
  for (const [key, value] of Object.entries(given)) {
    const place = path === '' ? key : `${path}.${key}`
    if (value === undefined) {
      throw refuse(
        planning,
        shape.name,
        undefined,
        `${place} is explicitly undefined, which strictUndefinedChecks forbids`,
        'Leave it out, or use Prisma.skip',
      )
    }
    requireDefined(planning, shape, value, place)
  }
}

/** The keys that carrying out a plan needs before its query. */
export function needsOf({ seals, tags }: Plan): KeyNeeds {
  const data = new Set(seals.map(({ item }) => item.tenant))
  const index = new Set(tags.map(({ item }) => indexTenant(item.index, item.tenant)))
  return {
    active: [
      ...[...data].map((tenant) => ({ tenant, purpose: 'data' as const })),
      ...[...index].map((tenant) => ({ tenant, purpose: 'index' as const })),
    ],
    named: [],
  }
}
