import { TenantRequiredError } from '../../errors/index.js'
import { planGroupBy, requirePlainCalculations } from './group-by.js'
import { planListArguments } from './list-arguments.js'
import { type Arguments, byUnique, isGiven, type Lookup, type Planning } from './planning.js'
import { emptySelection } from './selection.js'
import type { ModelShape } from './shape.js'
import { type Planned, returning, returningChecked, type Subject } from './subject.js'
import { globalLookups, planWalledWhere, planWhere } from './where.js'

/** `findUnique`, `findFirst` and their like. */
export function planFindOne(subject: Subject, args: Arguments, isUnique: boolean): Planned {
  const { planning, shape } = subject
  const looking = isUnique ? byUnique(planning, shape) : planning
  if (isBeforeTenant(subject)) return lookUpGlobally(subject, looking, args)
  const lookups: Lookup[] = []
  const where = walledOrNone({ ...looking, lookups }, shape, args.where)
  return returningChecked(subject, planListArguments(planning, shape, args, where), lookups)
}

export function planFindMany(subject: Subject, args: Arguments): Planned {
  if (isBeforeTenant(subject)) return lookUpGlobally(subject, subject.planning, args)
  return returning(subject, listArguments(subject, args))
}

export function planCount(subject: Subject, args: Arguments): Planned {
  return { args: listArguments(subject, args) }
}

export function planAggregate(subject: Subject, args: Arguments): Planned {
  requirePlainCalculations(subject.planning, subject.shape, args)
  return { args: listArguments(subject, args) }
}

export function planGroups({ planning, shape }: Subject, args: Arguments): Planned {
  const { args: planned, groups } = planGroupBy(planning, shape, args)
  const where = walledOrNone(planning, shape, args.where)
  const selection = groups === undefined ? undefined : emptySelection(shape)
  return { args: where === undefined ? planned : { ...planned, where }, groups, selection }
}

function isBeforeTenant({ planning, shape }: Subject): boolean {
  return planning.tenant === undefined && shape.policy.tenant.kind !== 'none'
}

/**
 * A look-up through a global index before the tenant is known, at a log-in: the wall cannot stand, so nothing encrypted
 * may come back.
 */
function lookUpGlobally(subject: Subject, looking: Planning, args: Arguments): Planned {
  const { planning, shape } = subject
  if (globalLookups(looking, shape, args.where).length === 0) {
    throw new TenantRequiredError({ model: shape.name, operation: planning.operation })
  }
  return returning(subject, planListArguments(planning, shape, args, planWhere(looking, shape, args.where)))
}

/** Arguments of a read, walled. */
function listArguments({ planning, shape }: Subject, args: Arguments): Arguments {
  return planListArguments(planning, shape, args, walledOrNone(planning, shape, args.where))
}

/** The wall, without an empty filter where none was given and none is needed. */
function walledOrNone(planning: Planning, shape: ModelShape, where: unknown): Arguments | undefined {
  if (!isGiven(where) && shape.policy.tenant.kind === 'none') return undefined
  return planWalledWhere(planning, shape, where)
}
