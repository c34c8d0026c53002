import { describe, expect, it } from 'vitest'
import { KeyStateExpiredError } from '../../src/errors/index.js'
import { createKeyring, type KeyNeeds, memoryKeyStore } from '../../src/keys/index.js'
import { createClock } from '../support/core/clock.js'
import { createGate, settle } from '../support/core/gate.js'
import { onlyRow, rotate } from '../support/core/key-rows.js'
import { spyKms } from '../support/core/spy-kms.js'
import { spyStore } from '../support/core/spy-store.js'

const LEASE_MS = 60_000
/** A view older than this is read anew before an operation begins. */
const WARMABLE_MS = 54_000

const dataOf = (...tenants: string[]): KeyNeeds => ({
  active: tenants.map((tenant) => ({ tenant, purpose: 'data' })),
  named: [],
})
const data = dataOf('firm_1')

/** A process whose keys are in its cache, their states just read. */
async function setUp(now?: () => number) {
  const clock = createClock()
  const kms = spyKms()
  const rows = memoryKeyStore()
  const store = spyStore(rows)
  const reader = spyStore(rows)
  const keyring = createKeyring({
    store,
    kms,
    now: now ?? clock.now,
    resilience: false,
    cache: { scope: 'process' },
    timing: { stateLeaseMs: LEASE_MS, hardTtlMs: 100 * LEASE_MS },
  })
  ;(await keyring.warm(data)).release()
  const transaction = { id: 'tx1', reader }
  /** The key an operation would seal with. */
  const keyIdNow = async (options: Parameters<typeof keyring.warm>[1] = {}): Promise<string> => {
    const keys = await keyring.warm(data, options)
    try {
      return keys.active('firm_1', 'data').keyId
    } finally {
      keys.release()
    }
  }
  /** From now on the store's only connection is held by the transaction: what else is read waits. */
  const holdConnection = () => {
    const gate = createGate()
    store.afterLoad = () => gate.passed
    return gate
  }
  return { clock, kms, rows, store, reader, keyring, transaction, keyIdNow, holdConnection }
}

describe('an operation that begins as the state lease ends', () => {
  it.each(['outside a transaction', 'inside one that holds the only connection'])(
    'is not refused, at whatever moment it begins, %s',
    async (where) => {
      for (let ageMs = LEASE_MS - 15; ageMs < LEASE_MS + 15; ageMs++) {
        let time = 0
        // Time goes on while an operation works.
        const { keyIdNow, transaction, holdConnection } = await setUp(() => time++)
        time = ageMs
        const isOutside = where === 'outside a transaction'
        if (!isOutside) holdConnection()
        await expect(keyIdNow(isOutside ? {} : { transaction })).resolves.toHaveLength(12)
      }
    },
  )

  it('has at least a tenth of the lease to begin sealing', async () => {
    for (const at of [0, LEASE_MS / 2, WARMABLE_MS, WARMABLE_MS + 1, LEASE_MS, LEASE_MS + 1]) {
      for (const inside of [false, true]) {
        const { clock, keyring, transaction } = await setUp()
        clock.advance(at)
        const keys = await keyring.warm(data, inside ? { transaction } : {})
        clock.advance(LEASE_MS - WARMABLE_MS)
        expect(keys.active('firm_1', 'data').tenant).toBe('firm_1')
        clock.advance(LEASE_MS)
        expect(() => keys.active('firm_1', 'data')).toThrow(KeyStateExpiredError)
        keys.release()
      }
    }
  })

  it('waits for a new view only then: up to nine tenths it begins on the one there is', async () => {
    const { clock, keyIdNow, holdConnection, rows, kms } = await setUp()
    const old = await keyIdNow()
    const fresh = await rotate(rows, kms)
    const gate = holdConnection()
    clock.advance(WARMABLE_MS)
    expect(await keyIdNow()).toBe(old)
    clock.advance(1)
    const waiting = keyIdNow()
    gate.open()
    expect(await waiting).toBe(fresh.keyId)
  })
})

describe('tenants of one operation', () => {
  it('all have fresh states when it begins, however long the KMS took for one of them', async () => {
    const { clock, kms, rows, keyring } = await setUp()
    await keyring.ensureTenant('firm_2')
    const slow = await onlyRow(rows, 'firm_2')
    const old = await onlyRow(rows)
    let fresh = ''
    kms.before = async ({ context }) => {
      if (context.keyId !== slow.keyId || fresh !== '') return
      await settle()
      fresh = (await rotate(rows, kms)).keyId
      clock.advance(LEASE_MS + 1)
    }
    const keys = await keyring.warm(dataOf('firm_1', 'firm_2'))
    expect(fresh).not.toBe('')
    expect(keys.active('firm_1', 'data').keyId).toBe(fresh)
    expect(fresh).not.toBe(old.keyId)
    expect(keys.active('firm_2', 'data').keyId).toBe(slow.keyId)
    keys.release()
  })

  it('whose states are still fresh are not read again for one whose are not', async () => {
    const { clock, kms, rows, store, keyring } = await setUp()
    await keyring.ensureTenant('firm_2')
    const slow = await onlyRow(rows, 'firm_2')
    clock.advance(WARMABLE_MS / 2)
    keyring.invalidate('firm_1')
    const before = store.loads.length
    kms.before = ({ context }) => {
      if (context.keyId === slow.keyId) clock.advance(WARMABLE_MS / 2 + 1)
    }
    ;(await keyring.warm(dataOf('firm_1', 'firm_2'))).release()
    const reads = store.loads.slice(before)
    expect(reads.filter((tenantRef) => tenantRef === slow.tenantRef).length).toBeGreaterThan(0)
    expect(reads.filter((tenantRef) => tenantRef !== slow.tenantRef)).toHaveLength(1)
  })
})

describe('a process that works in transactions only', () => {
  it('has states read in the background, so that transactions need not read them', async () => {
    const { clock, store, reader, keyIdNow, transaction } = await setUp()
    const before = store.loads.length
    for (let i = 0; i < 50; i++) {
      clock.advance(LEASE_MS / 6)
      await keyIdNow({ transaction })
      // The transaction ends and gives its connection back.
      await settle()
    }
    expect(reader.loads).toEqual([])
    // One after a third of each lease, begun by the first operation past it.
    expect(store.loads.length - before).toBeGreaterThan(10)
    expect(store.loads.length - before).toBeLessThan(20)
  })

  it('has the states of a tenant it never saw read in the background too, and its key unwrapped once', async () => {
    const { kms, keyring, store, reader, transaction } = await setUp()
    await keyring.ensureTenant('firm_2')
    keyring.invalidate('firm_2')
    const [loads, unwraps] = [store.loads.length, kms.unwraps.length]
    for (let i = 0; i < 5; i++) {
      const context = keyring.openContext()
      const inside = { id: `tx${i}`, reader: transaction.reader }
      ;(await keyring.warm(dataOf('firm_2'), { context, transaction: inside })).release()
      context.end()
      await settle()
    }
    expect(reader.loads).toHaveLength(1)
    expect(store.loads.length - loads).toBe(1)
    // Through the first transaction, which might have been rolled back, and then for all.
    expect(kms.unwraps.length - unwraps).toBe(2)
  })

  it('never waits for a background read, of which there is one at a time', async () => {
    const { clock, store, reader, keyIdNow, transaction, holdConnection } = await setUp()
    clock.advance(LEASE_MS / 2)
    const before = store.loads.length
    const gate = holdConnection()
    for (let i = 0; i < 20; i++) await keyIdNow({ transaction })
    expect(store.loads.length - before).toBe(1)
    expect(reader.loads).toEqual([])
    clock.advance(LEASE_MS)
    await keyIdNow({ transaction })
    expect(reader.loads).toHaveLength(1)
    gate.open()
  })

  it('does not mind a background read that fails', async () => {
    const { clock, store, keyIdNow, transaction } = await setUp()
    store.afterLoad = () => {
      throw new Error('no connection to be had')
    }
    for (const step of [LEASE_MS / 2, LEASE_MS]) {
      clock.advance(step)
      await expect(keyIdNow({ transaction })).resolves.toHaveLength(12)
      await settle()
    }
  })
})

describe('a read that never ends', () => {
  it('is waited for no longer than its result would be of use: another begins', async () => {
    const { clock, store, keyIdNow, holdConnection } = await setUp()
    clock.advance(LEASE_MS)
    holdConnection()
    const stuck = keyIdNow()
    await settle()
    store.afterLoad = () => undefined
    const before = store.loads.length
    clock.advance(WARMABLE_MS)
    const joined = keyIdNow()
    await settle()
    expect(store.loads.length).toBe(before)
    clock.advance(1)
    await expect(keyIdNow()).resolves.toHaveLength(12)
    expect(store.loads.length).toBe(before + 1)
    await expect(Promise.race([stuck, joined, Promise.resolve('still waiting')])).resolves.toBe('still waiting')
  })

  it('does not end the one that took its place when it ends after all', async () => {
    const { clock, store, keyIdNow, holdConnection, rows, kms } = await setUp()
    clock.advance(LEASE_MS)
    const first = holdConnection()
    const early = keyIdNow()
    await settle()
    clock.advance(WARMABLE_MS + 1)
    const second = holdConnection()
    const late = keyIdNow()
    await settle()
    const fresh = await rotate(rows, kms)
    const before = store.loads.length
    first.open()
    await settle()
    const joined = keyIdNow()
    await settle()
    // The first caller has seen that its view came too late, and waits for the second read like the others.
    expect(store.loads.length).toBe(before)
    second.open()
    expect(new Set(await Promise.all([early, late, joined])).size).toBe(1)
    clock.advance(WARMABLE_MS + 1)
    store.afterLoad = () => undefined
    expect(await keyIdNow()).toBe(fresh.keyId)
  })
})
