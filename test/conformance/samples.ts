import type { Args } from '../support/client-types.js'
import type { Cell, Shape } from './cells.js'
import { TARGETS } from './models.js'
import { changes, DELETED_HUB, EMPTY_HUB, HUB, MISSING, NEW, newRow } from './rows.js'
import { where } from './sample-filters.js'
import { fieldNames, flags, order, selected } from './sample-selections.js'
import { rows } from './sample-writes.js'
import { type Constants, type Sampling, UncoveredCellError } from './sampling.js'

/** Arguments of the operation with the cell's shape in them, filled with values. */
export function argumentsFor(cell: Cell, constants: Constants): Args {
  const make = MAKERS[cell.argument]
  if (make === undefined) throw new UncoveredCellError(cell, cell.argument)
  const sampling: Sampling = { cell, constants, hub: HUB, depth: 0 }
  return { ...required(cell), ...make(sampling, cell.shape) }
}

/** Cells that are not covered, each with what about it is not known. */
export function uncovered(cells: readonly Cell[]): string[] {
  return cells.flatMap((cell) => {
    try {
      argumentsFor(cell, NAMES)
      return []
    } catch (error) {
      if (error instanceof UncoveredCellError) return [error.message]
      throw error
    }
  })
}

/** Stand for a client's own constants where none is called. */
const NAMES: Constants = { null: (name) => name, fieldReference: (field) => ({ field }) }

/** What the operation must be called with whatever else it is called with, and what puts its answer in order. */
function required(cell: Cell): Args {
  const { operation, argument } = cell
  const base = BASES[operation]
  if (base === undefined) throw new UncoveredCellError(cell, operation)
  const { [argument]: _, _count, ...others } = base
  // What is counted stands in for an aggregate that a cell does not name.
  return _count === undefined || argument.startsWith('_') ? others : { ...others, _count }
}

const BY_ID = { orderBy: { id: 'asc' } }
const ONE = { where: { id: HUB } }
const BASES: { readonly [operation: string]: Args } = {
  findUnique: ONE,
  findUniqueOrThrow: ONE,
  findFirst: BY_ID,
  findFirstOrThrow: BY_ID,
  findMany: BY_ID,
  count: {},
  aggregate: { ...BY_ID, _count: true },
  groupBy: { by: ['plain'], _count: true },
  create: { data: newRow('Hub', NEW, false) },
  createMany: { data: newRow('Hub', NEW, true) },
  createManyAndReturn: { data: newRow('Hub', NEW, true) },
  update: { ...ONE, data: changes('Hub') },
  updateMany: { ...ONE, data: changes('Hub') },
  updateManyAndReturn: { ...ONE, data: changes('Hub') },
  upsert: { where: { id: HUB }, create: newRow('Hub', NEW, false), update: changes('Hub') },
  delete: { where: { id: DELETED_HUB } },
  deleteMany: { where: { id: DELETED_HUB } },
}

type Maker = (sampling: Sampling, shape: Shape) => Args

/** How each argument is filled. */
const MAKERS: { readonly [argument: string]: Maker | undefined } = {
  where: (s, shape) => ({ where: topWhere(s, shape) }),
  cursor: (s, shape) => ({ cursor: where(s, shape, 'Hub', HUB) }),
  data: (s, shape) => {
    const isNew = s.cell.operation.startsWith('create')
    return { ...(isNew ? {} : changed(shape)), data: rows(s, shape, isNew) }
  },
  create: (s, shape) => ({ where: { id: MISSING }, create: rows(s, shape, true) }),
  update: (s, shape) => ({ ...changed(shape), update: rows(s, shape, false) }),
  select: (s, shape) => ({ select: s.cell.operation === 'count' ? flags(s, shape) : selected(s, shape, 'Hub') }),
  include: (s, shape) => ({ include: selected(s, shape, 'Hub') }),
  omit: (s, shape) => ({ omit: flags(s, shape) }),
  orderBy: (s, shape) => {
    if (s.cell.operation === 'groupBy') return groupedBy(s, { orderBy: order(s, shape, 'Hub') }, shape)
    // Two rows that whatever they are sorted by tells apart.
    return { where: { id: { in: [HUB, EMPTY_HUB] } }, orderBy: order(s, shape, 'Hub') }
  },
  by: (s, shape) => ({ by: fieldNames(s, shape) }),
  distinct: (s, shape) => ({ distinct: fieldNames(s, shape) }),
  having: (s, shape) => groupedBy(s, { having: where(s, shape, 'Hub', HUB) }, shape),
  _count: (s, shape) => ({ _count: flags(s, shape) }),
  _min: (s, shape) => ({ _min: flags(s, shape) }),
  _max: (s, shape) => ({ _max: flags(s, shape) }),
  _avg: (s, shape) => ({ _avg: flags(s, shape) }),
  _sum: (s, shape) => ({ _sum: flags(s, shape) }),
  take: (s) => ({ ...sorted(s), take: s.cell.operation.startsWith('findFirst') ? 1 : 2 }),
  skip: (s) => ({ ...sorted(s), skip: 1 }),
  limit: () => ({ limit: 1 }),
  skipDuplicates: () => ({ skipDuplicates: true }),
  fluent: () => ({}),
}

/** Groups are only paged in an order. */
function sorted({ cell }: Sampling): Args {
  return cell.operation === 'groupBy' ? { orderBy: { plain: 'asc' } } : {}
}

/** A WhereUnique needs a key beside whatever it is asked for. */
function topWhere(s: Sampling, shape: Shape): unknown {
  const target = s.cell.operation.startsWith('delete') ? DELETED_HUB : HUB
  const planned = where(s, shape, 'Hub', target)
  const isUnique = /^(findUnique|update$|upsert|delete$)/.test(s.cell.operation)
  return isUnique && shape.kind === 'object' ? { id: target, ...Object(planned) } : planned
}

const LINKING = new Set(['create', 'createMany', 'connect', 'connectOrCreate'])

/** The hub to change: one that nothing is linked to, if something is to be linked to it or its id is to change. */
function changed(shape: Shape): Args {
  const relations = shape.kind === 'object' ? [...shape.members] : []
  const isLinking = relations.some(
    ([name, verbs]) =>
      name in TARGETS && verbs.kind === 'object' && [...verbs.members.keys()].every((verb) => LINKING.has(verb)),
  )
  return { where: { id: isLinking || nameIn(shape) === 'id' ? EMPTY_HUB : HUB } }
}

/** What groups are sorted and filtered by must be among what they are grouped by. */
function groupedBy(s: Sampling, args: Args, shape: Shape): Args {
  if (s.cell.operation !== 'groupBy') return args
  const named = nameIn(shape)
  if (named.startsWith('_')) return args
  const by = /^(AND|OR|NOT)$/.test(named) ? ['plain', 'exact'] : [named]
  return { by, ...args }
}

/** The field that a shape is about first. */
function nameIn(shape: Shape): string {
  if (shape.kind === 'list') return nameIn(shape.of)
  if (shape.kind === 'object') return [...shape.members.keys()][0] ?? ''
  if (shape.kind === 'sample') return shape.by
  return shape.kind === 'constant' ? shape.name : ''
}
