import type { Args } from '../support/client-types.js'
import type { ModelName } from './models.js'

/** A row by the columns of its primary key. */
export type RowKey = number | { readonly hubId: number; readonly leafId: number }

/** Hubs with something at the end of every relation: the one operations are about, its parent and its child. */
const LINKED_HUBS = { hub: 1, parent: 2, child: 3 }
export const HUB = LINKED_HUBS.hub
/** A hub that can be deleted, with rows that go with it. */
export const DELETED_HUB = 8
/** A hub with nothing at the end of its relations, to which something is linked. */
export const EMPTY_HUB = 9
/** The number of a row that is not there yet, and of one that never is. */
export const NEW = 900
export const MISSING = 990

/** A leaf every hub must have, and leaves that belong to nobody. */
const COMMON_LEAF = 10
const FREE_LEAF = 40
const JOINED_LEAVES = [42, 43, 44]

/** The row at the end of a hub's relation. */
export function linked(relation: string, hub = HUB): RowKey {
  const found = linksOf(hub)[relation]
  if (found === undefined) throw new Error(`Nothing is linked by ${relation}`)
  return found
}

function linksOf(hub: number): { readonly [relation: string]: RowKey } {
  const at = (place: number): number => hub * 100 + place
  return {
    hasOne: at(11),
    hasOneRequired: at(21),
    hasMany: at(12),
    hasManyRequired: at(31),
    belongsTo: at(13),
    belongsToRequired: COMMON_LEAF,
    belongsToOne: at(14),
    manyToMany: at(15),
    joins: { hubId: hub, leafId: at(16) },
    selfParent: hub === LINKED_HUBS.child ? HUB : hub === HUB ? LINKED_HUBS.parent : at(2),
    selfChildren: hub === HUB ? LINKED_HUBS.child : at(3),
    selfTwin: at(4),
    selfTwinOf: at(5),
    selfMany: at(6),
    selfManyOf: at(7),
  }
}

/** A row of that model which the hub has no relation to, and may be given one. */
export function unlinked(model: ModelName): RowKey {
  const free = { Hub: DELETED_HUB, Leaf: FREE_LEAF, Sole: 22, Owned: 33, Join: { hubId: DELETED_HUB, leafId: 41 } }
  return free[model]
}

/** What a field of the row holds; every value is found in one row only, and all are told apart in lower case. */
export function valueIn(model: ModelName, row: RowKey, field: string): unknown {
  const number = typeof row === 'number' ? row : row.leafId
  if (field === 'id') return number
  if (field === 'number') return number
  if (field === 'json') return { number, list: [1, null, 'two'] }
  if (field === 'bytes') return new Uint8Array([number % 256, 1, 2, 3])
  if (field === 'belongsToId' || field === 'belongsToRequiredId') return linked(field.replace(/Id$/, ''))
  if (field.endsWith('Index')) return 'not a tag'
  return `${field} of ${model.toLowerCase()} ${number}`
}

const SCALARS = ['plain', 'number', 'plainUnique', 'bare', 'exact', 'folded', 'json', 'bytes'] as const

/** The scalars a row is written with. */
export function scalarsOf(model: ModelName, row: RowKey): Args {
  const fields = model === 'Hub' ? SCALARS : (['plain', 'exact'] as const)
  return Object.fromEntries(fields.map((field) => [field, valueIn(model, row, field)]))
}

/** Names the row in a WhereUnique by one of its keys. */
export function uniqueBy(model: ModelName, key: string, row: RowKey): Args {
  if (key === 'hubId_leafId') return { [key]: row }
  return { [key]: valueIn(model, row, key) }
}

/**
 * Data of a new row nested below a hub, or of a hub.
 * @param many foreign keys as scalars, as `createMany` takes them.
 */
export function newRow(model: ModelName, number: number, many: boolean): Args {
  const scalars = scalarsOf(model, number)
  if (model === 'Hub') {
    const required = many
      ? { belongsToRequiredId: COMMON_LEAF }
      : { belongsToRequired: { connect: { id: COMMON_LEAF } } }
    return { id: number, ...scalars, ...required }
  }
  if (model !== 'Join') return { id: number, ...scalars }
  const leafId = JOINED_LEAVES[number % JOINED_LEAVES.length]
  return { ...scalars, ...(many ? { leafId } : { leaf: { connect: { id: leafId } } }) }
}

/** What the rows of a model are changed to. */
export function changes(model: ModelName): Args {
  return scalarsOf(model, NEW + 77)
}

/** Everything that stands in the database before a cell, in an order that foreign keys allow. */
export function seedRows(): { readonly model: string; readonly data: Args }[] {
  const leaf = (id: number) => ({ model: 'leaf', data: { id, ...scalarsOf('Leaf', id) } })
  const hub = (id: number, links: Args = {}) => ({
    model: 'hub',
    data: { id, ...scalarsOf('Hub', id), belongsToRequiredId: COMMON_LEAF, ...links },
  })
  const below = (model: 'Sole' | 'Owned', id: number, hubId: number) => ({
    model: model.toLowerCase(),
    data: { id, hubId, ...scalarsOf(model, id) },
  })
  const join = (key: { hubId: number; leafId: number }) => ({
    model: 'join',
    data: { ...key, ...scalarsOf('Join', key) },
  })
  const links = Object.values(LINKED_HUBS).map((id) => [id, linksOf(id)] as const)
  const number = (key: RowKey | undefined): number => (typeof key === 'number' ? key : (key?.leafId ?? Number.NaN))
  const leaves = links.flatMap(([, { hasOne, hasMany, belongsTo, belongsToOne, manyToMany, joins }]) =>
    [hasOne, hasMany, belongsTo, belongsToOne, manyToMany, joins].map(number),
  )
  const others = links.flatMap(([id, { selfParent, selfChildren, selfTwin, selfTwinOf, selfMany, selfManyOf }]) =>
    [id, selfParent, selfChildren, selfTwin, selfTwinOf, selfMany, selfManyOf].map(number),
  )
  return [
    ...[COMMON_LEAF, FREE_LEAF, 41, ...JOINED_LEAVES, ...leaves].map(leaf),
    ...[...new Set([...others, DELETED_HUB])].map((id) => hub(id)),
    hub(EMPTY_HUB, { belongsToRequiredId: FREE_LEAF }),
    ...links.flatMap(([id, { hasOneRequired, hasManyRequired, joins }]) => [
      below('Sole', number(hasOneRequired), id),
      below('Owned', number(hasManyRequired), id),
      join({ hubId: id, leafId: number(joins) }),
    ]),
    below('Sole', 22, DELETED_HUB),
    below('Owned', 33, DELETED_HUB),
    join({ hubId: DELETED_HUB, leafId: 41 }),
  ]
}

/** What links the seeded hubs to the rest, said as an update of each. */
export function seedLinks(): { readonly id: number; readonly data: Args }[] {
  const named = ['hasOne', 'hasMany', 'belongsTo', 'belongsToOne', 'manyToMany', 'selfParent', 'selfChildren']
  return Object.values(LINKED_HUBS).map((id) => ({
    id,
    data: Object.fromEntries(
      [...named, 'selfTwin', 'selfTwinOf', 'selfMany', 'selfManyOf'].map((relation) => [
        relation,
        { connect: { id: linked(relation, id) } },
      ]),
    ),
  }))
}
