import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KmsConfigurationError, TenantShreddedError, TenantSuspendedError } from '../../src/errors/index.js'
import { fieldseal } from '../../src/index.js'
import { type NewKeyRow, tenantRefOf } from '../../src/keys/index.js'
import { prismaKeyStore } from '../../src/prisma/key-store.js'
import { dialectOf } from '../../src/sql/index.js'
import { memoryKms } from '../../src/testing/index.js'
import type { Args, Row, TestClient } from '../support/client-types.js'
import { thrownBy } from '../support/core/expect-error.js'
import { makeRow } from '../support/core/key-rows.js'
import { describeKeyStore } from '../support/core/key-store-conformance.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

describe.each(databasesUnderTest())('keys kept in %s', (database) => {
  let bench: SealedBench

  beforeAll(async () => {
    bench = await prepareSealed({ database })
    await bench.base.firm.create({ data: { id: 'firm_1', name: 'One' } })
  })
  afterAll(() => bench?.dispose())

  const storeOf = (client: TestClient) => prismaKeyStore(usedOf(client), dialectOf(bench.policy))

  async function emptied() {
    await bench.base.fieldsealKey.deleteMany()
    await bench.base.fieldsealTenant.deleteMany()
    return storeOf(bench.base)
  }

  async function newRow(tenant: string): Promise<NewKeyRow> {
    const { stateSince: _since, createdAt: _created, ...row } = await makeRow(bench.kms, { tenant })
    return row
  }

  const setState = (tenant: string, state: string, client: TestClient = bench.base): Promise<Row> =>
    client.fieldsealTenant.create({
      data: { tenantRef: tenantRefOf(tenant), tenant, state, since: new Date(), rev: 1 },
    })

  const keysOf = (tenant: string): Promise<Row[]> =>
    bench.base.fieldsealKey.findMany({ where: { tenantRef: tenantRefOf(tenant) } })

  describeKeyStore(`the store on ${database}`, emptied)

  test.each(['suspended', 'shredded', 'normall', ''])(
    'takes no key for a tenant whose state is "%s"',
    async (state) => {
      const store = await emptied()
      await setState('firm_1', state)
      expect(await store.insert(await newRow('firm_1'))).toBe(false)
      expect(await keysOf('firm_1')).toEqual([])
      expect(await store.insert(await newRow('firm_2'))).toBe(true)
    },
  )

  test.each([
    ['suspended', TenantSuspendedError],
    ['shredded', TenantShreddedError],
    ['in a new state', TenantShreddedError],
  ] as const)('refuses to seal and to open for a tenant that is %s', async (state, expected) => {
    await emptied()
    const client = bench.extend()
    await client.$fieldseal.withTenant('firm_1', async () => client.client.create({ data: { name: 'Ada' } }))
    await setState('firm_1', state)
    const other = bench.extend()
    await thrownBy(expected, () =>
      other.$fieldseal.withTenant('firm_1', async () => other.client.create({ data: { name: 'Bob' } })),
    )
    await thrownBy(expected, () => other.$fieldseal.withTenant('firm_1', async () => other.client.findMany()))
    await bench.base.client.deleteMany()
  })

  test('removes a key that was inserted while its tenant was being shredded', async () => {
    await emptied()
    const shredding = usedOf(bench.base, (client) => setState('firm_1', 'shredded', client))
    const store = prismaKeyStore(shredding, dialectOf(bench.policy))
    expect(await store.insert(await newRow('firm_1'))).toBe(false)
    expect(await keysOf('firm_1')).toEqual([])
  })

  test('tells of an insert that failed for another reason than a taken place', async () => {
    const store = await emptied()
    const row = await newRow('firm_1')
    await expect(store.insert({ ...row, version: Number.NaN })).rejects.toThrow()
    expect(await keysOf('firm_1')).toEqual([])
  })

  test('has no part in a transaction that is open meanwhile, and is rolled back', async () => {
    const store = await emptied()
    const { stateSince, createdAt, ...seen } = await makeRow(bench.kms, { tenant: 'firm_1' })
    const made = await newRow('firm_2')
    let loaded: Promise<unknown> | undefined
    let inserted: Promise<boolean> | undefined
    await expect(
      bench.base.$transaction(async (tx) => {
        await tx.fieldsealKey.create({ data: { ...seen, stateSince, createdAt } })
        // Where there is one connection, they wait for the end of this transaction.
        loaded = store.load(tenantRefOf('firm_1'))
        inserted = store.insert(made)
        await new Promise((resolve) => setTimeout(resolve, 50))
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect(await loaded).toMatchObject({ rows: [] })
    expect(await keysOf('firm_1')).toEqual([])
    // A key that went with the transaction is not said to be there.
    const isThere = await inserted
    expect(await keysOf('firm_2')).toHaveLength(isThere === true ? 1 : 0)
  })

  test('is read and written past every extension applied before, such as a soft-delete filter', async () => {
    await emptied()
    const seen: string[] = []
    const filtered = bench.base
      .$extends({
        name: 'soft delete',
        query: {
          $allModels: {
            $allOperations: async ({ model, args, query }: Interception) => {
              seen.push(model)
              if (model.startsWith('Fieldseal')) throw new Error('key rows were reached through an extension')
              return query(args)
            },
          },
        },
      })
      .$extends({ name: 'another', client: { $nothing: () => undefined } })
    const { policy, kms } = bench
    const sealed = filtered.$extends(fieldseal({ policy, kms })) as SealedClient
    const answer = await sealed.$fieldseal.withTenant('firm_1', async () => {
      await sealed.client.create({ data: { name: 'Ada', ssn: '1' } })
      return sealed.$transaction(async (tx) => tx.client.findUnique({ where: { ssn: '1' } }))
    })
    expect(answer).toMatchObject({ name: 'Ada' })
    expect(new Set(seen)).toEqual(new Set(['Client']))
    expect(await keysOf('firm_1')).toHaveLength(2)
    await bench.base.client.deleteMany()
  })

  test('stay where the caller says, if another store is given', async () => {
    await emptied()
    const { memoryKeyStore } = await import('../../src/keys/index.js')
    const store = memoryKeyStore()
    const client = bench.extend({ store })
    await client.$fieldseal.withTenant('firm_1', async () =>
      client.$transaction(async () => client.$fieldseal.encrypt('Client.name', 'Ada')),
    )
    expect(await keysOf('firm_1')).toEqual([])
    expect((await store.load(tenantRefOf('firm_1'))).rows).toHaveLength(1)
  })
})

interface Interception {
  readonly model: string
  readonly args: Args
  readonly query: (args: Args) => Promise<unknown>
}

/** What the key store uses of a client; `afterCreate` happens once a key's row is there. */
function usedOf(
  client: TestClient,
  afterCreate?: (client: TestClient) => Promise<unknown>,
): { readonly [name: string]: unknown } {
  const { fieldsealKey: keys, fieldsealTenant } = client
  return {
    fieldsealKey: {
      findMany: (args: Args) => keys.findMany(args),
      deleteMany: (args: Args) => keys.deleteMany(args),
      create: async (args: Args) => {
        const created = await keys.create(args)
        await afterCreate?.(client)
        return created
      },
    },
    fieldsealTenant,
    // Tells the adapter.
    _engineConfig: Reflect.get(client, '_engineConfig'),
    $queryRawUnsafe: (sql: string) => client.$queryRawUnsafe(sql),
    $transaction: (work: (inner: unknown) => Promise<unknown>, limits: Args) =>
      client.$transaction(async (tx) => work(usedOf(tx, afterCreate)), limits),
  }
}

test('a schema without the key models is told which are missing, when the client is extended', () => {
  expect(() => prismaKeyStore({}, 'sqlite')).toThrow(KmsConfigurationError)
  expect(() => prismaKeyStore({}, 'sqlite')).toThrow(/no model FieldsealKey/)
})

describe('with better-sqlite3, whose queries become part of an open transaction', () => {
  /** Rows of one transaction: what is written outside of it is gone once it is rolled back. */
  function clientOf(adapterName: string) {
    let rows: object[] = []
    const inside: string[] = []
    const delegate = (where: string) => ({
      findMany: async () => {
        inside.push(`${where} reads`)
        return rows
      },
      findUnique: async () => null,
      deleteMany: async () => undefined,
      create: async ({ data }: { readonly data: object }) => {
        inside.push(`${where} writes`)
        rows = [data]
      },
    })
    const models = (where: string) => ({
      fieldsealKey: delegate(where),
      fieldsealTenant: delegate(where),
      $queryRawUnsafe: async () => [{ now: 0 }],
    })
    const client = {
      ...models('outside'),
      _engineConfig: { adapter: { adapterName } },
      // It begins when the open one has ended: here, rolled back.
      $transaction: async (work: (inner: object) => Promise<unknown>) => {
        rows = []
        return work(models('inside'))
      },
    }
    return { store: prismaKeyStore(client, 'sqlite'), inside }
  }

  const row = async (): Promise<NewKeyRow> => makeRow(memoryKms(), { tenant: 'firm_1' })

  test('keys are read in a transaction of their own', async () => {
    const { store, inside } = clientOf('@prisma/adapter-better-sqlite3')
    await store.load(tenantRefOf('firm_1'))
    await store.find(['any'])
    expect(inside).toEqual(['inside reads', 'inside reads'])
  })

  test('a key that was rolled back with the open transaction is not said to be there', async () => {
    const { store, inside } = clientOf('@prisma/adapter-better-sqlite3')
    expect(await store.insert(await row())).toBe(false)
    expect(inside).toEqual(['outside writes', 'inside reads'])
  })

  test('with another adapter no transaction is opened', async () => {
    const { store, inside } = clientOf('@prisma/adapter-libsql')
    expect(await store.insert(await row())).toBe(true)
    await store.load(tenantRefOf('firm_1'))
    expect(inside).toEqual(['outside writes', 'outside reads'])
  })
})
