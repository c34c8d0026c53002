import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { CANARY, errorOf, expectClean, kindOf } from './clean-errors.js'
import { faultyMariadb, faultyPostgresql } from './faulty-servers.js'
import { describeServerFaults } from './server-faults.js'

const LARGE = `${CANARY}${'0123456789abcdef'.repeat(1 << 16)}`

describe('faults of sqlite', () => {
  let bench: SealedBench
  let pages = 0
  const asFirm = <T>(work: () => Promise<T>, tenant = 'firm_a'): Promise<T> =>
    bench.sealed.$fieldseal.withTenant(tenant, work)
  const newClient = (id: string) => ({ id, name: CANARY, notes: { create: [{ body: LARGE }] } })
  const rowsOf = async (id: string) => [
    await bench.base.client.count({ where: { id } }),
    await bench.base.note.count({ where: { clientId: id } }),
  ]
  const pragma = (text: string) => bench.base.$queryRawUnsafe(`PRAGMA ${text}`)

  const FAULTS = {
    'a full disk': {
      cause: () => pragma(`max_page_count = ${pages}`),
      cure: () => pragma('max_page_count = 1000000'),
      message: /full/i,
    },
    'a read-only database': {
      cause: () => pragma('query_only = ON'),
      cure: () => pragma('query_only = OFF'),
      message: /readonly/i,
    },
  }

  beforeAll(async () => {
    bench = await prepareSealed({ database: 'sqlite' })
    for (const id of ['firm_a', 'firm_full', 'firm_read']) await bench.base.firm.create({ data: { id, name: id } })
    await asFirm(() => bench.sealed.client.create({ data: newClient('first') }))
    const [row] = await bench.sql('PRAGMA page_count')
    pages = Number(row?.page_count)
  })
  afterAll(() => bench?.dispose())

  // Settings are a connection's: each operation begins on the one they were made on, and its transaction takes it along.
  test.each(Object.entries(FAULTS))(
    '%s: Prisma’s own error, nothing half-written, and the next operation works',
    async (name, { cause, cure, message }) => {
      await cause()
      const sealed = await errorOf(asFirm(() => bench.sealed.client.create({ data: newClient(name) })))
      await cause()
      const data = { id: `${name}-plain`, firmId: 'firm_a', name: 'x', notes: { create: [{ body: LARGE }] } }
      const plain = await errorOf(bench.base.client.create({ data }))
      await cure()
      expect(kindOf(sealed)).toEqual(kindOf(plain))
      expect(sealed.message).toMatch(message)
      expectClean(sealed)
      expect(await rowsOf(name)).toEqual([0, 0])
      await asFirm(() => bench.sealed.client.create({ data: newClient(`${name}-next`) }))
      const read = await asFirm(() =>
        bench.sealed.client.findUnique({ where: { id: `${name}-next` }, include: { notes: true } }),
      )
      expect([read?.name, read?.notes?.[0]?.body]).toEqual([CANARY, LARGE])
    },
  )

  test('a read-only database while a tenant’s first keys are made: none is left, and the next attempt works', async () => {
    await FAULTS['a read-only database'].cause()
    expectClean(await errorOf(asFirm(() => bench.sealed.client.create({ data: newClient('keyless') }), 'firm_read')))
    await FAULTS['a read-only database'].cure()
    expect(await bench.base.fieldsealKey.count({ where: { tenant: 'firm_read' } })).toBe(0)
    await asFirm(() => bench.sealed.client.create({ data: newClient('keyless') }), 'firm_read')
    expect(await bench.base.fieldsealKey.count({ where: { tenant: 'firm_read', state: 'active' } })).toBe(1)
  })
})

const SERVERS = { postgresql: faultyPostgresql, mariadb: faultyMariadb }

for (const database of databasesUnderTest()) {
  if (database === 'postgresql' || database === 'mariadb') describeServerFaults(database, SERVERS[database])
}
