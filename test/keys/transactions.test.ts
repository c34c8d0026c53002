import { describe, expect, it } from 'vitest'
import {
  ForeignTenantKeyError,
  KeyNotProvisionedError,
  TenantSuspendedError,
  UnknownKeyError,
} from '../../src/errors/index.js'
import { createKeyring, memoryKeyStore, tenantRefOf } from '../../src/keys/index.js'
import { createClock } from '../support/core/clock.js'
import { thrownBy } from '../support/core/expect-error.js'
import { makeRow } from '../support/core/key-rows.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'
import { spyStore } from '../support/core/spy-store.js'

const data = { active: [{ tenant: 'firm_1', purpose: 'data' as const }], named: [] }

/** A keyring on a store, and a transaction that sees another set of rows. */
function setUp(scope: 'request' | 'process') {
  const kms = spyKms()
  const rows = memoryKeyStore()
  const store = spyStore(rows)
  const seenInside = memoryKeyStore()
  const reader = spyStore(seenInside)
  const clock = createClock()
  const keyring = createKeyring({ store, kms, now: clock.now, cache: { scope } })
  return { kms, rows, store, seenInside, reader, clock, keyring, transaction: { id: 'tx1', reader } }
}

describe.each(['request', 'process'] as const)('inside a transaction, in scope %s,', (scope) => {
  it('keys are read through it, while what the store says of them is waited for by nobody', async () => {
    const { kms, keyring, store, seenInside, transaction } = setUp(scope)
    const row = await makeRow(kms)
    seenInside.put(row)
    store.afterLoad = () => new Promise(() => undefined)
    const context = keyring.openContext()
    const keys = await keyring.warm(data, { context, transaction })
    expect(keys.active('firm_1', 'data').keyId).toBe(row.keyId)
    expect(store.finds).toEqual([])
    keys.release()
  })

  it('a missing key is never created: the error names ensureTenant()', async () => {
    const { kms, keyring, store, reader, transaction } = setUp(scope)
    const error = await thrownBy(KeyNotProvisionedError, () => keyring.warm(data, { transaction }))
    expect(error.message).toContain('ensureTenant()')
    expect(error.tenant).toBe('firm_1')
    expect(kms.generations).toEqual([])
    expect(store.inserts).toEqual([])
    expect(reader.inserts).toEqual([])
  })

  it('a key read through it is known to nobody outside: it may yet be rolled back', async () => {
    const { kms, keyring, rows, seenInside, transaction } = setUp(scope)
    const inside = await makeRow(kms)
    seenInside.put(inside)
    const context = keyring.openContext()
    const named = { active: [], named: [{ tenant: 'firm_1', keyId: inside.keyId }] }
    const keys = await keyring.warm(data, { context, transaction })
    keys.release()
    // Rolled back: outside there is no such row, in the same context or in another.
    for (const options of [{ context }, {}]) {
      const outside = await keyring.warm(named, options)
      expect(() => outside.named('firm_1', inside.keyId, {})).toThrow(UnknownKeyError)
      outside.release()
    }
    const fresh = await keyring.warm(data, { context })
    expect(fresh.active('firm_1', 'data').keyId).not.toBe(inside.keyId)
    expect((await rows.load(tenantRefOf('firm_1'))).rows.map(({ keyId }) => keyId)).not.toContain(inside.keyId)
    fresh.release()
  })

  it('a key read through it is unwrapped once for it, not again for each call, and erased with the context', async () => {
    const { kms, keyring, seenInside, transaction } = setUp(scope)
    seenInside.put(await makeRow(kms))
    const context = keyring.openContext()
    for (let i = 0; i < 3; i++) (await keyring.warm(data, { context, transaction })).release()
    expect(kms.unwraps).toHaveLength(1)
    const other = { id: 'tx2', reader: transaction.reader }
    ;(await keyring.warm(data, { context, transaction: other })).release()
    expect(kms.unwraps).toHaveLength(2)
    expect(kms.unwrapped.some(({ live }) => isErased(live))).toBe(false)
    context.end()
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('a key already known to be durable is used without reading anything', async () => {
    const { kms, keyring, store, reader, transaction } = setUp(scope)
    const context = keyring.openContext()
    const before = await keyring.warm(data, { context })
    const { keyId } = before.active('firm_1', 'data')
    before.release()
    const [loads, unwraps] = [store.loads.length, kms.unwraps.length]
    const keys = await keyring.warm(data, { context, transaction })
    expect(keys.active('firm_1', 'data').keyId).toBe(keyId)
    keys.release()
    expect(reader.loads).toEqual([])
    expect(store.loads.length).toBe(loads)
    expect(kms.unwraps.length).toBe(unwraps)
  })

  it('the state lease holds too: a view that is too old is read again, through it', async () => {
    const { keyring, kms, clock, reader, seenInside, transaction } = setUp(scope)
    const context = keyring.openContext()
    ;(await keyring.warm(data, { context })).release()
    clock.advance(60_001)
    seenInside.put(await makeRow(kms))
    ;(await keyring.warm(data, { context, transaction })).release()
    expect(reader.loads).toHaveLength(1)
  })

  it('a suspended tenant is refused', async () => {
    const { kms, keyring, seenInside, transaction } = setUp(scope)
    seenInside.put(await makeRow(kms))
    seenInside.setTenantState(tenantRefOf('firm_1'), 'suspended')
    await thrownBy(TenantSuspendedError, () => keyring.warm(data, { transaction }))
  })

  it("a cell's key that only it can see opens there", async () => {
    const { kms, keyring, seenInside, transaction } = setUp(scope)
    const context = keyring.openContext()
    ;(await keyring.warm(data, { context })).release()
    const inside = await makeRow(kms, { state: 'decrypt-only', version: 9 })
    seenInside.put(inside)
    const keys = await keyring.warm(
      { active: [], named: [{ tenant: 'firm_1', keyId: inside.keyId }] },
      { context, transaction },
    )
    expect(keys.named('firm_1', inside.keyId, {}).keyId).toBe(inside.keyId)
    keys.release()
  })

  it('a key of another tenant is told as such though only it can see the row', async () => {
    const { kms, keyring, seenInside, transaction } = setUp(scope)
    const foreign = await makeRow(kms, { tenant: 'firm_2' })
    seenInside.put(foreign)
    const needs = { active: [], named: [{ tenant: 'firm_1', keyId: foreign.keyId }] }
    const keys = await keyring.warm(needs, { transaction })
    expect(() => keys.named('firm_1', foreign.keyId, {})).toThrow(ForeignTenantKeyError)
    keys.release()
  })
})
