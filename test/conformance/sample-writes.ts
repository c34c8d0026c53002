import type { Args } from '../support/client-types.js'
import type { Shape } from './cells.js'
import { type ModelName, TARGETS } from './models.js'
import { changes, HUB, linked, MISSING, NEW, newRow, type RowKey, unlinked, valueIn } from './rows.js'
import { where } from './sample-filters.js'
import { mapped, type ObjectShape, type Sampling, UncoveredCellError, unknown } from './sampling.js'

/** `data` of a hub: new rows, or changes. */
export function rows(s: Sampling, shape: Shape, isNew: boolean): unknown {
  const many = /Many/.test(s.cell.operation)
  if (shape.kind === 'list') {
    const row = rows(s, shape.of, isNew)
    return isNew ? [row, newRow('Hub', NEW + 1, many)] : [row]
  }
  if (shape.kind !== 'object') throw unknown(s, shape)
  return hubRow(s, shape, isNew ? newRow('Hub', NEW, many || usesScalars(shape)) : {}, isNew)
}

/** Prisma takes foreign keys or relations, not both. */
function usesScalars({ members }: ObjectShape): boolean {
  return [...members.keys()].some((name) => name.startsWith('belongsTo') && name.endsWith('Id'))
}

function hubRow(s: Sampling, shape: ObjectShape, base: Args, isNew: boolean): Args {
  const planned = mapped(shape, (inner, name) => {
    const target = TARGETS[name]
    return target === undefined ? scalar(s, inner, name) : relationWrite(s, inner, name, target)
  })
  if (isNew) return { ...base, ...planned }
  // A relation is changed together with an encrypted scalar.
  return Object.keys(planned).some((name) => name in TARGETS) ? { bare: 'changed beside', ...planned } : planned
}

const CHANGES = new Set(['set', 'increment', 'decrement', 'multiply', 'divide'])

function scalar(s: Sampling, shape: Shape, field: string): unknown {
  if (shape.kind === 'null') return null
  if (shape.kind === 'constant') return s.constants.null(shape.name)
  if (shape.kind === 'value')
    return field === 'id' ? NEW + 5 : valueIn('Hub', field.startsWith('belongsTo') ? HUB : NEW + 50, field)
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, change) => {
    if (!CHANGES.has(change)) throw new UncoveredCellError(s.cell, change)
    return change === 'set' || inner.kind !== 'value' ? scalar(s, inner, field) : 2
  })
}

function relationWrite(s: Sampling, shape: Shape, relation: string, model: ModelName): unknown {
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, verb) => {
    const make = VERBS[verb]
    if (make === undefined) throw new UncoveredCellError(s.cell, verb)
    return make({ ...s, relation, model, depth: s.depth + 1 }, inner)
  })
}

interface VerbSampling extends Sampling {
  readonly relation: string
  readonly model: ModelName
}

type VerbMaker = (s: VerbSampling, shape: Shape) => unknown

/** How each nested write is called: on rows that are linked, free, or not there, as it needs them. */
const VERBS: { readonly [verb: string]: VerbMaker | undefined } = {
  create: (s, shape) => nestedRow(s, shape),
  createMany: (s, shape) => envelope(s, shape, { data: (one) => nestedRow(s, one, true), skipDuplicates: flag }),
  connect: (s, shape) => where(s, shape, s.model, unlinked(s.model)),
  set: (s, shape) => where(s, shape, s.model, unlinked(s.model)),
  connectOrCreate: (s, shape) =>
    envelope(s, shape, {
      where: (one) => where(s, one, s.model, missing(s)),
      create: (one) => nestedRow(s, one),
    }),
  disconnect: (s, shape) => (shape.kind === 'true' ? true : where(s, shape, s.model, linked(s.relation, s.hub))),
  delete: (s, shape) => (shape.kind === 'true' ? true : where(s, shape, s.model, linked(s.relation, s.hub))),
  deleteMany: (s, shape) => where(s, shape, s.model, linked(s.relation, s.hub)),
  update: (s, shape) => {
    const isBare = shape.kind === 'changes' || (shape.kind === 'object' && !shape.members.has('data'))
    return isBare
      ? nestedChanges(s, shape)
      : envelope(s, shape, { where: linkedWhere(s), data: (one) => nestedChanges(s, one) })
  },
  updateMany: (s, shape) => envelope(s, shape, { where: linkedWhere(s), data: (one) => nestedChanges(s, one) }),
  upsert: (s, shape) => {
    const parts = {
      where: linkedWhere(s),
      update: (one: Shape) => nestedChanges(s, one),
      create: (one: Shape) => nestedRow(s, one),
    }
    if (shape.kind !== 'list') return envelope(s, shape, parts)
    // One row that is there and one that is not, so that both branches are taken.
    const absent = { ...parts, where: (one: Shape) => where(s, one, s.model, missing(s)) }
    return [envelope(s, shape.of, parts), envelope(s, shape.of, absent)]
  },
}

function linkedWhere(s: VerbSampling) {
  return (shape: Shape): unknown => where(s, shape, s.model, linked(s.relation, s.hub))
}

function missing({ model, hub }: VerbSampling): RowKey {
  return model === 'Join' ? { hubId: hub, leafId: MISSING } : MISSING
}

function flag(): boolean {
  return true
}

/** An object that holds the parts of a nested write, one or a list of them. */
function envelope(s: Sampling, shape: Shape, parts: { readonly [name: string]: (shape: Shape) => unknown }): unknown {
  if (shape.kind === 'list') return [envelope(s, shape.of, parts)]
  if (shape.kind !== 'object') throw unknown(s, shape)
  return mapped(shape, (inner, name) => {
    const make = parts[name]
    if (make === undefined) throw new UncoveredCellError(s.cell, name)
    return make(inner)
  })
}

function nestedRow(s: VerbSampling, shape: Shape, many = false): unknown {
  const number = NEW + 10 * s.depth
  if (shape.kind === 'list') return [nestedRow(s, shape.of, many), newRow(s.model, number + 1, many)]
  const row = newRow(s.model, number, many || (shape.kind === 'object' && usesScalars(shape)))
  if (shape.kind === 'new row') return row
  if (shape.kind !== 'object') throw unknown(s, shape)
  return hubRow(s, shape, row, true)
}

function nestedChanges(s: VerbSampling, shape: Shape): unknown {
  if (shape.kind === 'changes') return changes(s.model)
  if (shape.kind !== 'object') throw unknown(s, shape)
  const hub = linked(s.relation)
  return hubRow({ ...s, hub: typeof hub === 'number' ? hub : s.hub }, shape, {}, false)
}
