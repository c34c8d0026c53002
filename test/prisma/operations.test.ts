import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Capability, offers } from '../capabilities.js'
import { type Call, run } from '../support/calls.js'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareKinds } from '../support/kinds.js'
import type { SealedBench } from '../support/sealed-client.js'
import { storedText, unsealedValues } from '../support/stored.js'

const FIRM = 'firm_1'
const MODELS = ['Client', 'Note', 'User', 'Profile']

/** What stands in the database before each operation. */
interface Seeded {
  readonly note: number
  readonly author: string
}

interface Operation {
  readonly needs?: Capability
  readonly call: (seeded: Seeded) => Call
  /** Part of what the operation answers; every encrypted value in plaintext. */
  readonly answers: unknown
  /** What is read afterwards, and what that shows. */
  readonly reads?: Call
  readonly shows?: unknown
}

const ofClients = (operation: string, args?: Args): (() => Call) => {
  return () => ({ model: 'client', operation, ...(args === undefined ? {} : { args }) })
}
const clients = (args: Args): Call => ({ model: 'client', operation: 'findMany', args })
const BY_ID = { where: { id: 'ada' } }
const BY_SSN = { where: { ssn: '111111111' } }
const VALUES = {
  name: 'plaintext name',
  ssn: '333-33-3333',
  email: 'plaintext@example.com',
  phone: 'plaintext phone',
  dob: new Date('1815-12-10T00:00:00.000Z'),
  score: 42,
  intake: { note: 'plaintext json', list: [1, null, 'two'] },
  scan: new TextEncoder().encode('plaintext scan'),
  nickname: 'plaintext nickname',
}
const ANSWER = { ...VALUES, firmId: FIRM }
const NEW_NOTE = { body: 'plaintext new note' }

const OPERATIONS: { readonly [name: string]: Operation } = {
  create: { call: ofClients('create', { data: VALUES }), answers: ANSWER },
  'create with notes and tags': {
    call: ofClients('create', {
      data: {
        ...VALUES,
        notes: { create: [NEW_NOTE, { body: 'plaintext other note' }] },
        tags: { connectOrCreate: { where: { label: 'vip' }, create: { label: 'vip' } } },
      },
      include: { notes: { orderBy: { id: 'asc' } }, tags: true },
    }),
    answers: { ...ANSWER, notes: [NEW_NOTE, { body: 'plaintext other note' }], tags: [{ label: 'vip' }] },
  },
  'create with nested createMany': {
    call: ofClients('create', {
      data: { ...VALUES, notes: { createMany: { data: [NEW_NOTE, NEW_NOTE] } } },
      include: { notes: true },
    }),
    answers: { notes: [NEW_NOTE, NEW_NOTE] },
  },
  'create three levels deep': {
    call: () => ({
      model: 'user',
      operation: 'create',
      args: {
        data: {
          email: 'plaintext-user@example.com',
          profile: { create: { bio: 'plaintext bio' } },
          notes: { create: { ...NEW_NOTE, client: { create: { name: 'plaintext deep' } } } },
        },
        include: { profile: true, notes: { include: { client: true } } },
      },
    }),
    answers: {
      email: 'plaintext-user@example.com',
      firmId: FIRM,
      profile: { bio: 'plaintext bio' },
      notes: [{ ...NEW_NOTE, client: { name: 'plaintext deep', firmId: FIRM, nickname: 'none' } }],
    },
  },
  'create of a list, of which one row is connected to another': {
    call: () => ({
      model: 'tag',
      operation: 'create',
      args: {
        data: {
          label: 'new',
          clients: {
            create: [
              { name: 'plaintext first', referredBy: { connect: { id: 'ada' } } },
              { name: 'plaintext second', ssn: '555-55-5555' },
            ],
          },
        },
        include: { clients: { select: { name: true, firmId: true } } },
      },
    }),
    answers: {
      clients: expect.arrayContaining([
        { name: 'plaintext first', firmId: FIRM },
        { name: 'plaintext second', firmId: FIRM },
      ]),
    },
  },
  createMany: {
    call: ofClients('createMany', { data: [VALUES, { name: 'plaintext second' }] }),
    answers: { count: 2 },
    reads: clients({ where: { email: 'plaintext@example.com' }, select: { name: true, intake: true } }),
    shows: [{ name: VALUES.name, intake: VALUES.intake }],
  },
  'createMany of one object': { call: ofClients('createMany', { data: VALUES }), answers: { count: 1 } },
  'createMany of nothing': { call: ofClients('createMany', { data: [] }), answers: { count: 0 } },
  createManyAndReturn: {
    needs: 'createManyAndReturn',
    call: ofClients('createManyAndReturn', { data: [VALUES, { name: 'plaintext second' }] }),
    answers: [ANSWER, { name: 'plaintext second', ssn: null, nickname: 'none' }],
  },
  'createManyAndReturn of nothing': {
    needs: 'createManyAndReturn',
    call: ofClients('createManyAndReturn', { data: [] }),
    answers: [],
  },
  update: { call: ofClients('update', { ...BY_ID, data: VALUES }), answers: { ...ANSWER, id: 'ada' } },
  'update by an encrypted field': {
    call: ofClients('update', { ...BY_SSN, data: { name: 'plaintext changed', email: { set: 'plaintext-set' } } }),
    answers: { id: 'ada', name: 'plaintext changed', email: 'plaintext-set', ssn: '111-11-1111' },
    reads: clients({ where: { email: 'plaintext-set' }, select: { id: true } }),
    shows: [{ id: 'ada' }],
  },
  'update to null': {
    call: ofClients('update', { ...BY_ID, data: { ssn: null, email: { set: null }, scan: null } }),
    answers: { ssn: null, email: null, scan: null },
    reads: clients({ where: { ssn: null }, select: { id: true } }),
    shows: [{ id: 'ada' }],
  },
  'update of plain fields only': {
    call: ofClients('update', { ...BY_ID, data: { city: 'London' } }),
    answers: { name: 'plaintext ada', ssn: '111-11-1111', city: 'London' },
  },
  'update of related rows in every way': {
    call: ({ note }) => ({
      model: 'client',
      operation: 'update',
      args: {
        ...BY_ID,
        data: {
          notes: {
            create: NEW_NOTE,
            update: { where: { id: note }, data: { body: 'plaintext updated note' } },
            upsert: { where: { id: 9999 }, create: { body: 'plaintext upserted' }, update: { body: 'never' } },
          },
          referrals: {
            update: { where: { ssn: '222222222' }, data: { name: 'plaintext bob 2', ssn: '444-44-4444' } },
          },
        },
        include: { notes: { orderBy: { id: 'asc' } }, referrals: true },
      },
    }),
    answers: {
      notes: [{ body: 'plaintext updated note' }, NEW_NOTE, { body: 'plaintext upserted' }],
      referrals: [{ name: 'plaintext bob 2', ssn: '444-44-4444' }],
    },
    reads: clients({ where: { ssn: '444444444' }, select: { id: true } }),
    shows: [{ id: 'bob' }],
  },
  'update of rows below a model without secrets': {
    call: () => ({
      model: 'firm',
      operation: 'update',
      args: {
        where: { id: FIRM },
        data: {
          clients: {
            create: { id: 'carl', name: 'plaintext carl' },
            update: { where: { id: 'ada' }, data: { name: 'plaintext ada 2' } },
            updateMany: { where: { email: 'plaintext-bob' }, data: { name: 'plaintext bob 2' } },
            upsert: {
              where: { ssn: '999999999' },
              create: { id: 'dora', name: 'plaintext dora', ssn: '999-99-9999' },
              update: { name: 'never' },
            },
            connectOrCreate: {
              where: { ssn: '555555555' },
              create: { id: 'eve', name: 'plaintext eve', ssn: '555-55-5555' },
            },
          },
        },
        include: { clients: { orderBy: { id: 'asc' }, select: { name: true } } },
      },
    }),
    answers: {
      clients: ['ada 2', 'bob 2', 'carl', 'dora', 'eve'].map((name) => ({ name: `plaintext ${name}` })),
    },
  },
  'update of the one related row': {
    call: ({ note }) => ({
      model: 'note',
      operation: 'update',
      args: {
        where: { id: note },
        data: {
          client: { update: { name: 'plaintext by note', email: 'plaintext-by-note' } },
          author: { update: { data: { email: 'plaintext-x@example.com' } } },
        },
        include: { client: true, author: true },
      },
    }),
    answers: {
      body: 'plaintext ada note',
      client: { name: 'plaintext by note' },
      author: { email: 'plaintext-x@example.com' },
    },
    reads: clients({ where: { email: 'plaintext-by-note' }, select: { id: true } }),
    shows: [{ id: 'ada' }],
  },
  'upsert of the one related row': {
    call: ({ author }) => ({
      model: 'user',
      operation: 'update',
      args: {
        where: { id: author },
        data: { profile: { upsert: { create: { bio: 'plaintext bio' }, update: { bio: 'never' } } } },
        include: { profile: true },
      },
    }),
    answers: { profile: { bio: 'plaintext bio' } },
  },
  'upsert of a related row where none is': {
    call: () => ({
      model: 'client',
      operation: 'update',
      args: {
        ...BY_ID,
        data: {
          referredBy: {
            upsert: { create: { id: 'new', name: 'plaintext referrer' }, update: { name: 'never' } },
          },
        },
        include: { referredBy: { select: { name: true } } },
      },
    }),
    answers: { referredBy: { name: 'plaintext referrer' } },
  },
  'upsert of a related row where none is, under a filter that says nothing': {
    call: () => ({
      model: 'client',
      operation: 'update',
      args: {
        ...BY_ID,
        data: {
          referredBy: {
            upsert: { where: {}, create: { id: 'new', name: 'plaintext referrer' }, update: { name: 'never' } },
          },
        },
        include: { referredBy: { select: { name: true } } },
      },
    }),
    answers: { referredBy: { name: 'plaintext referrer' } },
  },
  'upsert of the related row that is': {
    call: () => ({
      model: 'client',
      operation: 'update',
      args: {
        where: { id: 'bob' },
        data: { referredBy: { upsert: { create: { name: 'never' }, update: { name: 'plaintext upserted' } } } },
        include: { referredBy: { select: { id: true, name: true } } },
      },
    }),
    answers: { referredBy: { id: 'ada', name: 'plaintext upserted' } },
  },
  'upsert of a related row, of another that is upserted': {
    call: ({ note }) => ({
      model: 'note',
      operation: 'update',
      args: {
        where: { id: note },
        data: {
          author: {
            upsert: {
              create: { email: 'never@example.com' },
              update: { profile: { upsert: { create: { bio: 'plaintext bio' }, update: { bio: 'never' } } } },
            },
          },
        },
        include: { author: { include: { profile: true } } },
      },
    }),
    answers: { author: { profile: { bio: 'plaintext bio' } } },
  },
  updateMany: {
    call: ofClients('updateMany', {
      where: { email: { not: 'plaintext-bob' } },
      data: { email: 'plaintext-all', intake: ['plaintext'] },
    }),
    answers: { count: 1 },
    reads: clients({ where: { email: 'plaintext-all' }, select: { id: true, intake: true } }),
    shows: [{ id: 'ada', intake: ['plaintext'] }],
  },
  'updateMany of all': {
    call: ofClients('updateMany', { data: { name: 'plaintext same' } }),
    answers: { count: 2 },
    reads: clients({ select: { name: true } }),
    shows: [{ name: 'plaintext same' }, { name: 'plaintext same' }],
  },
  updateManyAndReturn: {
    needs: 'updateManyAndReturn',
    call: ofClients('updateManyAndReturn', {
      where: { ssn: { in: ['111111111'] } },
      data: { phone: 'plaintext phone 2' },
    }),
    answers: [{ id: 'ada', phone: 'plaintext phone 2', name: 'plaintext ada' }],
  },
  'upsert that updates': {
    call: ofClients('upsert', { ...BY_SSN, create: { name: 'never' }, update: { name: 'plaintext upserted' } }),
    answers: { id: 'ada', name: 'plaintext upserted' },
  },
  'upsert that creates': {
    call: ofClients('upsert', { where: { ssn: '333333333' }, create: VALUES, update: { name: 'never' } }),
    answers: ANSWER,
  },
  'upsert by a compound unique': {
    call: ofClients('upsert', {
      where: { firmId_phone: { firmId: FIRM, phone: 'plaintext phone' } },
      create: VALUES,
      update: { name: 'never' },
    }),
    answers: ANSWER,
    reads: clients({ where: { phone: 'plaintext phone' }, select: { name: true } }),
    shows: [{ name: 'plaintext name' }],
  },
  delete: { call: ofClients('delete', BY_SSN), answers: { id: 'ada', name: 'plaintext ada', ssn: '111-11-1111' } },
  'delete with what hangs on it': {
    call: ofClients('delete', { ...BY_ID, include: { notes: true } }),
    answers: { name: 'plaintext ada', notes: [{ body: 'plaintext ada note' }] },
  },
  deleteMany: {
    call: ofClients('deleteMany', { where: { email: { in: ['plaintext-bob'] } } }),
    answers: { count: 1 },
    reads: clients({ select: { id: true } }),
    shows: [{ id: 'ada' }],
  },
  'delete of related rows': {
    call: ofClients('update', {
      ...BY_ID,
      data: {
        referrals: { deleteMany: { email: 'plaintext-bob' } },
        notes: { deleteMany: { authorId: { not: null } } },
      },
      include: { referrals: true, notes: true },
    }),
    answers: { referrals: [], notes: [] },
  },
  findUnique: { call: ofClients('findUnique', BY_SSN), answers: { id: 'ada', name: 'plaintext ada', score: 7 } },
  'findUnique of nobody': { call: ofClients('findUnique', { where: { ssn: '1' } }), answers: null },
  findUniqueOrThrow: { call: ofClients('findUniqueOrThrow', BY_SSN), answers: { name: 'plaintext ada' } },
  findFirst: {
    call: ofClients('findFirst', { where: { email: 'plaintext-bob' } }),
    answers: { id: 'bob', intake: null },
  },
  'findFirst without arguments': { call: ofClients('findFirst'), answers: { firmId: FIRM } },
  findFirstOrThrow: { call: ofClients('findFirstOrThrow', BY_SSN), answers: { name: 'plaintext ada' } },
  findMany: {
    call: ofClients('findMany', { orderBy: { id: 'asc' } }),
    answers: [{ name: 'plaintext ada' }, { name: 'plaintext bob' }],
  },
  'findMany of none': { call: ofClients('findMany', { take: 0 }), answers: [] },
  'findMany in no values': { call: ofClients('findMany', { where: { email: { in: [] } } }), answers: [] },
  'findMany, four levels deep': {
    call: ofClients('findMany', {
      where: { notes: { some: {} } },
      include: {
        notes: { include: { author: { include: { notes: { include: { client: { select: { name: true } } } } } } } },
        referrals: { select: { name: true, referredBy: { select: { intake: true } } } },
        firm: true,
      },
    }),
    answers: [
      {
        firm: { name: 'One' },
        referrals: [{ name: 'plaintext bob', referredBy: { intake: { deep: ['plaintext'] } } }],
        notes: [
          {
            body: 'plaintext ada note',
            author: { email: 'plaintext-author@example.com', notes: [{ client: { name: 'plaintext ada' } }] },
          },
        ],
      },
    ],
  },
  count: { call: ofClients('count', { where: { email: 'plaintext-ada' } }), answers: 1 },
  'count of columns': {
    call: ofClients('count', { select: { _all: true, ssn: true, intake: true } }),
    answers: { _all: 2, ssn: 2, intake: 1 },
  },
  aggregate: {
    call: ofClients('aggregate', { where: { email: { not: 'nobody' } }, _count: { intake: true }, _max: { id: true } }),
    answers: { _count: { intake: 1 }, _max: { id: 'bob' } },
  },
  groupBy: {
    call: ofClients('groupBy', { by: ['firmId'], where: { ssn: '111111111' }, _count: { _all: true } }),
    answers: [{ firmId: FIRM, _count: { _all: 1 } }],
  },
}

/** Values that must not leave the extension: plaintext, and `undefined`, which Prisma may be told to refuse. */
function readable(value: unknown): unknown[] {
  if (value === undefined) return [value]
  if (typeof value === 'string') return /plaintext|\d{3}-\d\d-\d{4}/.test(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(readable) : []
}

describe.each(databasesUnderTest())('operations on %s', (database) => {
  let bench: SealedBench
  let seeded: Seeded
  let client: object
  /** Arguments as they leave the extension. */
  const sent: unknown[] = []

  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => bench.sealed.$fieldseal.withTenant(FIRM, work)

  beforeAll(async () => {
    bench = await prepareKinds(database)
    client = bench.sealed.$extends({
      query: {
        $allOperations({ args, query }: { args: unknown; query: (args: unknown) => unknown }) {
          sent.push(args)
          return query(args)
        },
      },
    })
    await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
  })
  afterAll(() => bench?.dispose())

  beforeEach(async () => {
    for (const model of ['note', 'profile', 'client', 'user', 'tag'] as const) {
      if (model === 'client') await bench.base.client.updateMany({ data: { referredById: null } })
      await bench.base[model].deleteMany()
    }
    seeded = await inFirm(async () => {
      const author = await bench.sealed.user.create({ data: { email: 'plaintext-author@example.com' } })
      const ada = await bench.sealed.client.create({
        data: {
          id: 'ada',
          name: 'plaintext ada',
          ssn: '111-11-1111',
          email: 'plaintext-ada',
          score: 7,
          intake: { deep: ['plaintext'] },
          notes: { create: { body: 'plaintext ada note', author: { connect: { id: String(author.id) } } } },
        },
        include: { notes: true },
      })
      await bench.sealed.client.create({
        data: { id: 'bob', name: 'plaintext bob', ssn: '222-22-2222', email: 'plaintext-bob', referredById: 'ada' },
      })
      return { note: Number(ada.notes?.[0]?.id), author: String(author.id) }
    })
  })

  async function expectNothingReadable(): Promise<void> {
    expect((await Promise.all(MODELS.map((model) => unsealedValues(bench, model)))).flat()).toEqual([])
    const text = await storedText(bench, ...MODELS)
    expect(text).not.toMatch(/plaintext/)
    expect(text).not.toContain(Buffer.from('plaintext').toString('hex'))
    expect(text).not.toMatch(/\d{3}-\d\d-\d{4}/)
  }

  test.each(Object.entries(OPERATIONS))(
    '%s answers in plaintext, stores only cells, and leaves its arguments alone',
    async (_, operation) => {
      const { needs, call, answers, reads, shows } = operation
      sent.length = 0
      const asked = inFirm(() => run(client, call(seeded)))
      if (needs !== undefined && !offers(needs, database)) {
        await expect(asked).rejects.toThrow()
        await expectNothingReadable()
        return
      }
      const answer = await asked
      expect(sent).toHaveLength(1)
      expect(readable(sent)).toEqual([])
      if (typeof answers === 'object' && answers !== null) expect(answer).toMatchObject(answers)
      else expect(answer).toBe(answers)
      await expectNothingReadable()
      if (reads === undefined || shows === undefined) return
      expect(await inFirm(() => run(bench.sealed, reads))).toEqual(shows)
    },
  )

  test('the fluent API opens the relation it ends at, at any depth', async () => {
    const note = bench.sealed.note.findUnique
    const where = { id: seeded.note }
    const answers = await inFirm(async () => [
      await note({ where }).client?.(),
      await note({ where }).client?.().referrals?.(),
      await note({ where }).client?.({ select: { name: true } }),
      await bench.sealed.client.findUnique(BY_SSN).notes?.({ where: { authorId: { not: null } } }),
      await bench.sealed.client
        .findFirst({ where: { email: 'plaintext-bob' } })
        .referredBy?.()
        .notes?.(),
      await bench.sealed.client.update({ ...BY_ID, data: { name: 'plaintext new' } }).notes?.(),
    ])
    const notes = [{ body: 'plaintext ada note' }]
    expect(answers).toMatchObject([
      { name: 'plaintext ada', intake: { deep: ['plaintext'] } },
      [{ name: 'plaintext bob', ssn: '222-22-2222' }],
      { name: 'plaintext ada' },
      notes,
      notes,
      notes,
    ])
    expect(Object.keys(answers[2] ?? {})).toEqual(['name'])
  })

  test('skipDuplicates passes over a row whose tag is there already', async () => {
    const asked = inFirm(() =>
      run(bench.sealed, {
        model: 'client',
        operation: 'createMany',
        args: {
          data: [
            { name: 'twin', ssn: '111 11 1111' },
            { name: 'new', ssn: '666-66-6666' },
          ],
          skipDuplicates: true,
        },
      }),
    )
    if (offers('skipDuplicates', database)) expect(await asked).toEqual({ count: 1 })
    else await expect(asked).rejects.toThrow(/skipDuplicates/)
  })

  test('a tag is unique within its tenant, and no other tenant is in the way', async () => {
    await expect(inFirm(() => bench.sealed.client.create({ data: { name: 'x', ssn: '111111111' } }))).rejects.toThrow()
    await bench.base.firm.upsert({ where: { id: 'firm_2' }, create: { id: 'firm_2', name: 'Two' }, update: {} })
    const other = bench.sealed.$fieldseal.withTenant('firm_2', () =>
      bench.sealed.client.create({ data: { name: 'x', ssn: '111111111' } }),
    )
    await expect(other).resolves.toMatchObject({ ssn: '111111111', firmId: 'firm_2' })
  })
})
