import { planCreate, planUpdate } from './data.js'
import type { Pin } from './link.js'
import { type Arguments, byUnique, isArguments, isGiven, type Lookup, mapOneOrMany, type Planning } from './planning.js'
import { type Planned, returning, returningChecked, type Subject } from './subject.js'
import { andFilters } from './wall.js'
import { planWalledWhere } from './where.js'

export function planCreateOne(subject: Subject, args: Arguments): Planned {
  return returning(subject, { ...args, data: newRow(subject, args.data) })
}

export function planCreateMany(subject: Subject, args: Arguments): Planned {
  return { args: newRows(subject, args) }
}

export function planCreateManyAndReturn(subject: Subject, args: Arguments): Planned {
  return returning(subject, newRows(subject, args))
}

export function planUpdateOne(subject: Subject, args: Arguments): Planned {
  const { looking, lookups } = lookingUp(subject)
  const changed = change(subject, looking, args.where, args.data, false)
  return returningChecked(subject, { ...args, ...changed }, lookups.filter(isUnchangedBy(args.data)))
}

export function planUpdateMany(subject: Subject, args: Arguments): Planned {
  return { args: { ...args, ...change(subject, subject.planning, args.where, args.data, true) } }
}

export function planUpdateManyAndReturn(subject: Subject, args: Arguments): Planned {
  return returning(subject, { ...args, ...change(subject, subject.planning, args.where, args.data, true) })
}

export function planUpsert(subject: Subject, args: Arguments): Planned {
  const { looking, lookups } = lookingUp(subject)
  const { where, data } = change(subject, looking, args.where, args.update, false)
  const create = newRow(subject, args.create)
  const orCreated = lookups.filter(isUnchangedBy(args.update)).map((lookup): Lookup => {
    const { item, fields } = lookup
    const slot = subject.planning.tags.find(({ holder, key }) => holder === create && key === item.index.column)
    return { ...lookup, created: slot?.item ?? { ...item, values: fields.map(() => null) } }
  })
  return returningChecked(subject, { ...args, where, update: data, create }, orCreated)
}

export function planDelete(subject: Subject, args: Arguments): Planned {
  const { looking, lookups } = lookingUp(subject)
  return returningChecked(subject, { ...args, where: planWalledWhere(looking, subject.shape, args.where) }, lookups)
}

export function planDeleteMany({ planning, shape }: Subject, args: Arguments): Planned {
  return { args: { ...args, where: planWalledWhere(planning, shape, args.where) } }
}

/** Prisma lets `data` be left out where no field is required. */
function newRow({ planning, shape }: Subject, data: unknown): Arguments {
  return planCreate(planning, shape, isGiven(data) ? data : {}, false)
}

function newRows({ planning, shape }: Subject, args: Arguments): Arguments {
  return { ...args, data: mapOneOrMany(args.data, (one) => planCreate(planning, shape, one, true)) }
}

/** Planning for a WhereUnique whose row is checked afterwards. */
function lookingUp({ planning, shape }: Subject): { readonly looking: Planning; readonly lookups: readonly Lookup[] } {
  const lookups: Lookup[] = []
  return { looking: { ...byUnique(planning, shape), lookups }, lookups }
}

/** After a change of the field itself the row no longer shows what it was found by. */
function isUnchangedBy(data: unknown): (lookup: Lookup) => boolean {
  return ({ fields }) => !isArguments(data) || fields.every((field) => !isGiven(data[field]))
}

/** @param looking how the filter is planned. */
function change(
  { planning, shape }: Subject,
  looking: Planning,
  where: unknown,
  data: unknown,
  many: boolean,
): { readonly where: Arguments; readonly data: Arguments } {
  const pins: Arguments[] = []
  const pin: Pin = (filter) => {
    pins.push(filter)
    return true
  }
  const planned = planUpdate(planning, shape, data, many, pin)
  return { where: andFilters(planWalledWhere(looking, shape, where), ...pins), data: planned }
}
