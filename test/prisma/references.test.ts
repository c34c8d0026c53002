import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Args, ModelDelegate, Row } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import { type WatchedClient, watchedClient } from '../support/query-log.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

/** Foreign keys of every make: of one column and of two, with a default, two to one model, to a model without a column. */
const MODELS = `
/// @tenant(firm)
model Room {
  id        Int     @id
  firm      String
  name      String? /// @encrypted(maxBytes: 99)
  things    Thing[] @relation("room")
  spareOf   Thing[] @relation("spare")
  slips     Slip[]
}

/// @tenant(room.firm)
model Slip {
  id     Int     @id @default(autoincrement())
  roomId Int
  room   Room    @relation(fields: [roomId], references: [id])
  text   String? /// @encrypted(maxBytes: 99)
}

/// @tenant(firm)
model Shelf {
  row    Int
  place  Int
  firm   String
  things Thing[]

  @@id([row, place])
}

/// @tenant(context)
model Vault {
  id     Int     @id
  secret String  /// @encrypted(maxBytes: 99)
  things Thing[]
}

model Thing {
  id      Int    @id
  roomId  Int    @default(1)
  room    Room   @relation("room", fields: [roomId], references: [id])
  spareId Int?
  spare   Room?  @relation("spare", fields: [spareId], references: [id])
  row     Int?
  place   Int?
  shelf   Shelf? @relation(fields: [row, place], references: [row, place])
  vaultId Int?
  vault   Vault? @relation(fields: [vaultId], references: [id])
}
`

describe.each(databasesUnderTest())('foreign keys written as scalars, on %s', (database) => {
  let bench: SealedBench
  let watched: WatchedClient
  const of = (model: string): ModelDelegate => Reflect.get(watched.client, model)
  const base = (model: string): ModelDelegate => Reflect.get(bench.base, model)
  const inFirm = <T>(work: () => PromiseLike<T>, firm = 'firm_a'): Promise<T> =>
    watched.client.$fieldseal.withTenant(firm, work)

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: `${MODELS}\n${keyModels(providerOf(database))}` })
    watched = watchedClient(bench)
    for (const [at, firm] of [
      [0, 'firm_a'],
      [100, 'firm_b'],
    ] as const) {
      for (const id of [1, 2]) await base('room').create({ data: { id: id + at, firm } })
      await base('shelf').create({ data: { row: 1, place: 1 + at, firm } })
      await base('shelf').create({ data: { row: 2, place: 2 + at, firm } })
    }
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await base('thing').deleteMany()
    await base('thing').create({ data: { id: 1, roomId: 1 } })
  })

  const create = (data: Args): Promise<Row> => inFirm(() => of('thing').create({ data: { id: 2, roomId: 1, ...data } }))
  const update = (data: Args): Promise<Row> => inFirm(() => of('thing').update({ where: { id: 1 }, data }))
  const FORMS = [
    ['create', create],
    ['update', update],
  ] as const

  describe.each(FORMS)('by %s', (_, write) => {
    test.each<[string, Args]>([
      ['of one column', { roomId: 2 }],
      ['of two columns', { row: 2, place: 2 }],
      ['of which a part is null', { row: 101, place: null }],
      ['beside one that is not set', { spareId: 2, row: undefined }],
    ])('may name the tenant’s own row: %s', async (_name, data) => {
      expect(await write(data)).toMatchObject(
        Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)),
      )
    })

    test.each<[string, Args, string]>([
      ['of one column', { roomId: 101 }, 'roomId'],
      ['of two columns', { row: 1, place: 101 }, 'row, place'],
      ['one of two to the same model', { roomId: 2, spareId: 102 }, 'spareId'],
    ])('may not name another tenant’s: %s', async (_name, data, field) => {
      await expect(write(data)).rejects.toMatchObject({ code: 'TENANT_WALL', model: 'Thing', field })
      expect(await base('thing').findMany()).toMatchObject([{ id: 1, roomId: 1, spareId: null, row: null }])
    })

    test('is left to the database where no row has it', async () => {
      await expect(write({ roomId: 999 })).rejects.toMatchObject({ code: database === 'pglite' ? '23503' : 'P2003' })
    })

    test('is refused where the model it names has no tenant column', async () => {
      await expect(write({ vaultId: 1 })).rejects.toMatchObject({
        code: 'UNSUPPORTED_OPERATION',
        field: 'vaultId',
        message: expect.stringContaining('vault: { connect: … }'),
      })
    })
  })

  test('needs a tenant in context, as the row it names has one', async () => {
    const outside = of('thing').create({ data: { id: 3, roomId: 1 } })
    await expect(outside).rejects.toMatchObject({ code: 'TENANT_REQUIRED', model: 'Room' })
  })

  test.each<[string, () => Promise<unknown>, string]>([
    ['it is calculated', () => update({ roomId: { increment: 1 } }), 'roomId'],
    ['an update sets a part of it', () => update({ place: 1 }), 'row, place'],
    ['it is left to a default', () => inFirm(() => of('thing').create({ data: { id: 2 } })), 'roomId'],
  ])('is refused where %s', async (_, write, field) => {
    const { error, statements } = await watched.during(write)
    expect(error).toMatchObject({ code: 'UNSUPPORTED_OPERATION', field })
    expect(statements).toEqual([])
  })

  test('is no matter of a default where the row is nested in the one it hangs on', async () => {
    const things = { create: { id: 2 } }
    await inFirm(() => of('room').update({ where: { id: 2 }, data: { things } }))
    expect(await base('thing').findMany({ where: { id: 2 } })).toMatchObject([{ roomId: 2 }])
  })

  test('costs one query for each way to name rows, however many there are', async () => {
    const data = Array.from({ length: 40 }, (_, at) => ({
      id: at + 2,
      roomId: 1 + (at % 2),
      spareId: 2,
      row: 1,
      place: 1,
    }))
    const plain = { id: 1, roomId: undefined }
    const lookedAt = async (work: () => Promise<unknown>): Promise<string[]> => {
      const { error, statements } = await watched.during(work)
      expect(error).toBeUndefined()
      return statements.filter((statement) => /FROM .*["`](Room|Shelf)["`]/s.test(statement))
    }
    expect(await lookedAt(() => inFirm(() => of('thing').createMany({ data })))).toHaveLength(2)
    expect(await lookedAt(() => update(plain))).toHaveLength(0)
    expect(await base('thing').count()).toBe(41)
  })

  test('is looked at among thousands', async () => {
    const rooms = Array.from({ length: 1200 }, (_, at) => ({ id: at + 1000, firm: at === 1100 ? 'firm_b' : 'firm_a' }))
    await base('room').createMany({ data: rooms })
    const data = rooms.map(({ id }) => ({ id, roomId: id }))
    const write = (rows: typeof data) => inFirm(() => of('thing').createMany({ data: rows }))
    await expect(write(data)).rejects.toMatchObject({ code: 'TENANT_WALL' })
    await write(data.filter(({ roomId }) => roomId !== 2100))
    expect(await base('thing').count()).toBe(1200)
  })

  describe('of a row that takes its tenant from there, and is numbered by the database,', () => {
    const slip = (operation: 'create' | 'update', data: Args): Promise<Row> =>
      inFirm(() => of('slip')[operation]({ ...(operation === 'create' ? {} : { where: { id: 7 } }), data }))
    beforeEach(async () => {
      await base('slip').deleteMany()
      const slips = { create: [{ id: 7, text: 'first' }] }
      await inFirm(() => of('room').update({ where: { id: 1 }, data: { slips } }))
    })

    test.each([
      ['create', 'create the row below its Room'],
      ['update', 'Set it in an update of its own'],
    ] as const)('are refused in %s beside a number', async (operation, remedy) => {
      const { error, statements } = await watched.during(() => slip(operation, { id: 9, roomId: 2 }))
      expect(error).toMatchObject({ code: 'UNSUPPORTED_OPERATION', model: 'Slip', field: 'id' })
      expect(error).toHaveProperty('message', expect.stringContaining(remedy))
      expect(statements).toEqual([])
    })

    test('may be written without one, and the number in an update of its own', async () => {
      expect(await slip('update', { id: 9 })).toMatchObject({ id: 9, roomId: 1, text: 'first' })
      expect(await slip('create', { roomId: 2, text: 'second' })).toMatchObject({ roomId: 2, text: 'second' })
    })
  })
})
