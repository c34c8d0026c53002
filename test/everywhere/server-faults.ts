import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TestClient } from '../support/client-types.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { CANARY, errorOf, expectClean, kindOf } from './clean-errors.js'
import type { FaultyServer } from './faulty-servers.js'

const HALF_A_SECOND = 500

/** A row in two tables: half of it must never be there alone. */
const newClient = (id: string) => ({
  data: { id, name: CANARY, ssn: null, email: `${id}-${CANARY}`, notes: { create: [{ body: CANARY }] } },
})

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The tests of one server, which is started for them alone. */
export function describeServerFaults(database: 'postgresql' | 'mariadb', start: () => Promise<FaultyServer>): void {
  describe(`faults of ${database}`, () => {
    let faulty: FaultyServer
    let bench: SealedBench
    let name: string
    let serial = 0
    const nextId = () => `row-${++serial}`

    const asFirm = <T>(work: () => Promise<T>, tenant = 'firm_a'): Promise<T> =>
      bench.sealed.$fieldseal.withTenant(tenant, work)
    const create = (client: TestClient, id: string) => client.client.create(newClient(id))
    const rowsOf = async (id: string) => [
      await bench.base.client.count({ where: { id } }),
      await bench.base.note.count({ where: { clientId: id } }),
    ]
    /** What must hold once the fault is over. */
    async function expectWhole(id: string): Promise<void> {
      const [clients, notes] = await rowsOf(id)
      expect([clients, notes]).toEqual([notes, notes])
    }
    async function expectWorking(): Promise<void> {
      const id = nextId()
      await asFirm(() => create(bench.sealed, id))
      const read = await asFirm(() => bench.sealed.client.findUnique({ where: { id }, include: { notes: true } }))
      expect([read?.name, read?.notes?.[0]?.body]).toEqual([CANARY, CANARY])
    }

    beforeAll(async () => {
      faulty = await start()
      bench = await prepareSealed({ database, serverUrl: faulty.proxy.url })
      const [row] = await bench.sql(`SELECT ${database === 'mariadb' ? 'DATABASE()' : 'current_database()'} AS name`)
      name = String(row?.name)
      await bench.base.firm.create({ data: { id: 'firm_a', name: 'A' } })
      await expectWorking()
    })
    beforeEach(() => bench.sealed.$fieldseal.ensureTenant('firm_a'))
    afterAll(async () => {
      // Prisma 6.16 loses track of a connection that was ended in a transaction, and then waits for it forever.
      await Promise.race([bench?.dispose().catch(() => undefined), pause(5000)])
      await faulty?.stop()
    })

    /** Stops an operation between its two writes, and has the fault happen there. */
    async function inMiddle(work: (id: string) => Promise<unknown>, fault: () => Promise<unknown> | undefined) {
      const id = nextId()
      const release = await faulty.lock(name, 'Note')
      const failing = errorOf(work(id))
      await pause(HALF_A_SECOND)
      await fault()
      const error = await failing
      await release()
      return { id, error }
    }

    const CUTS: { readonly [fault: string]: { cause(): Promise<unknown>; cure?(): Promise<unknown> } } = {
      'a connection that is dropped': { cause: async () => faulty.proxy.cut() },
      'a connection that the server ends': { cause: () => faulty.endWaiting() },
      'a server that is killed': { cause: () => faulty.server.crash(), cure: () => faulty.server.restart() },
    }

    test.each(Object.entries(CUTS))(
      '%s in the middle of an operation: Prisma’s own error, nothing half-written',
      async (_, { cause, cure }) => {
        const sealed = await inMiddle((id) => asFirm(() => create(bench.sealed, id)), cause)
        await cure?.()
        await expectEventually(() => expectWhole(sealed.id))
        await expectWorking()
        const plain = await inMiddle(
          (id) =>
            bench.base.client.create({ data: { id, firmId: 'firm_a', name: 'x', notes: { create: { body: 'x' } } } }),
          cause,
        )
        await cure?.()
        await expectEventually(() => expectWhole(plain.id))
        expect(kindOf(sealed.error)).toEqual(kindOf(plain.error))
        expectClean(sealed.error)
        await expectWorking()
      },
    )

    test.each(Object.entries(CUTS))(
      '%s in the middle of an interactive transaction: all of it or nothing',
      async (_, { cause, cure }) => {
        const before = nextId()
        const { id, error } = await inMiddle(
          (inner) =>
            asFirm(() =>
              bench.sealed.$transaction(async (tx) => {
                await tx.client.create({ data: { id: before, name: CANARY } })
                await create(tx, inner)
              }),
            ),
          cause,
        )
        await cure?.()
        await expectEventually(async () =>
          expect([await rowsOf(before), await rowsOf(id)]).toEqual([
            [0, 0],
            [0, 0],
          ]),
        )
        expectClean(error)
        await expectWorking()
      },
    )

    test('a server that is killed while a tenant’s first keys are made: none or one of each, and the next attempt works', async () => {
      const tenant = 'firm_killed'
      await bench.base.firm.create({ data: { id: tenant, name: 'K' } })
      const release = await faulty.lock(name, 'fieldseal_key')
      const attempts = Promise.allSettled(
        Array.from({ length: 8 }, () => asFirm(() => create(bench.sealed, nextId()), tenant)),
      )
      await pause(HALF_A_SECOND)
      await faulty.server.crash()
      await release()
      for (const outcome of await attempts) {
        expect(outcome.status).toBe('rejected')
        if (outcome.status === 'rejected') expectClean(outcome.reason)
      }
      await faulty.server.restart()
      await expectEventually(() => asFirm(() => create(bench.sealed, nextId()), tenant))
      const keys = await bench.base.fieldsealKey.findMany({ where: { tenant }, orderBy: { purpose: 'asc' } })
      expect(keys.map(({ purpose, state, version }) => [purpose, state, version])).toEqual([
        ['data', 'active', 1],
        ['index', 'active', 1],
      ])
      for (const row of await asFirm(() => bench.sealed.client.findMany(), tenant)) expect(row.name).toBe(CANARY)
    }, 90_000)

    test('a read-only database: Prisma’s own error, reads go on, no key is left', async () => {
      const [id, other] = [nextId(), nextId()]
      await bench.base.firm.create({ data: { id: 'firm_read', name: 'R' } })
      await faulty.setReadOnly(true)
      await pause(HALF_A_SECOND)
      const sealed = await errorOf(asFirm(() => create(bench.sealed, id)))
      const plain = await errorOf(
        bench.base.client.create({
          data: { id: other, firmId: 'firm_a', name: 'x', notes: { create: { body: 'x' } } },
        }),
      )
      const keyless = await errorOf(asFirm(() => create(bench.sealed, id), 'firm_read'))
      const read = await asFirm(() => bench.sealed.client.findFirst())
      await faulty.setReadOnly(false)
      await pause(HALF_A_SECOND)
      expect(read?.name).toBe(CANARY)
      expect(kindOf(sealed)).toEqual(kindOf(plain))
      expectClean(sealed)
      expectClean(keyless)
      expect(await rowsOf(id)).toEqual([0, 0])
      expect(await bench.base.fieldsealKey.count({ where: { tenant: 'firm_read' } })).toBe(0)
      await expectWorking()
      await asFirm(() => create(bench.sealed, nextId()), 'firm_read')
    })

    test('a full disk: Prisma’s own error, nothing half-written, and what is stored can be read', async () => {
      await faulty.setDiskFull(true, name)
      const body = `${CANARY}${'0123456789abcdef'.repeat(1 << 17)}`
      let failure: { id: string; error: Error } | undefined
      for (let attempt = 0; failure === undefined && attempt < 30; attempt++) {
        const id = nextId()
        const data = { id, name: CANARY, notes: { create: [{ body }] } }
        const outcome = await asFirm(() => bench.sealed.client.create({ data })).catch((error: unknown) => error)
        if (outcome instanceof Error) failure = { id, error: outcome }
        else expect(await rowsOf(id)).toEqual([1, 1])
      }
      expect(failure).toBeDefined()
      if (failure === undefined) return
      expectClean(failure.error)
      expect(String(failure.error)).toMatch(/full|could not (extend|write) file/i)
      await faulty.setDiskFull(false, name)
      expect(await rowsOf(failure.id)).toEqual([0, 0])
      await expectEventually(expectWorking)
    })
  })
}

/** Tries again for a while: a pool may hand out a connection that it does not yet know to be dead. */
async function expectEventually(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (attempt === 10) throw error
      await pause(HALF_A_SECOND)
    }
  }
}
