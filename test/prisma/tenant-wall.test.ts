import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import type { SealedClient } from '../support/sealed-client.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { type FirmRows, MARK, SSN, seedTwoFirms, type TwoFirms } from '../support/two-firms.js'

/** What is done in firm A's context; `b` names rows of firm B, `a` its own. */
type Attempt = (client: SealedClient, b: FirmRows, a: FirmRows) => Promise<unknown>

const NAME = { name: 'taken over' }
const third = <T>(list: readonly T[]): T => first(list.slice(2))
const first = <T>(list: readonly T[]): T => {
  const [one] = list
  if (one === undefined) throw new Error('empty')
  return one
}

/** Ways to name rows of firm B. */
const FOREIGN_CLIENT: { readonly [how: string]: (b: FirmRows) => Record<string, unknown> } = {
  'by id': (b) => ({ id: first(b.clients) }),
  'by an encrypted unique field': () => ({ ssn: SSN.firm_b }),
  'by id with a filter beside it': (b) => ({
    id: first(b.clients),
    OR: [{ firmId: 'firm_b' }, { city: `${MARK} city` }],
  }),
}

const FOREIGN_FILTERS: { readonly [how: string]: (b: FirmRows) => Record<string, unknown> } = {
  'with an empty filter': () => ({}),
  'with a negated tag': () => ({ email: { not: 'nobody' } }),
  'with notIn': () => ({ email: { notIn: ['nobody'] } }),
  'with NOT': () => ({ NOT: { email: 'nobody' } }),
  'with OR': (b) => ({ OR: [{ id: first(b.clients) }, { email: { not: 'nobody' } }] }),
  'by a relation': (b) => ({ notes: { some: { id: first(b.notes) } } }),
  'by every related row': () => ({ notes: { every: { body: { not: null } } } }),
  'by the tenant column': () => ({ firmId: 'firm_b' }),
}

const writes: Record<string, Attempt> = {}
for (const [how, where] of Object.entries(FOREIGN_CLIENT)) {
  writes[`update ${how}`] = (p, b) => p.client.update({ where: where(b), data: NAME })
  writes[`upsert ${how}`] = (p, b) =>
    p.client.upsert({ where: where(b), update: NAME, create: { id: first(b.clients), name: 'made' } })
  writes[`delete ${how}`] = (p, b) => p.client.delete({ where: where(b) })
  for (const [verb, operand] of Object.entries({
    connect: (b: FirmRows) => where(b),
    connectOrCreate: (b: FirmRows) => ({ where: where(b), create: { name: 'made' } }),
    set: (b: FirmRows) => [where(b)],
    disconnect: (b: FirmRows) => where(b),
    delete: (b: FirmRows) => where(b),
    update: (b: FirmRows) => ({ where: where(b), data: NAME }),
    upsert: (b: FirmRows) => ({ where: where(b), update: NAME, create: { name: 'made' } }),
  })) {
    writes[`nested ${verb} ${how}, below a row of its own`] = (p, b, a) =>
      p.client.update({ where: { id: first(a.clients) }, data: { referrals: { [verb]: operand(b) } } })
    writes[`nested ${verb} ${how}, below the other firm`] = (p, b) =>
      p.firm.update({ where: { id: 'firm_b' }, data: { clients: { [verb]: operand(b) } } })
    writes[`nested ${verb} ${how}, below a shared row without a tenant`] = (p, b) =>
      p.tag.update({ where: { id: 1 }, data: { clients: { [verb]: operand(b) } } })
  }
}
for (const [how, where] of Object.entries(FOREIGN_FILTERS)) {
  writes[`updateMany ${how}`] = (p, b) => p.client.updateMany({ where: where(b), data: NAME })
  writes[`updateManyAndReturn ${how}`] = (p, b) => p.client.updateManyAndReturn({ where: where(b), data: NAME })
  for (const outer of ['firm', 'tag'] as const) {
    const named = outer === 'firm' ? { id: 'firm_b' } : { id: 1 }
    writes[`nested updateMany ${how}, below ${outer}`] = (p, b) =>
      p[outer].update({ where: named, data: { clients: { updateMany: { where: where(b), data: NAME } } } })
    writes[`nested deleteMany ${how}, below ${outer}`] = (p, b) =>
      p[outer].update({ where: named, data: { clients: { deleteMany: { city: `${MARK} city`, ...where(b) } } } })
  }
}
Object.assign(writes, {
  'deleteMany of the other firm': (p) => p.client.deleteMany({ where: { firmId: 'firm_b' } }),
  'deleteMany by a negated tag': (p) =>
    p.client.deleteMany({ where: { email: { not: 'nobody' }, city: `${MARK} city` } }),
  'deleteMany of notes by their client': (p) => p.note.deleteMany({ where: { client: { firmId: 'firm_b' } } }),
  'update of a note of the other firm': (p, b) => p.note.update({ where: { id: first(b.notes) }, data: { body: 'x' } }),
  'updateMany of all notes': (p) => p.note.updateMany({ data: { body: 'x' } }),
  'delete of a profile of the other firm': (p, b) => p.profile.delete({ where: { id: b.profile } }),
  'create in the other firm by scalar': (p) => p.client.create({ data: { firmId: 'firm_b', name: 'x' } }),
  'create in the other firm by connect': (p) =>
    p.client.create({ data: { firm: { connect: { id: 'firm_b' } }, name: 'x' } }),
  'create in the other firm by connectOrCreate': (p) =>
    p.client.create({
      data: { firm: { connectOrCreate: { where: { id: 'firm_b' }, create: { id: 'firm_b', name: 'x' } } }, name: 'x' },
    }),
  'createMany in the other firm': (p) => p.client.createMany({ data: [{ firmId: 'firm_b', name: 'x' }] }),
  'create below the other firm': (p) =>
    p.firm.update({ where: { id: 'firm_b' }, data: { clients: { create: { name: 'x' } } } }),
  'createMany below the other firm': (p) =>
    p.firm.update({ where: { id: 'firm_b' }, data: { clients: { createMany: { data: [{ name: 'x' }] } } } }),
  'create below a new firm': (p) =>
    p.firm.create({ data: { id: 'firm_c', name: 'C', clients: { create: { name: 'x' } } } }),
  'a note on a client of the other firm by scalar': (p, b) =>
    p.note.create({ data: { clientId: first(b.clients), body: 'x' } }),
  'a note on a client of the other firm by connect': (p, b) =>
    p.note.create({ data: { client: { connect: { id: first(b.clients) } }, body: 'x' } }),
  'notes on a client of the other firm by createMany': (p, b) =>
    p.note.createMany({ data: [{ clientId: first(b.clients), body: 'x' }] }),
  'moving a row to the other firm by scalar': (p, _b, a) =>
    p.client.update({ where: { id: first(a.clients) }, data: { firmId: 'firm_b' } }),
  'moving a row to the other firm by set': (p, _b, a) =>
    p.client.update({ where: { id: first(a.clients) }, data: { firmId: { set: 'firm_b' } } }),
  'moving a row to the other firm by connect': (p, _b, a) =>
    p.client.update({ where: { id: first(a.clients) }, data: { firm: { connect: { id: 'firm_b' } } } }),
  'moving rows to the other firm by updateMany': (p) => p.client.updateMany({ data: { firmId: 'firm_b' } }),
  'moving a note to a client of the other firm by scalar': (p, b, a) =>
    p.note.update({ where: { id: first(a.notes) }, data: { clientId: first(b.clients) } }),
  'moving notes to a client of the other firm by updateMany': (p, b) =>
    p.note.updateMany({ data: { clientId: first(b.clients) } }),
  'changing a client through a note of the other firm': (p, b) =>
    p.note.update({ where: { id: first(b.notes) }, data: { client: { update: NAME } } }),
  'changing a user through its own note': (p, b, a) =>
    p.note.update({
      where: { id: first(a.notes) },
      data: { author: { connect: { id: b.user } } },
    }),
} satisfies { [name: string]: Attempt })

/** Rows of firm B that a row of firm A refers to, or is referred to by: written by someone who knows no tenants. */
Object.assign(writes, {
  'update of the foreign author of its own note': (p, _b, a) =>
    p.note.update({ where: { id: third(a.notes) }, data: { author: { update: { email: 'x@x.example' } } } }),
  'update with a filter of the foreign author of its own note': (p, _b, a) =>
    p.note.update({
      where: { id: third(a.notes) },
      data: { author: { update: { where: {}, data: { email: 'x@x.example' } } } },
    }),
  'upsert of the foreign author of its own note': (p, _b, a) =>
    p.note.update({
      where: { id: third(a.notes) },
      data: { author: { upsert: { update: { email: 'x@x.example' }, create: { email: 'y@y.example' } } } },
    }),
  'delete of the foreign author of its own note': (p, _b, a) =>
    p.note.update({ where: { id: third(a.notes) }, data: { author: { delete: true } } }),
  'update of foreign notes below its own user': (p, b, a) =>
    p.user.update({
      where: { id: a.user },
      data: { notes: { update: { where: { id: third(b.notes) }, data: { body: 'x' } } } },
    }),
  'upsert of foreign notes below its own user': (p, b, a) =>
    p.user.update({
      where: { id: a.user },
      data: {
        notes: {
          upsert: {
            where: { id: third(b.notes) },
            update: { body: 'x' },
            create: { body: 'x', client: { connect: { id: first(a.clients) } } },
          },
        },
      },
    }),
  'updateMany of foreign notes below its own user': (p, _b, a) =>
    p.user.update({ where: { id: a.user }, data: { notes: { updateMany: { where: {}, data: { body: 'x' } } } } }),
  'deleteMany of foreign notes below its own user': (p, _b, a) =>
    p.user.update({ where: { id: a.user }, data: { notes: { deleteMany: {} } } }),
  'delete of foreign notes below its own user': (p, b, a) =>
    p.user.update({ where: { id: a.user }, data: { notes: { delete: { id: third(b.notes) } } } }),
  'disconnect of foreign notes from its own user': (p, b, a) =>
    p.user.update({ where: { id: a.user }, data: { notes: { disconnect: { id: third(b.notes) } } } }),
  'set of no notes for its own user': (p, _b, a) =>
    p.user.update({ where: { id: a.user }, data: { notes: { set: [] } } }),
  'updateMany of foreign referrals of its own client': (p, _b, a) =>
    p.client.update({
      where: { id: first(a.clients) },
      data: { referrals: { updateMany: { where: {}, data: NAME } } },
    }),
  'deleteMany of foreign referrals of its own client': (p, _b, a) =>
    p.client.update({ where: { id: first(a.clients) }, data: { referrals: { deleteMany: {} } } }),
  'set of no referrals of its own client': (p, _b, a) =>
    p.client.update({ where: { id: first(a.clients) }, data: { referrals: { set: [] } } }),
  'update of the foreign client that referred its own': (p, _b, a) =>
    p.client.update({ where: { id: third(a.clients) }, data: { referredBy: { update: NAME } } }),
} satisfies { [name: string]: Attempt })

/** Reads that follow a reference to the other tenant: refused, since a to-one relation cannot be filtered. */
const tangledReads: { readonly [name: string]: Attempt } = {
  'the author of a note': (p, _b, a) => p.note.findUnique({ where: { id: third(a.notes) }, include: { author: true } }),
  'one plain field of the author': (p, _b, a) =>
    p.note.findUnique({ where: { id: third(a.notes) }, select: { author: { select: { id: true } } } }),
  'the author by the fluent API': (p, _b, a) =>
    p.note.findUnique({ where: { id: third(a.notes) } }).author?.() ?? Promise.resolve(),
  'the client that referred one': (p, _b, a) =>
    p.client.findUnique({ where: { id: third(a.clients) }, include: { referredBy: { select: { city: true } } } }),
  'the profile of the author': (p, _b, a) =>
    p.note.findMany({
      where: { id: third(a.notes) },
      select: { author: { select: { profile: { select: { id: true } } } } },
    }),
}

const reads: { readonly [name: string]: Attempt } = {
  'findMany without a filter': (p) => p.client.findMany(),
  'findMany with everything included': (p, _b, a) =>
    p.client.findMany({
      where: { id: { in: a.clients.slice(0, 2) } },
      include: {
        notes: { include: { author: { include: { profile: true } } } },
        tags: { include: { clients: true } },
        firm: true,
        referrals: true,
      },
    }),
  'findFirst by the other firm': (p) => p.client.findFirst({ where: { firmId: 'firm_b' } }),
  'findUnique by id': (p, b) => p.client.findUnique({ where: { id: first(b.clients) } }),
  'findUnique by an encrypted field': (p) => p.client.findUnique({ where: { ssn: SSN.firm_b } }),
  'findUnique of a note': (p, b) => p.note.findUnique({ where: { id: first(b.notes) }, include: { client: true } }),
  'the other firm with its clients': (p) =>
    p.firm.findUnique({ where: { id: 'firm_b' }, include: { clients: { include: { notes: true } }, users: true } }),
  'the other firm’s clients by the fluent API': (p) =>
    p.firm.findUnique({ where: { id: 'firm_b' } }).clients?.() ?? Promise.reject(),
  'a shared tag with its clients': (p) =>
    p.tag.findMany({ select: { clients: { select: { city: true, name: true } } } }),
  'groupBy a plain column': (p) => p.client.groupBy({ by: ['city'], _count: true }),
  'all users with profiles': (p) => p.user.findMany({ include: { profile: true, notes: true } }),
}

const counts: { readonly [name: string]: readonly [expected: unknown, count: Attempt] } = {
  clients: [3, (p) => p.client.count()],
  'clients by a negated tag': [3, (p) => p.client.count({ where: { email: { not: 'nobody' } } })],
  'clients of the other firm': [0, (p) => p.client.count({ where: { firmId: 'firm_b' } })],
  'clients by aggregate': [{ _count: 3 }, (p) => p.client.aggregate({ _count: true })],
  notes: [3, (p) => p.note.count()],
  profiles: [1, (p) => p.profile.count()],
  'clients of the other firm by _count': [
    { _count: { clients: 0 } },
    (p) => p.firm.findUnique({ where: { id: 'firm_b' }, select: { _count: { select: { clients: true } } } }),
  ],
  'everything of the other firm by _count: true': [
    { _count: { clients: 0, users: 0 } },
    (p) => p.firm.findUnique({ where: { id: 'firm_b' }, select: { _count: true } }),
  ],
  'a shared tag’s clients by _count': [
    { _count: { clients: 3 } },
    (p) =>
      p.tag.findUnique({
        where: { id: 1 },
        select: { _count: { select: { clients: { where: { email: { not: 'x' } } } } } },
      }),
  ],
  'firms that have a client in the other city': [
    0,
    (p) => p.firm.count({ where: { clients: { some: { city: `${MARK} city` } } } }),
  ],
  'firms whose every client is in the first city': [
    2,
    (p) => p.firm.count({ where: { clients: { every: { city: 'alpha city' } } } }),
  ],
  'firms whose every user passes a filter that asks nothing': [
    2,
    (p) => p.firm.count({ where: { users: { every: { AND: [{}], NOT: { id: {} } } } } }),
  ],
  'firms of which that is not so': [0, (p) => p.firm.count({ where: { NOT: { users: { every: {} } } } })],
  'notes with an author of whom nothing is asked': [3, (p) => p.note.count({ where: { author: {} } })],
  'firms with no client in the other city': [
    2,
    (p) => p.firm.count({ where: { clients: { none: { city: `${MARK} city` } } } }),
  ],
}

/** Writes that name a client or a user by the scalar of a foreign key; what they change is taken back. */
interface Referred {
  readonly client: string
  readonly user: string
}
const references: {
  readonly [name: string]: (p: SealedClient, to: Referred, a: FirmRows) => Promise<unknown>
} = {
  create: (p, to) => p.client.create({ data: { id: 'made-1', name: 'x', referredById: to.client } }),
  'create of a row whose tenant lies behind a relation': (p, to, a) =>
    p.note.create({ data: { clientId: first(a.clients), body: 'made', authorId: to.user } }),
  'createMany of one row among others': (p, to) =>
    p.client.createMany({
      data: [
        { id: 'made-2', name: 'x' },
        { id: 'made-3', name: 'x', referredById: to.client },
      ],
    }),
  'a nested create': (p, to) =>
    p.firm.update({
      where: { id: 'firm_a' },
      data: { clients: { create: { id: 'made-4', name: 'x', referredById: to.client } } },
    }),
  'a nested createMany': (p, to, a) =>
    p.client.update({
      where: { id: first(a.clients) },
      data: { notes: { createMany: { data: [{ body: 'made', authorId: to.user }] } } },
    }),
  update: (p, to, a) => p.client.update({ where: { id: first(a.clients) }, data: { referredById: to.client } }),
  'update by set': (p, to, a) => p.note.update({ where: { id: first(a.notes) }, data: { authorId: { set: to.user } } }),
  'a nested update': (p, to, a) =>
    p.client.update({
      where: { id: first(a.clients) },
      data: { notes: { update: { where: { id: first(a.notes) }, data: { authorId: to.user } } } },
    }),
  updateMany: (p, to, a) => p.note.updateMany({ where: { id: first(a.notes) }, data: { authorId: to.user } }),
  upsert: (p, to, a) =>
    p.note.upsert({
      where: { id: first(a.notes) },
      update: { authorId: to.user },
      create: { clientId: first(a.clients), body: 'made' },
    }),
  'an update in an interactive transaction': (p, to, a) =>
    p.$transaction((tx) => tx.note.update({ where: { id: first(a.notes) }, data: { authorId: to.user } })),
}

/** Lists that begin at a row: the other firm's, or one that is not there. */
interface CursorAttempt {
  readonly foreign: (b: FirmRows) => Args
  readonly missing: Args
  readonly own: (a: FirmRows) => Args
  readonly list: (client: SealedClient, cursor: Args) => Promise<unknown>
}

const ofClients: Omit<CursorAttempt, 'list'> = {
  foreign: (b) => ({ id: first(b.clients) }),
  missing: { id: 'nobody' },
  own: (a) => ({ id: first(a.clients) }),
}
const ofNotes: Omit<CursorAttempt, 'list'> = {
  foreign: (b) => ({ id: first(b.notes) }),
  missing: { id: 987_654 },
  own: (a) => ({ id: first(a.notes) }),
}
const BACK_AND_FORTH: readonly Args[] = [{ id: 'asc' }, { id: 'desc' }].map((orderBy) => ({ orderBy }))
const all = async (lists: readonly Promise<unknown>[]): Promise<unknown> => (await Promise.all(lists)).flat()

const cursors: { readonly [name: string]: CursorAttempt } = {
  'of clients': {
    ...ofClients,
    list: (p, cursor) => all(BACK_AND_FORTH.map((order) => p.client.findMany({ ...order, cursor }))),
  },
  'of clients by a plain field': {
    ...ofClients,
    list: (p, cursor) =>
      all(['asc', 'desc'].map((city) => p.client.findMany({ orderBy: [{ city }, { id: 'asc' }], cursor, skip: 1 }))),
  },
  'of clients by an encrypted unique field': {
    ...ofClients,
    foreign: () => ({ ssn: SSN.firm_b }),
    missing: { ssn: '999' },
    own: () => ({ ssn: SSN.firm_a }),
    list: (p, cursor) => p.client.findMany({ orderBy: { id: 'asc' }, cursor }),
  },
  'of clients by a compound unique of the other firm': {
    ...ofClients,
    foreign: () => ({ firmId_phone: { firmId: 'firm_b', phone: `${MARK} phone 0` } }),
    missing: { firmId_phone: { firmId: 'firm_a', phone: 'none' } },
    own: () => ({ firmId_phone: { firmId: 'firm_a', phone: 'alpha phone 0' } }),
    list: (p, cursor) => p.client.findMany({ orderBy: { id: 'asc' }, cursor }),
  },
  'of clients, naming the other firm beside it': {
    ...ofClients,
    foreign: (b) => ({ id: first(b.clients), firmId: 'firm_b' }),
    list: (p, cursor) => p.client.findMany({ orderBy: { id: 'asc' }, cursor }),
  },
  'of the last clients': {
    ...ofClients,
    list: (p, cursor) => p.client.findMany({ orderBy: { id: 'desc' }, cursor, take: -9 }),
  },
  'of distinct clients': {
    ...ofClients,
    list: (p, cursor) =>
      p.client.findMany({ orderBy: { id: 'asc' }, cursor, distinct: ['email'], select: { city: true } }),
  },
  'of the first client': {
    ...ofClients,
    list: async (p, cursor) => [(await p.client.findFirst({ orderBy: { id: 'desc' }, cursor })) ?? []].flat(),
  },
  'of counted clients': {
    ...ofClients,
    list: async (p, cursor) => Array(await p.client.count({ orderBy: { id: 'asc' }, cursor })).fill('counted'),
  },
  'of notes, whose tenant lies behind a relation': {
    ...ofNotes,
    list: (p, cursor) =>
      all(BACK_AND_FORTH.map((order) => p.note.findMany({ ...order, cursor, where: { NOT: { id: 0 } } }))),
  },
  'of notes, without a filter': {
    ...ofNotes,
    list: (p, cursor) => p.note.findMany({ orderBy: { id: 'desc' }, cursor, take: 5, skip: 0 }),
  },
  'of aggregated notes': {
    ...ofNotes,
    list: async (p, cursor) => {
      const { _count, _max } = await p.note.aggregate({
        orderBy: { id: 'desc' },
        cursor,
        _count: true,
        _max: { id: true },
      })
      return Number(_count) === 0 && _max?.id === null ? [] : [_count]
    },
  },
  'of notes in an interactive transaction': {
    ...ofNotes,
    list: (p, cursor) => p.$transaction((tx) => tx.note.findMany({ orderBy: { id: 'desc' }, cursor })),
  },
  'of notes in an array transaction': {
    ...ofNotes,
    list: async (p, cursor) => {
      const [notes] = await p.$transaction([p.note.findMany({ orderBy: { id: 'desc' }, cursor }), p.note.count()])
      return notes
    },
  },
  'of profiles, whose tenant lies behind a relation': {
    foreign: (b) => ({ id: b.profile }),
    missing: { id: 987_654 },
    own: (a) => ({ id: a.profile }),
    list: (p, cursor) => all(BACK_AND_FORTH.map((order) => p.profile.findMany({ ...order, cursor }))),
  },
  'of a list of related rows': {
    ...ofNotes,
    list: async (p, cursor) => {
      const users = await p.user.findMany({ include: { notes: { orderBy: { id: 'desc' }, cursor } } })
      return users.flatMap(({ notes }) => notes)
    },
  },
  'of a list of rows that hang on their parent': {
    ...ofNotes,
    list: async (p, cursor) => {
      const clients = await p.client.findMany({ include: { notes: { orderBy: { id: 'asc' }, cursor } } })
      return clients.flatMap(({ notes }) => notes)
    },
  },
}

describe.each(databasesUnderTest())('the tenant wall on %s', (database) => {
  let bench: SealedBench
  let firms: TwoFirms
  let before: string

  beforeAll(async () => {
    bench = await prepareSealed({ database })
    firms = await seedTwoFirms(bench)
    before = await firms.stored('firm_b')
  })
  afterAll(() => bench?.dispose())

  const asA = <T>(work: () => Promise<T>): Promise<T> => bench.sealed.$fieldseal.withTenant('firm_a', work)

  test.each(Object.entries(reads))('shows nothing of the other tenant: %s', async (_, read) => {
    const answer = await asA(async () => read(bench.sealed, firms.ids.firm_b, firms.ids.firm_a))
    expect(
      JSON.stringify(answer, (__, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString() : value,
      ),
    ).not.toContain(MARK)
  })

  test.each(Object.entries(tangledReads))('refuses to follow a reference to the other tenant: %s', async (_, read) => {
    await expect(asA(async () => read(bench.sealed, firms.ids.firm_b, firms.ids.firm_a))).rejects.toMatchObject({
      code: 'TENANT_WALL',
    })
  })

  test.each(Object.entries(counts))('counts nothing of the other tenant: %s', async (_, [expected, count]) => {
    expect(await asA(async () => count(bench.sealed, firms.ids.firm_b, firms.ids.firm_a))).toEqual(expected)
  })

  test.each(Object.entries(writes))('leaves the other tenant’s rows as they are: %s', async (_, write) => {
    await asA(async () => write(bench.sealed, firms.ids.firm_b, firms.ids.firm_a)).catch(() => undefined)
    expect(await firms.stored('firm_b')).toBe(before)
  })

  const undone = async (): Promise<void> => {
    const [note] = firms.ids.firm_a.notes
    await bench.base.client.updateMany({
      where: { referredById: { startsWith: 'made' } },
      data: { referredById: null },
    })
    await bench.base.client.deleteMany({ where: { id: { startsWith: 'made' } } })
    await bench.base.note.deleteMany({
      where: { NOT: { id: { in: [...firms.ids.firm_a.notes, ...firms.ids.firm_b.notes] } } },
    })
    await bench.base.note.update({ where: { id: note }, data: { authorId: firms.ids.firm_a.user } })
  }

  test.each(Object.entries(references))('lets no foreign key name a row of the other tenant: %s', async (_, write) => {
    const { firm_a: a, firm_b: b } = firms.ids
    const own = { client: 'made-0', user: a.user }
    const foreign = { client: first(b.clients), user: b.user }
    const codeOf = (to: Referred): Promise<unknown> =>
      asA(() => write(bench.sealed, to, a)).then(
        () => 'written',
        (error: unknown) => Reflect.get(Object(error), 'code'),
      )
    // Where the tenant lies behind a relation, all scalars are turned into connections.
    expect(await codeOf(foreign)).toMatch(/^(TENANT_WALL|P2025)$/)
    expect(await codeOf({ client: 'nobody', user: 'nobody' })).toMatch(/^(P2003|23503|P2025)$/)
    expect(await firms.stored('firm_b')).toBe(before)
    await asA(() => bench.sealed.client.create({ data: { id: own.client, name: 'x' } }))
    await asA(() => write(bench.sealed, own, a))
    await undone()
  })

  test('lets a foreign key name a row that the same operation, or transaction, makes', async () => {
    const { sealed } = bench
    await asA(async () => {
      const made = { id: 'made-a', name: 'x' }
      await sealed.client.createMany({ data: [made, { id: 'made-b', name: 'x', referredById: 'made-a' }] })
      await sealed.$transaction([
        sealed.client.create({ data: { id: 'made-c', name: 'x' } }),
        sealed.client.create({ data: { id: 'made-d', name: 'x', referredById: 'made-c' } }),
      ])
      await sealed.$transaction(async (tx) => {
        await tx.client.create({ data: { id: 'made-e', name: 'x' } })
        await tx.client.update({ where: { id: 'made-d' }, data: { referredById: 'made-e' } })
      })
      await sealed.client.update({ where: { id: 'made-d' }, data: { referredById: null } })
    })
    const foreign = asA(async () =>
      sealed.$transaction([
        sealed.client.count(),
        sealed.client.update({ where: { id: 'made-d' }, data: { referredById: firms.ids.firm_b.clients[0] } }),
      ]),
    )
    await expect(foreign).rejects.toMatchObject({ code: 'TENANT_WALL' })
    await undone()
  })

  test.each(Object.entries(cursors))(
    'begins no list at a row of the other tenant: %s',
    async (_, { foreign, missing, own, list }) => {
      const { firm_a: a, firm_b: b } = firms.ids
      expect(await asA(() => list(bench.sealed, own(a)))).not.toEqual([])
      expect(await asA(() => list(bench.sealed, missing))).toEqual([])
      expect(await asA(() => list(bench.sealed, foreign(b)))).toEqual([])
    },
  )

  test('takes the id of another tenant’s row for a duplicate, and tells no more than that', async () => {
    const make = (data: Args) => asA(() => bench.sealed.client.create({ data }))
    const errors = [first(firms.ids.firm_b.clients), first(firms.ids.firm_a.clients)].map((id) =>
      make({ id, name: 'x' }).then(
        () => expect.fail('the id was taken'),
        (error: unknown) => ({
          code: Reflect.get(Object(error), 'code'),
          target: Reflect.get(Object(Reflect.get(Object(error), 'meta')), 'target'),
          message: String(error).replaceAll(id, 'ID'),
        }),
      ),
    )
    const [foreign, own] = await Promise.all(errors)
    expect(foreign).toEqual(own)
  })

  test('leaves every row of the other tenant readable to it', async () => {
    const clients = await bench.sealed.$fieldseal.withTenant('firm_b', async () =>
      bench.sealed.client.findMany({ include: { notes: true }, orderBy: { id: 'asc' } }),
    )
    expect(clients.map(({ name, notes }) => [name, notes?.[0]?.body])).toEqual([
      [`${MARK} client 0`, `${MARK} note 0`],
      [`${MARK} client 1`, `${MARK} note 1`],
      [`${MARK} client 2`, `${MARK} note 2`],
    ])
  })
})
