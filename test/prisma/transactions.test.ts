import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ContextEndedError,
  KeyNotProvisionedError,
  TenantRequiredError,
  UnsupportedOperationError,
} from '../../src/errors/index.js'
import { fieldseal } from '../../src/index.js'
import { tenantRefOf } from '../../src/keys/index.js'
import { offers } from '../capabilities.js'
import type { Row, TestClient } from '../support/client-types.js'
import { thrownBy } from '../support/core/expect-error.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

/** Connections a client may have at once; the embedded databases have the one. */
const POOL_SIZES: { readonly [D in DatabaseName]: readonly number[] } = {
  sqlite: [1],
  pglite: [1],
  postgresql: [1, 5],
  mariadb: [1, 5],
}
const SCOPES = ['request', 'process'] as const
/** Transactions that wait for one connection must be given the time. */
const PATIENT = { transactionOptions: { maxWait: 20_000, timeout: 20_000 } } as const
/** A base client of its own; a server's connections are few. */
const SMALL = { poolSize: 2, ...PATIENT } as const

describe.each(databasesUnderTest())('keys and transactions on %s', (database) => {
  let bench: SealedBench

  beforeAll(async () => {
    bench = await prepareSealed({ database, kms: { latencyMs: 20 } })
  })
  afterAll(() => bench?.dispose())

  /** A tenant of its own for a test, with or without keys. */
  async function newFirm(id: string, withKeys: boolean): Promise<string> {
    await bench.base.firm.create({ data: { id, name: id } })
    if (withKeys) await bench.extend().$fieldseal.ensureTenant(id)
    return id
  }

  const keyRows = (tenant: string): Promise<Row[]> =>
    bench.base.fieldsealKey.findMany({ where: { tenantRef: tenantRefOf(tenant) } })

  const numbered = (at: number) => ({ name: `Client ${at}`, ssn: `000-00-${1000 + at}` })

  /** Writes and reads what needs a data key and an index key. */
  async function work(tx: TestClient, at: number): Promise<unknown> {
    const { id } = await tx.client.create({ data: numbered(at) })
    await tx.client.update({ where: { ssn: numbered(at).ssn }, data: { email: `${at}@example.com` } })
    const found = await tx.client.findUnique({ where: { id }, select: { name: true, ssn: true, email: true } })
    return found
  }
  const worked = (at: number) => ({ ...numbered(at), email: `${at}@example.com` })
  const many = Array.from({ length: 20 }, (_, at) => at)

  describe.each(SCOPES)('with keys cached by %s', (scope) => {
    test.each(POOL_SIZES[database])(
      'twenty transactions at once that find no key in the cache all succeed, pool of %i',
      async (poolSize) => {
        const tenant = await newFirm(`cold-${scope}-${poolSize}`, true)
        const cold = bench.extend({ cache: { scope } }, { poolSize, ...PATIENT })
        const answers = await cold.$fieldseal.withTenant(tenant, async () =>
          Promise.all(many.map((at) => cold.$transaction(async (tx) => work(tx, at)))),
        )
        expect(answers).toEqual(many.map(worked))
      },
    )

    test.each(POOL_SIZES[database])(
      'twenty requests at once with a transaction each all succeed, pool of %i',
      async (poolSize) => {
        const tenant = await newFirm(`requests-${scope}-${poolSize}`, true)
        const cold = bench.extend({ cache: { scope } }, { poolSize, ...PATIENT })
        const answers = await Promise.all(
          many.map((at) =>
            cold.$fieldseal.withTenant(tenant, async () => cold.$transaction(async (tx) => work(tx, at))),
          ),
        )
        expect(answers).toEqual(many.map(worked))
      },
    )

    test('a transaction that needs a key nobody made is refused, makes none, and the next operation works', async () => {
      const tenant = await newFirm(`missing-${scope}`, false)
      const client = bench.extend({ cache: { scope } }, SMALL)
      const error = await thrownBy(KeyNotProvisionedError, () =>
        client.$fieldseal.withTenant(tenant, async () => client.$transaction(async (tx) => work(tx, 0))),
      )
      expect(error).toMatchObject({ code: 'KEY_NOT_PROVISIONED', tenant })
      expect(error.message).toContain('ensureTenant()')
      expect(await keyRows(tenant)).toEqual([])
      const answer = await client.$fieldseal.withTenant(tenant, async () => work(client, 1))
      expect(answer).toEqual(worked(1))
      expect(await keyRows(tenant)).toHaveLength(2)
    })

    test('a key whose row is rolled back with the transaction that read it is never used again', async () => {
      const tenant = await newFirm(`orphan-${scope}`, true)
      const rows = await keyRows(tenant)
      await bench.base.fieldsealKey.deleteMany({ where: { tenantRef: tenantRefOf(tenant) } })
      const client = bench.extend({ cache: { scope } }, SMALL)
      const after = await client.$fieldseal.withTenant(tenant, async () => {
        await expect(
          client.$transaction(async (tx) => {
            await tx.fieldsealKey.createMany({ data: rows })
            expect(await work(tx, 0)).toEqual(worked(0))
            throw new Error('changed my mind')
          }),
        ).rejects.toThrow('changed my mind')
        return work(client, 1)
      })
      expect(after).toEqual(worked(1))
      const orphans = new Set(rows.map(({ keyId }) => String(keyId)))
      const made = (await keyRows(tenant)).map(({ keyId }) => String(keyId))
      expect(made).toHaveLength(2)
      expect(made.filter((keyId) => orphans.has(keyId))).toEqual([])
      const stored = await bench.base.client.findMany({ where: { firmId: tenant } })
      expect(stored.map(({ ssn }) => made.includes(String(ssn).split('.')[1] ?? ''))).toEqual([true])
    })

    test('keys warmed before a transaction are not read again inside it', async () => {
      const tenant = await newFirm(`warmed-${scope}`, true)
      const queries: string[] = []
      const base = bench.client({ log: [{ emit: 'event', level: 'query' }], ...SMALL })
      listen(base, queries)
      const client = extended(base, scope)
      await client.$fieldseal.withTenant(tenant, async () => {
        await client.$fieldseal.warm([tenant])
        expect(queries.join('\n')).toContain('fieldseal_key')
        queries.length = 0
        await client.$transaction(async (tx) => work(tx, 0))
      })
      expect(queries.join('\n')).toContain('Client')
      expect(queries.filter((query) => query.includes('fieldseal_'))).toEqual([])
    })
  })

  function extended(base: TestClient, scope: (typeof SCOPES)[number]): SealedClient {
    const { policy, kms } = bench
    return base.$extends(fieldseal({ policy, kms, cache: { scope } })) as SealedClient
  }

  test('a tenant ensured before its first transaction needs no key made inside it', async () => {
    const tenant = await newFirm('ensured', false)
    const client = bench.extend({}, SMALL)
    await client.$fieldseal.ensureTenant(tenant)
    const answer = await client.$fieldseal.withTenant(tenant, async () =>
      client.$transaction(async (tx) => work(tx, 0)),
    )
    expect(answer).toEqual(worked(0))
  })

  test('a global index takes the application’s own key inside a transaction, once ensureTenant("") made it', async () => {
    const tenant = await newFirm('global', true)
    const create = (client: SealedClient) =>
      client.$fieldseal.withTenant(tenant, async () =>
        client.$transaction(async (tx) => tx.user.create({ data: { email: 'Ada@example.com' } })),
      )
    const error = await thrownBy(KeyNotProvisionedError, () => create(bench.extend()))
    expect(error.message).toContain("the application's own tenant")
    await bench.extend().$fieldseal.ensureTenant('')
    const client = bench.extend()
    expect(await create(client)).toMatchObject({ email: 'Ada@example.com' })
    const found = await client.$transaction(async (tx) =>
      tx.user.findUnique({ where: { email: 'ada@example.com' }, select: { id: true, firmId: true } }),
    )
    expect(found).toMatchObject({ firmId: tenant })
  })

  test('a nested transaction reads keys through the outer one', async () => {
    const tenant = await newFirm('nested', true)
    const client = bench.extend({}, SMALL)
    const nested = client.$fieldseal.withTenant(tenant, async () =>
      client.$transaction(async (outer) => {
        await outer.firm.update({ where: { id: tenant }, data: { name: 'locked' } })
        return outer.$transaction(async (inner) => work(inner, 0))
      }),
    )
    if (offers('nestedTransaction', database)) expect(await nested).toEqual(worked(0))
    else await expect(nested).rejects.toThrow(/is not a function|Nested transactions are not supported/)
  })

  test('two processes that write a tenant’s first rows at once agree on its keys, and read each other’s rows', async () => {
    const tenant = await newFirm('race', false)
    const rivals = [bench.extend({}, SMALL), bench.extend({}, SMALL)]
    await Promise.all(
      rivals.flatMap((rival, side) =>
        many.slice(0, 5).map((at) => rival.$fieldseal.withTenant(tenant, async () => work(rival, side * 5 + at))),
      ),
    )
    const rows = await keyRows(tenant)
    expect(rows.map(({ purpose, state }) => `${purpose} ${state}`).sort()).toEqual(['data active', 'index active'])
    for (const client of [...rivals, bench.extend()]) {
      const read = await client.$fieldseal.withTenant(tenant, async () =>
        client.client.findMany({ select: { name: true, ssn: true, email: true } }),
      )
      const ordered = [...read].sort((a, b) => String(a.ssn).localeCompare(String(b.ssn)))
      expect(ordered).toEqual(many.slice(0, 10).map(worked))
    }
  })

  test('an array transaction waits for a slow KMS, makes missing keys, and writes all', async () => {
    const tenant = await newFirm('array', false)
    const client = bench.extend({}, { ...SMALL, poolSize: 1 })
    const answers = await client.$fieldseal.withTenant(tenant, async () =>
      client.$transaction([
        client.client.create({ data: numbered(0) }),
        client.client.create({ data: numbered(1) }),
        client.client.findMany({ where: { ssn: numbered(1).ssn }, select: { name: true } }),
        client.client.count(),
      ]),
    )
    expect(answers).toMatchObject([numbered(0), numbered(1), [{ name: 'Client 1' }], 2])
  })

  test('an array transaction with an operation that is refused writes nothing and does not hang', async () => {
    const tenant = await newFirm('array-refused', true)
    const client = bench.extend({}, SMALL)
    await client.$fieldseal.withTenant(tenant, async () => {
      await thrownBy(UnsupportedOperationError, () =>
        client.$transaction([
          client.client.create({ data: numbered(0) }),
          client.client.findMany({ where: { ssn: { contains: '1' } } }),
        ]),
      )
      expect(await client.client.count()).toBe(0)
      // The first operation may be reading its keys still.
      await client.$fieldseal.warm([tenant])
    })
  })

  test('an array transaction without a tenant is refused as a whole and does not hang', async () => {
    const client = bench.extend({}, SMALL)
    const before = await bench.base.client.count()
    await thrownBy(TenantRequiredError, () =>
      client.$transaction([client.client.create({ data: numbered(0) }), client.client.count()]),
    )
    expect(await bench.base.client.count()).toBe(before)
  })

  describe('a context', () => {
    let tenant: string
    let client: SealedClient
    beforeAll(async () => {
      tenant = await newFirm('context', true)
      client = bench.extend({ cache: { scope: 'request' } }, SMALL)
      await client.$fieldseal.withTenant(tenant, async () => work(client, 0))
    })

    test('that has ended refuses the write that was not awaited in it, and nothing is stored', async () => {
      const before = await bench.base.client.count()
      let late: Promise<unknown> = Promise.resolve()
      await client.$fieldseal.withTenant(tenant, () => {
        late = sleep(5).then(() => client.client.create({ data: numbered(7) }))
        late.catch(() => undefined)
      })
      const error = await thrownBy(ContextEndedError, () => late)
      expect(error).toHaveProperty('code', 'CONTEXT_ENDED')
      expect(await bench.base.client.count()).toBe(before)
    })

    test('that ends while a write still waits for its keys ends that write, and nothing is stored', async () => {
      const before = await bench.base.client.count()
      let late: Promise<unknown> = Promise.resolve()
      await client.$fieldseal.withTenant(tenant, () => {
        late = client.client.create({ data: numbered(8) }).then((row) => row)
        late.catch(() => undefined)
      })
      await thrownBy(ContextEndedError, () => late)
      expect(await bench.base.client.count()).toBe(before)
    })

    test('is the one an operation is awaited in, not the one it was written in', async () => {
      const written = client.client.findMany({ select: { name: true } })
      const answer = await client.$fieldseal.withTenant(tenant, async () => written)
      expect(answer).toEqual([{ name: 'Client 0' }])

      let unawaited: PromiseLike<unknown> = Promise.resolve()
      await client.$fieldseal.withTenant(tenant, () => {
        unawaited = client.client.findMany()
      })
      await thrownBy(TenantRequiredError, () => unawaited)
    })

    test('holds for an operation that its function returns without awaiting', async () => {
      const answer = await client.$fieldseal.withTenant(tenant, () =>
        client.client.findMany({ select: { name: true } }),
      )
      expect(answer).toEqual([{ name: 'Client 0' }])
    })

    test('holds for an array transaction whose operations were written outside', async () => {
      const operations = [client.client.count(), client.client.findMany({ select: { name: true } })]
      const answers = await client.$fieldseal.withTenant(tenant, async () => client.$transaction(operations))
      expect(answers).toEqual([1, [{ name: 'Client 0' }]])
    })
  })
})

/** Collects the SQL a client sends. */
function listen(client: TestClient, queries: string[]): void {
  const on: unknown = Reflect.get(client, '$on')
  if (typeof on !== 'function') throw new Error('the client has no $on')
  on.call(client, 'query', (event: { query: string }) => queries.push(event.query))
}
