import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tenantRefOf } from '../../src/keys/index.js'
import { memoryKms } from '../../src/testing/index.js'
import { offers } from '../capabilities.js'
import type { Row, TestClient } from '../support/client-types.js'
import { combinationUnderTest } from '../support/combination.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'
import { unsealedValues } from '../support/stored.js'

const FIRM = 'firm_1'
const OTHER_FIRM = 'firm_2'
const LATENCY_MS = 20
const VERY_SLOW_MS = 500
/** Waits for a server under load, never for ever. */
const PATIENT = { maxWait: 20_000, timeout: 20_000 }

/** Keys end with their context, so each of these waits for the KMS. */
describe.each(databasesUnderTest())('transactions with a slow KMS, on %s', (database) => {
  let bench: SealedBench
  let client: SealedClient

  beforeAll(async () => {
    bench = await prepareSealed({ database, kms: { latencyMs: LATENCY_MS } })
    client = bench.extend({ cache: { scope: 'request' } }, { poolSize: 2, transactionOptions: PATIENT })
    for (const id of [FIRM, OTHER_FIRM]) {
      await bench.base.firm.create({ data: { id, name: id } })
      await client.$fieldseal.ensureTenant(id)
    }
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await bench.base.client.deleteMany()
    await bench.base.tag.deleteMany()
    await bench.base.appSecret.deleteMany()
  })

  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => client.$fieldseal.withTenant(FIRM, work)
  const create = (id: string, ssn = id) => client.client.create({ data: { id, name: `name of ${id}`, ssn } })
  const stored = async () => (await bench.base.client.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => String(id))

  test('a list runs in its order, each operation seeing those before it', async () => {
    const answers = await inFirm(() =>
      client.$transaction([
        create('1'),
        client.client.findUnique({ where: { ssn: '1' }, select: { name: true } }),
        client.client.update({ where: { ssn: '1' }, data: { name: 'renamed' }, select: { name: true } }),
        client.client.createMany({ data: [] }),
        client.client.findMany({ take: 0 }),
        client.client.findMany({ where: { email: { in: [] } } }),
        client.client.count({ where: { ssn: { in: ['1', '2'] } } }),
        client.client.findFirst({ where: { ssn: '1' }, select: { name: true } }),
        client.client.deleteMany({ where: { ssn: '1' } }),
        client.client.findUnique({ where: { ssn: '1' } }),
      ]),
    )
    expect(answers.slice(1)).toEqual([
      { name: 'name of 1' },
      { name: 'renamed' },
      { count: 0 },
      [],
      [],
      1,
      { name: 'renamed' },
      { count: 1 },
      null,
    ])
  })

  test('a list is undone when the database refuses one of it', async () => {
    const work = inFirm(() => client.$transaction([create('1'), create('2', '1'), create('3')]))
    await expect(work).rejects.toThrow()
    expect(await stored()).toEqual([])
  })

  test.each([
    ['the first', 0],
    ['one in the middle', 1],
    ['the last', 2],
  ])('a list is undone, and does not hang, when the extension refuses %s of it', async (_, at) => {
    const operations = [create('1'), create('2'), create('3')]
    operations[at] = client.client.create({ data: { name: 'x', ssnIndex: 'x' } })
    await expect(inFirm(() => client.$transaction(operations))).rejects.toMatchObject({ code: 'RESERVED_FIELD' })
    expect(await stored()).toEqual([])
  })

  test('an empty list answers with one', async () => {
    expect(await inFirm(() => client.$transaction([]))).toEqual([])
  })

  test('an interactive one reads its own writes, and is undone by a throw', async () => {
    const seen: unknown[] = []
    const work = inFirm(() =>
      client.$transaction(async (tx) => {
        await tx.client.create({ data: { id: '1', name: 'Ada', ssn: '1' } })
        seen.push(await tx.client.findUnique({ where: { ssn: '1' }, select: { name: true } }))
        await tx.client.updateMany({ where: { ssn: '1' }, data: { name: 'renamed' } })
        seen.push(await tx.client.findMany({ select: { name: true } }))
        await tx.client.create({ data: { id: '2', name: 'x', emailIndex: 'x' } })
      }),
    )
    await expect(work).rejects.toMatchObject({ code: 'RESERVED_FIELD' })
    expect(seen).toEqual([{ name: 'Ada' }, [{ name: 'renamed' }]])
    expect(await stored()).toEqual([])
  })

  test('an interactive one is kept when it ends', async () => {
    await inFirm(() =>
      client.$transaction(async (tx) => {
        await tx.client.create({ data: { id: '1', name: 'Ada', ssn: '1' } })
      }),
    )
    expect(await inFirm(() => client.client.findUnique({ where: { ssn: '1' } }))).toMatchObject({ name: 'Ada' })
  })

  describe('a KMS that takes half a second', () => {
    let slow: SealedClient
    beforeAll(async () => {
      const kms = memoryKms({ latencyMs: VERY_SLOW_MS })
      slow = bench.extend({ cache: { scope: 'request' }, kms }, { poolSize: 1 })
      await bench.base.firm.create({ data: { id: 'firm_slow', name: 'Slow' } })
      await slow.$fieldseal.ensureTenant('firm_slow')
    })

    const create = (id: string, ssn = id) => slow.client.create({ data: { id, name: `name of ${id}`, ssn } })
    const work = <T>(operations: () => PromiseLike<T>): Promise<T> =>
      slow.$fieldseal.withTenant('firm_slow', operations)

    test('leaves a list its order, though the first operation is ready last', async () => {
      const started = performance.now()
      const answers = await work(() =>
        slow.$transaction([
          create('1'),
          slow.tag.create({ data: { id: 1, label: 'needs no key' } }),
          slow.client.update({ where: { ssn: '1' }, data: { tags: { connect: { id: 1 } } }, include: { tags: true } }),
          slow.tag.findMany({ include: { clients: { select: { name: true } } } }),
        ]),
      )
      expect(performance.now() - started).toBeGreaterThan(VERY_SLOW_MS)
      expect(answers[2]).toMatchObject({ name: 'name of 1', tags: [{ label: 'needs no key' }] })
      expect(answers[3]).toMatchObject([{ clients: [{ name: 'name of 1' }] }])
    })

    test('leaves a list whole or undone', async () => {
      await expect(work(() => slow.$transaction([create('1'), create('2'), create('3', '1')]))).rejects.toThrow()
      expect(await stored()).toEqual([])
    })

    test('does not count against the time a list has: nothing is sent before all of it is ready', async () => {
      const options = { timeout: VERY_SLOW_MS / 2, isolationLevel: 'Serializable' }
      await work(() => slow.$transaction([create('1'), create('2')], options))
      expect(await stored()).toEqual(['1', '2'])
    })

    test('counts against the time of an interactive one, which is then undone', async () => {
      const attempt = work(() =>
        slow.$transaction(
          async (tx) => {
            await tx.firm.update({ where: { id: 'firm_slow' }, data: { name: 'Renamed' } })
            await tx.client.create({ data: { id: '1', name: 'late' } })
          },
          { timeout: VERY_SLOW_MS / 2 },
        ),
      )
      await expect(attempt).rejects.toMatchObject({ code: 'P2028' })
      expect(await stored()).toEqual([])
      expect(await bench.base.firm.findUnique({ where: { id: 'firm_slow' } })).toMatchObject({ name: 'Slow' })
    })

    test('does not count against it once the keys are warm', async () => {
      await work(async () => {
        await slow.$fieldseal.warm(['firm_slow'])
        await slow.$transaction(async (tx) => tx.client.create({ data: { id: '1', name: 'in time', ssn: '1' } }), {
          maxWait: PATIENT.maxWait,
          timeout: VERY_SLOW_MS * 0.8,
        })
      })
      expect(await stored()).toEqual(['1'])
    })
  })

  describe('a list of models with and without encrypted fields', () => {
    const list = () => [
      client.tag.create({ data: { id: 1, label: 'vip' } }),
      client.client.create({ data: { id: '1', name: 'Ada', ssn: '1', tags: { connect: { id: 1 } } } }),
      client.firm.update({
        where: { id: FIRM },
        data: { name: 'One' },
        include: { clients: { select: { ssn: true } } },
      }),
      client.appSecret.create({ data: { name: 'token', value: 'plaintext token' } }),
      client.note.create({ data: { body: 'plaintext body', client: { connect: { id: '1' } } } }),
      client.tag.findUnique({ where: { id: 1 }, include: { clients: { include: { notes: true } } } }),
      client.appSecret.count(),
    ]

    test('runs as one', async () => {
      const answers = await inFirm(() => client.$transaction(list()))
      expect(answers[2]).toMatchObject({ clients: [{ ssn: '1' }] })
      expect(answers[3]).toMatchObject({ value: 'plaintext token' })
      expect(answers[5]).toMatchObject({ clients: [{ name: 'Ada', notes: [{ body: 'plaintext body' }] }] })
      expect(answers[6]).toBe(1)
      const unsealed = await Promise.all(['Client', 'Note', 'AppSecret'].map((model) => unsealedValues(bench, model)))
      expect(unsealed.flat()).toEqual([])
    })

    test('is undone as one', async () => {
      const twice = client.tag.create({ data: { id: 2, label: 'vip' } })
      await expect(inFirm(() => client.$transaction([...list(), twice]))).rejects.toThrow()
      expect(await stored()).toEqual([])
      expect([await bench.base.tag.count(), await bench.base.appSecret.count()]).toEqual([0, 0])
    })

    test('may hold raw queries', async () => {
      const answers = await inFirm(() =>
        client.$transaction([create('1'), client.$queryRawUnsafe('SELECT 1 AS one'), client.client.count()]),
      )
      expect([Number(Object(answers[1])[0].one), answers[2]]).toEqual([1, 1])
    })
  })

  describe('isolation', () => {
    test('what an interactive one has written, nobody sees before it ends', async () => {
      if (!offers('outsideQueryInTransaction', database)) return
      const seen = await inFirm(() =>
        client.$transaction(async (tx) => {
          await tx.client.create({ data: { id: '1', name: 'Ada', ssn: '1' } })
          const inside = await tx.client.findUnique({ where: { ssn: '1' }, select: { name: true } })
          const outside = await client.client.findUnique({ where: { ssn: '1' } })
          return [inside, outside]
        }),
      )
      expect(seen).toEqual([{ name: 'Ada' }, null])
      expect(await inFirm(() => client.client.count())).toBe(1)
    })

    test('two at once are each in their own tenant', async () => {
      const run = (firm: string) =>
        client.$fieldseal.withTenant(firm, () =>
          client.$transaction(async (tx) => {
            await tx.client.create({ data: { id: firm, name: `of ${firm}`, ssn: '1' } })
            return tx.client.findMany({ where: { ssn: '1' }, select: { name: true, firmId: true } })
          }),
        )
      const answers = await Promise.all([FIRM, OTHER_FIRM].map(run))
      expect(answers).toEqual([FIRM, OTHER_FIRM].map((firm) => [{ name: `of ${firm}`, firmId: firm }]))
    })

    test('one may go through several tenants, and is undone in all of them', async () => {
      const seen: unknown[] = []
      const work = client.$transaction(async (tx) => {
        for (const firm of [FIRM, OTHER_FIRM]) {
          await client.$fieldseal.withTenant(firm, async () => {
            await tx.client.create({ data: { id: firm, name: `of ${firm}`, ssn: '1' } })
            seen.push(await tx.client.findMany({ select: { name: true } }))
          })
        }
        throw new Error('undo')
      })
      await expect(work).rejects.toThrow('undo')
      expect(seen).toEqual([[{ name: `of ${FIRM}` }], [{ name: `of ${OTHER_FIRM}` }]])
      expect(await stored()).toEqual([])
    })

    test('a refused operation that is caught leaves the rest of an interactive one', async () => {
      await inFirm(() =>
        client.$transaction(async (tx) => {
          await tx.client.create({ data: { id: '1', name: 'Ada', ssn: '1' } })
          const refused = tx.client.findMany({ where: { name: { contains: 'A' } } })
          await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION' })
          await tx.client.update({ where: { ssn: '1' }, data: { name: 'still here' } })
        }),
      )
      expect(await inFirm(() => client.client.findMany({ select: { name: true } }))).toEqual([{ name: 'still here' }])
    })
  })

  describe('what is undone leaves no rows, and of keys', () => {
    const keysOf = (tenant: string): Promise<Row[]> =>
      bench.base.fieldsealKey.findMany({ where: { tenantRef: tenantRefOf(tenant) }, orderBy: { keyId: 'asc' } })

    test('those that a list needed stay: they were made before it was sent, and serve the next operation', async () => {
      await bench.base.firm.create({ data: { id: 'firm_new', name: 'New' } })
      const inNew = <T>(work: () => PromiseLike<T>): Promise<T> => client.$fieldseal.withTenant('firm_new', work)
      await expect(inNew(() => client.$transaction([create('1'), create('2', '1')]))).rejects.toThrow()
      expect(await stored()).toEqual([])
      const keys = await keysOf('firm_new')
      expect(keys.map(({ purpose }) => purpose).sort()).toEqual(['data', 'index'])
      await inNew(() => create('3'))
      expect(await keysOf('firm_new')).toEqual(keys)
    })

    test('none that an interactive one needed: it makes none', async () => {
      await bench.base.firm.create({ data: { id: 'firm_none', name: 'None' } })
      const work = client.$fieldseal.withTenant('firm_none', () =>
        client.$transaction(async (tx) => tx.client.create({ data: { id: '1', name: 'x' } })),
      )
      await expect(work).rejects.toMatchObject({ code: 'KEY_NOT_PROVISIONED' })
      expect(await keysOf('firm_none')).toEqual([])
    })
  })

  describe('the options of a transaction reach Prisma', () => {
    const ISOLATED = { ...PATIENT, isolationLevel: 'Serializable' }

    test('isolationLevel of an interactive one', async () => {
      const level = await inFirm(() =>
        client.$transaction(async (tx) => {
          await tx.client.create({ data: { id: '1', name: 'x' } })
          return levelIn(tx, database)
        }, ISOLATED),
      )
      expect(level).toMatch(/serializable/i)
    })

    test('isolationLevel of a list', async () => {
      const questions = LEVELS[database]
      const list = () => [create('1'), ...questions.map((sql) => client.$queryRawUnsafe(sql))]
      const answers = await inFirm(() => client.$transaction(list(), { isolationLevel: 'Serializable' }))
      expect(answers).toHaveLength(list().length)
      if (questions.length > 0) expect(JSON.stringify(answers.at(-1))).toMatch(/serializable/i)
    })

    test('an isolationLevel that the database does not have is refused by Prisma, and nothing is written', async () => {
      const attempt = (on: TestClient): Promise<unknown> =>
        on.$transaction(async (tx) => tx.client.count(), { isolationLevel: 'Snapshot' })
      const plain = await attempt(bench.base).catch((error: Error) => error)
      expect(plain).toBeInstanceOf(Error)
      await expect(inFirm(() => attempt(client))).rejects.toMatchObject({ name: (plain as Error).name })
    })

    test('maxWait: one that gets no connection in that time ends as it would on a plain client', async () => {
      const single = bench.extend({}, { poolSize: 1, transactionOptions: PATIENT })
      const plain = bench.client({ poolSize: 1, transactionOptions: PATIENT })
      await single.$fieldseal.ensureTenant(FIRM)
      const write = async (tx: TestClient): Promise<void> => {
        await tx.client.create({ data: { id: '1', firmId: FIRM, name: 'first' } })
      }
      const found = await single.$fieldseal.withTenant(FIRM, () => hurriedBehind(single, write))
      await bench.base.client.deleteMany()
      expect(found).toEqual(await hurriedBehind(plain, write))
      // Older versions go on waiting for an embedded database.
      if (database !== 'sqlite' || combinationUnderTest().prisma === '7') expect(found).toEqual('P2028')
    })

    test('timeout: one that takes longer is undone', async () => {
      const attempt = inFirm(() =>
        client.$transaction(
          async (tx) => {
            await tx.client.create({ data: { id: '1', name: 'first' } })
            await new Promise((resolve) => setTimeout(resolve, 700))
            await tx.client.create({ data: { id: '2', name: 'second' } })
          },
          { ...PATIENT, timeout: 500 },
        ),
      )
      await expect(attempt).rejects.toMatchObject({ code: 'P2028' })
      expect(await stored()).toEqual([])
    })
  })
})

/** How a transaction ends that has little time to begin, while another one holds the only connection. */
async function hurriedBehind(client: TestClient, write: (tx: TestClient) => Promise<void>): Promise<unknown> {
  let hurried: Promise<unknown> = Promise.resolve()
  await client.$transaction(async (tx) => {
    await write(tx)
    hurried = client
      .$transaction(async () => 'began', { maxWait: 50 })
      .catch((error: object) => Reflect.get(error, 'code'))
    await new Promise((resolve) => setTimeout(resolve, 400))
  })
  return hurried
}

/** What to ask a database for the isolation level of this transaction. SQLite has but one; PGlite's adapter drops it. */
const LEVELS: { readonly [D in DatabaseName]: readonly string[] } = {
  sqlite: [],
  pglite: [],
  postgresql: ['SHOW transaction_isolation'],
  mariadb: [
    // The table is a copy that may be 100 ms old.
    'SELECT SLEEP(0.2)',
    'SELECT trx_isolation_level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()',
  ],
}

async function levelIn(tx: TestClient, database: DatabaseName): Promise<string> {
  let answer: unknown = 'serializable'
  for (const sql of LEVELS[database]) answer = await tx.$queryRawUnsafe(sql)
  return JSON.stringify(answer)
}
