import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { offers } from '../capabilities.js'
import { type Call, run } from '../support/calls.js'
import type { Args, Row } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { kindsModels, providerOf } from '../support/kinds.js'
import { skipOf } from '../support/prisma-skip.js'
import { type WatchedClient, watchedClient } from '../support/query-log.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

const FIRM = 'firm_1'
const client = (operation: string, args?: Args): Call => ({
  model: 'client',
  operation,
  ...(args === undefined ? {} : { args }),
})

/** One of every operation, with all that the planner rewrites. */
const OPERATIONS: readonly Call[] = [
  client('findMany'),
  client('findMany', {
    where: { email: { not: 'x' }, OR: [{ ssn: '1' }, { notes: { none: { id: 0 } } }] },
    include: { notes: { where: { author: { is: { firmId: FIRM } } } }, referredBy: true, _count: true },
    distinct: ['email'],
    cursor: { ssn: '1' },
    orderBy: { id: 'asc' },
  }),
  client('findUnique', { where: { ssn: '1' }, select: { city: true, referredBy: { select: { name: true } } } }),
  client('findFirst', { where: { email: { in: ['a'] } }, omit: { email: true } }),
  client('groupBy', { by: ['email'], _count: { email: true }, having: { email: { not: 'x' } } }),
  client('aggregate', { _count: { ssn: true }, where: { ssn: { not: null } } }),
  client('count'),
  client('create', { data: { name: 'x', notes: { create: [{ body: 'y' }] }, tags: { create: { label: 'z' } } } }),
  client('createMany', { data: [{ name: 'x', ssn: '5' }] }),
  client('update', {
    where: { ssn: '1' },
    data: { email: { set: 'a' }, notes: { updateMany: { where: {}, data: { body: 'y' } } } },
  }),
  client('updateMany', { data: { city: null } }),
  client('upsert', { where: { ssn: '1' }, create: { name: 'x' }, update: { name: 'y' } }),
  client('deleteMany', { where: { ssn: '5' } }),
  { model: 'note', operation: 'findMany', args: { cursor: { id: 1 }, include: { client: true, author: true } } },
  { model: 'kinds', operation: 'create', args: { data: {} } },
]

/** Arguments with an explicit `undefined` that the planner would put something in place of, or pass over; and where. */
const UNDEFINED: readonly (readonly [place: string, call: Call])[] = [
  ['where', client('findMany', { where: undefined })],
  ['where', client('deleteMany', { where: undefined })],
  ['where.email', client('deleteMany', { where: { email: undefined } })],
  ['where.email.equals', client('deleteMany', { where: { email: { equals: undefined } } })],
  ['where.email.in', client('deleteMany', { where: { email: { in: undefined } } })],
  ['where.AND.0.email', client('findMany', { where: { AND: [{ email: undefined }] } })],
  ['where.notes.some', client('findMany', { where: { notes: { some: undefined } } })],
  ['data.firmId', client('create', { data: { name: 'x', firmId: undefined } })],
  ['data.nickname', client('create', { data: { name: 'x', nickname: undefined } })],
  ['data.email.set', client('update', { where: { id: 'ada' }, data: { email: { set: undefined } } })],
  [
    'data.notes.deleteMany.body',
    client('update', { where: { id: 'ada' }, data: { notes: { deleteMany: { body: undefined } } } }),
  ],
  ['include.notes.where', client('findMany', { include: { notes: { where: undefined } } })],
  ['select._count.select', client('findMany', { select: { _count: { select: undefined } } })],
  ['cursor', client('findMany', { cursor: undefined })],
  ['distinct', client('findMany', { distinct: undefined })],
  ['data.intake.deep.0.a', client('update', { where: { id: 'ada' }, data: { intake: { deep: [{ a: undefined }] } } })],
]

describe.each(databasesUnderTest())('with strictUndefinedChecks on %s', (database) => {
  let bench: SealedBench
  let watched: WatchedClient

  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => watched.client.$fieldseal.withTenant(FIRM, work)

  beforeAll(async () => {
    const models = kindsModels(providerOf(database))
    bench = await prepareSealed({ database, models, previewFeatures: ['strictUndefinedChecks'] })
    watched = watchedClient(bench)
    await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
    await inFirm(() => watched.client.client.create({ data: { id: 'ada', name: 'Ada', ssn: '1' } }))
  })
  afterAll(() => bench?.dispose())

  test('nothing that the planner adds is undefined', async () => {
    for (const call of OPERATIONS) {
      const { error } = await watched.during((sealed) => inFirm(() => run(sealed, call)))
      expect([call, error]).toEqual([call, undefined])
    }
  })

  test.each(UNDEFINED)('an undefined %s is refused before the database', async (place, call) => {
    const { statements, error } = await watched.during((sealed) => inFirm(() => run(sealed, call)))
    expect(error).toMatchObject({ code: 'UNSUPPORTED_OPERATION', operation: call.operation })
    expect(String(error)).toContain(`${place} is explicitly undefined, which strictUndefinedChecks forbids`)
    expect(statements).toEqual([])
  })

  test('Prisma.skip is as if the argument were not there', async () => {
    const skip = skipOf(bench)
    if (!offers('skipWithExtensions', database)) {
      const asked = inFirm(() => watched.client.client.create({ data: { name: 'x', email: skip } }))
      await expect(asked).rejects.toMatchObject({ code: 'INVALID_VALUE' })
      return
    }
    const found = await inFirm(() =>
      watched.client.client.findMany({
        where: { ssn: skip, email: { equals: skip }, AND: skip },
        select: { id: true, name: skip, notes: skip },
        cursor: skip,
        distinct: skip,
      }),
    )
    expect(found.map(({ id }: Row) => id)).toContain('ada')
    const made = await inFirm(() =>
      watched.client.client.create({
        data: { id: 'skipping', name: 'x', firmId: skip, nickname: skip, notes: skip, email: skip },
      }),
    )
    expect(made).toMatchObject({ firmId: FIRM, nickname: 'none', email: null })
    const groups = await inFirm(() =>
      watched.client.client.groupBy({
        by: ['email'],
        where: { id: 'skipping' },
        having: skip,
        _min: { id: skip, city: true },
      }),
    )
    expect(groups).toEqual([{ email: null, _min: { city: null } }])
  })
})
