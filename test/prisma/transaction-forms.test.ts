import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

const FIRM = 'firm_1'
const LATENCY_MS = 100

/** Keys end with their context, so each of these waits for the KMS. */
describe.each(databasesUnderTest())('transactions with a slow KMS, on %s', (database) => {
  let bench: SealedBench
  let client: SealedClient

  beforeAll(async () => {
    bench = await prepareSealed({ database, kms: { latencyMs: LATENCY_MS } })
    client = bench.extend({ cache: { scope: 'request' } })
    await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
    await client.$fieldseal.ensureTenant(FIRM)
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await bench.base.client.deleteMany()
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
})
