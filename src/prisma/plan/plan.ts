import { TenantRequiredError } from '../../errors/index.js'
import type { KeyNeeds } from '../../keys/index.js'
import { indexTenant, type SealItem, type TagItem } from '../../sealer/index.js'
import { planCreate, planUpdate } from './data.js'
import { equalityOf, readEncryptedFilter } from './filter.js'
import {
  type Arguments,
  isArguments,
  isGiven,
  mapOneOrMany,
  type Planning,
  refuse,
  requireArguments,
  type Slot,
} from './planning.js'
import {
  type GlobalOmit,
  planListArguments,
  planSelection,
  requirePlain,
  requirePlainOrder,
  type Selection,
  selectColumn,
} from './selection.js'
import type { AnsweringIndex, ModelShape, SchemaShape } from './shape.js'
import { andFilters, pathFilter } from './wall.js'
import { globalLookups, planWalledWhere, requirePlainReferences } from './where.js'

/** One operation, decided: what to send once the slots are filled, and what to do with the answer. */
export interface Plan {
  /** The caller's arguments rewritten; the caller's own are not touched. */
  readonly args: Arguments
  readonly seals: readonly Slot<SealItem>[]
  readonly tags: readonly Slot<TagItem>[]
  /** How rows come back; undefined if the answer holds no rows. */
  readonly selection: Selection | undefined
  /** Look-ups by one tag, whose row is checked against it. */
  readonly lookups: readonly Lookup[]
}

/** A row that was asked for by the values of an index's fields. */
export interface Lookup {
  readonly fields: readonly string[]
  readonly item: TagItem
}

export interface PlanRequest {
  readonly schema: SchemaShape
  readonly shape: ModelShape
  readonly operation: string
  readonly args: unknown
  readonly tenant: string | undefined
  readonly omitted: GlobalOmit
}

/**
 * Plans an operation by Prisma's argument grammar. Synchronous, reads nothing, changes nothing.
 * @throws UnsupportedOperationError, ReservedFieldError, TenantRequiredError, TenantMismatchError
 */
export function planOperation({ schema, shape, operation, args, tenant, omitted }: PlanRequest): Plan {
  const planning: Planning = { schema, operation, tenant, seals: [], tags: [] }
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
  const { args: planned, selection, lookups = [] } = plan({ planning, shape, omitted }, given)
  return { args: planned, seals: planning.seals, tags: planning.tags, selection, lookups }
}

/** The keys that carrying out a plan needs before its query. */
export function needsOf({ seals, tags }: Plan): KeyNeeds {
  return {
    active: [
      ...seals.map(({ item }) => ({ tenant: item.tenant, purpose: 'data' as const })),
      ...tags.map(({ item }) => ({ tenant: indexTenant(item.index, item.tenant), purpose: 'index' as const })),
    ],
    named: [],
  }
}

interface Subject {
  readonly planning: Planning
  readonly shape: ModelShape
  readonly omitted: GlobalOmit
}

interface Planned {
  readonly args: Arguments
  readonly selection?: Selection | undefined
  readonly lookups?: readonly Lookup[]
}

type OperationPlanner = (subject: Subject, args: Arguments) => Planned

const OPERATIONS: { readonly [operation: string]: OperationPlanner | undefined } = {
  findUnique: findOne,
  findUniqueOrThrow: findOne,
  findFirst: findOne,
  findFirstOrThrow: findOne,
  findMany: findRows,
  create: (subject, args) => returning(subject, { ...args, data: newRow(subject, args.data) }),
  createMany: (subject, args) => ({ args: { ...args, data: newRows(subject, args.data) } }),
  createManyAndReturn: (subject, args) => returning(subject, { ...args, data: newRows(subject, args.data) }),
  update: (subject, args) => returning(subject, { ...args, ...change(subject, args.where, args.data, false) }),
  updateMany: (subject, args) => ({ args: { ...args, ...change(subject, args.where, args.data, true) } }),
  updateManyAndReturn: (subject, args) =>
    returning(subject, { ...args, ...change(subject, args.where, args.data, true) }),
  upsert: (subject, args) => {
    const { where, data } = change(subject, args.where, args.update, false)
    return returning(subject, { ...args, where, update: data, create: newRow(subject, args.create) })
  },
  delete: (subject, args) => returning(subject, { ...args, where: walled(subject, args.where) }),
  deleteMany: (subject, args) => ({ args: { ...args, where: walled(subject, args.where) } }),
  count: (subject, args) => ({ args: listArguments(subject, args) }),
  aggregate,
  groupBy,
}

function findOne(subject: Subject, args: Arguments): Planned {
  const { planning, shape, omitted } = subject
  if (planning.tenant === undefined && shape.policy.tenant.kind !== 'none') return lookUpGlobally(subject, args)
  const node = planSelection(planning, shape, listArguments(subject, args), omitted)
  const lookups = lookupsOf(subject, args.where)
  let planned = node.args
  for (const field of lookups.flatMap(({ fields }) => fields))
    planned = selectColumn(shape, { args: planned, selection: node.selection }, field, omitted)
  return { args: planned, selection: node.selection, lookups }
}

/**
 * A look-up through a global index before the tenant is known, at a log-in: the wall cannot stand, so nothing encrypted
 * may come back.
 */
function lookUpGlobally({ planning, shape, omitted }: Subject, args: Arguments): Planned {
  if (globalLookups(planning, shape, args.where).length === 0) {
    throw new TenantRequiredError({ model: shape.name, operation: planning.operation })
  }
  return planSelection(planning, shape, planListArguments(planning, shape, args), omitted)
}

/**
 * Equalities at the top of a filter, or in a compound unique, that an index answers: the row found must hold these very
 * values.
 */
function lookupsOf(subject: Subject, where: unknown): Lookup[] {
  if (!isArguments(where)) return []
  const { planning, shape } = subject
  const equal = new Map<string, unknown>()
  const inUniques: Lookup[] = []
  for (const [name, given] of Object.entries(where)) {
    const sealed = shape.sealed.get(name)
    if (shape.uniqueNames.has(name)) inUniques.push(...lookupsOf(subject, given))
    if (sealed === undefined || !isGiven(given)) continue
    const equality = equalityOf(readEncryptedFilter(planning, sealed, given))
    if (equality !== undefined) equal.set(name, equality.value)
  }
  const single = [...equal.keys()].flatMap((name): AnsweringIndex[] => {
    const answering = shape.answering.get(name)
    return answering === undefined ? [] : [answering]
  })
  const compound = shape.compound.filter(({ index }) =>
    index.parts.every(({ field }) => equal.has(field) && !shape.answering.has(field)),
  )
  const tenant = sealedTenant(planning, shape)
  const here = [...single, ...compound].map(({ index }) => {
    const fields = index.parts.map(({ field }) => field)
    return { fields, item: { index, tenant, values: fields.map((field) => equal.get(field)) } }
  })
  return [...here, ...inUniques]
}

function sealedTenant({ tenant }: Planning, shape: ModelShape): string {
  return shape.policy.tenant.kind === 'none' ? '' : (tenant ?? '')
}

function findRows(subject: Subject, args: Arguments): Planned {
  const { planning, shape } = subject
  if (planning.tenant === undefined && shape.policy.tenant.kind !== 'none') return lookUpGlobally(subject, args)
  return returning(subject, listArguments(subject, args))
}

function returning({ planning, shape, omitted }: Subject, args: Arguments): Planned {
  return planSelection(planning, shape, args, omitted)
}

/** Arguments of a read, walled. */
function listArguments({ planning, shape }: Subject, args: Arguments): Arguments {
  const planned = planListArguments(planning, shape, { ...args, where: undefined })
  const where = walledOrNone({ planning, shape }, args.where)
  const { where: _, ...others } = planned
  return where === undefined ? others : { ...others, where }
}

/** The wall, without an empty filter where none was given and none is needed. */
function walledOrNone({ planning, shape }: Pick<Subject, 'planning' | 'shape'>, where: unknown): Arguments | undefined {
  if (!isGiven(where) && shape.policy.tenant.kind === 'none') return undefined
  return planWalledWhere(planning, shape, where)
}

function walled({ planning, shape }: Subject, where: unknown): Arguments {
  return planWalledWhere(planning, shape, where)
}

/** Prisma lets `data` be left out where no field is required. */
function newRow({ planning, shape }: Subject, data: unknown): Arguments {
  return planCreate(planning, shape, isGiven(data) ? data : {}, false)
}

function newRows(subject: Subject, data: unknown): unknown {
  return mapOneOrMany(data, (one) => planCreate(subject.planning, subject.shape, one, true))
}

function change(subject: Subject, where: unknown, data: unknown, many: boolean): { where: Arguments; data: Arguments } {
  const { planning, shape } = subject
  const pins: Arguments[] = []
  const pin = (column: string): boolean => {
    if (planning.tenant === undefined) return false
    pins.push(pathFilter(planning, shape, [column]))
    return true
  }
  const planned = planUpdate(planning, shape, data, many, pin)
  return { where: andFilters(walled(subject, where), ...pins), data: planned }
}

function aggregate(subject: Subject, args: Arguments): Planned {
  for (const key of ['_min', '_max', '_sum', '_avg']) requirePlainFields(subject, args[key], key)
  return { args: listArguments(subject, args) }
}

function groupBy(subject: Subject, args: Arguments): Planned {
  const { planning, shape } = subject
  for (const key of ['_min', '_max', '_sum', '_avg']) requirePlainFields(subject, args[key], key)
  for (const name of [args.by].flat()) requirePlain(planning, shape, name, 'groupBy')
  requirePlainHaving(subject, args.having)
  for (const order of [args.orderBy].flat()) requirePlainGroupOrder(subject, order)
  const { orderBy, ...others } = args
  const planned = listArguments(subject, others)
  return { args: orderBy === undefined ? planned : { ...planned, orderBy } }
}

function requirePlainFields({ planning, shape }: Subject, fields: unknown, argument: string): void {
  if (!isArguments(fields)) return
  for (const [name, asked] of Object.entries(fields)) if (asked === true) requirePlain(planning, shape, name, argument)
}

/** groupBy sorts by columns, or by `_count: { column: 'asc' }` and its like. */
function requirePlainGroupOrder(subject: Subject, order: unknown): void {
  if (!isArguments(order)) return
  for (const [key, value] of Object.entries(order)) {
    if (key === '_count') continue
    if (key.startsWith('_'))
      for (const name of Object.keys(isArguments(value) ? value : {}))
        requirePlain(subject.planning, subject.shape, name, 'orderBy')
    else requirePlainOrder(subject.planning, subject.shape, { [key]: value })
  }
}

function requirePlainHaving(subject: Subject, having: unknown): void {
  for (const one of [having].flat()) {
    if (!isArguments(one)) continue
    for (const [key, value] of Object.entries(one)) {
      if (key === 'AND' || key === 'OR' || key === 'NOT') requirePlainHaving(subject, value)
      else {
        requirePlain(subject.planning, subject.shape, key, 'having')
        requirePlainReferences(subject.planning, subject.shape, key, value)
      }
    }
  }
}
