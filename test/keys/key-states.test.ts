import { describe, expect, it } from 'vitest'
import {
  ForeignTenantKeyError,
  KeyDestroyedError,
  KeyNotWarmedError,
  KeyRetiredError,
  TenantShreddedError,
  TenantSuspendedError,
  UnknownKeyError,
} from '../../src/errors/index.js'
import { createKeyring, tenantRefOf } from '../../src/keys/index.js'
import { type Bench, createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { inState, makeRow, onlyRow, rotate } from '../support/core/key-rows.js'

const firm = { tenant: 'firm_1' } as const

/** A cell sealed under a key that then goes into `state`, another key being active. */
async function cellUnder(state: 'pending' | 'decrypt-only' | 'retired' | 'destroyed') {
  const bench = createBench()
  const cell = await bench.fieldseal.encrypt('Client.ssn', '123', firm)
  const row = await onlyRow(bench.rows)
  await rotate(bench.rows, bench.kms)
  bench.rows.put(inState(row, state))
  bench.fieldseal.invalidate('firm_1')
  return { ...bench, cell, keyId: row.keyId }
}

describe('a key', () => {
  it.each(['pending', 'decrypt-only'] as const)('that is %s opens what it sealed and seals nothing', async (state) => {
    const { fieldseal, cell, keyId } = await cellUnder(state)
    await expect(fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('123')
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).resolves.not.toContain(keyId)
  })

  it('that is pending is passed over: the tenant gets an active key of the next version', async () => {
    const { fieldseal, rows, kms } = createBench()
    const pending = await makeRow(kms, { state: 'pending', version: 1 })
    rows.put(pending)
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).resolves.not.toContain(pending.keyId)
    const active = (await rows.load(tenantRefOf('firm_1'))).rows.filter(({ state }) => state === 'active')
    expect(active.map(({ version }) => version)).toEqual([2])
  })

  it('that is retired opens nothing', async () => {
    const { fieldseal, cell, keyId } = await cellUnder('retired')
    const error = await thrownBy(KeyRetiredError, () => fieldseal.decrypt('Client.ssn', cell, firm))
    expect(error).toMatchObject({ code: 'KEY_RETIRED', keyId, tenant: 'firm_1', model: 'Client', field: 'ssn' })
  })

  it('that was destroyed opens nothing', async () => {
    const { fieldseal, cell, keyId } = await cellUnder('destroyed')
    const error = await thrownBy(KeyDestroyedError, () => fieldseal.decrypt('Client.ssn', cell, firm))
    expect(error).toMatchObject({ code: 'KEY_DESTROYED', keyId, tenant: 'firm_1' })
  })

  it('set back from retired to decrypt-only opens again', async () => {
    const { fieldseal, rows, cell, keyId } = await cellUnder('retired')
    const row = (await rows.find([keyId]))[0]
    if (row === undefined) throw new Error('the row is gone')
    rows.put(inState(row, 'decrypt-only'))
    fieldseal.invalidate('firm_1')
    await expect(fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('123')
  })

  it('for tags opens no cell: a cell that names one names no data key', async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const [data, index] = [await onlyRow(rows), await onlyRow(rows, 'firm_1', 'index')]
    const cell = String(await fieldseal.encrypt('Client.ssn', '1', firm))
    await thrownBy(UnknownKeyError, () => fieldseal.decrypt('Client.ssn', cell.replace(data.keyId, index.keyId), firm))
  })

  it('that may not be used is told before the KMS is asked for it', async () => {
    const { fieldseal, kms, cell, keyId } = await cellUnder('retired')
    const before = kms.unwrapsOf(keyId)
    await thrownBy(KeyRetiredError, () => fieldseal.decrypt('Client.ssn', cell, firm))
    expect(kms.unwrapsOf(keyId)).toBe(before)
  })
})

describe.each([
  ['suspended' as const, TenantSuspendedError],
  ['shredded' as const, TenantShreddedError],
])('a tenant that is %s', (state, expected) => {
  async function setUp(): Promise<Bench & { cell: unknown }> {
    const bench = createBench({ cache: { scope: 'process' } })
    const cell = await bench.fieldseal.encrypt('Client.ssn', '123', firm)
    bench.rows.setTenantState(tenantRefOf('firm_1'), state)
    bench.fieldseal.invalidate('firm_1')
    return { ...bench, cell }
  }

  it('has nothing sealed, opened or tagged', async () => {
    const { fieldseal, cell } = await setUp()
    await thrownBy(expected, () => fieldseal.encrypt('Client.ssn', '1', firm))
    await thrownBy(expected, () => fieldseal.decrypt('Client.ssn', cell, firm))
    await thrownBy(expected, () => fieldseal.tag('Client.ssnIndex', '1', firm))
  })

  it('gets no new key, whatever asks for one', async () => {
    const { fieldseal, rows, kms } = await setUp()
    const { tenantRef } = await onlyRow(rows)
    const [generated, before] = [kms.generations.length, (await rows.load(tenantRef)).rows.length]
    await thrownBy(expected, () => fieldseal.ensureTenant('firm_1'))
    await thrownBy(expected, () => fieldseal.warm(['firm_1']))
    await thrownBy(expected, () => fieldseal.encrypt('Client.ssn', '1', firm))
    expect(kms.generations.length).toBe(generated)
    expect((await rows.load(tenantRef)).rows.length).toBe(before)
  })

  it('gets none although it never had one', async () => {
    const { fieldseal, rows, kms } = createBench()
    rows.setTenantState(tenantRefOf('firm_1'), state)
    await thrownBy(expected, () => fieldseal.ensureTenant('firm_1'))
    expect(kms.generations).toEqual([])
  })

  it('is refused within the state lease even where its keys were in use', async () => {
    const bench = createBench({ cache: { scope: 'process' } })
    await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    bench.rows.setTenantState(tenantRefOf('firm_1'), state)
    bench.clock.advance(60_001)
    await thrownBy(expected, () => bench.fieldseal.encrypt('Client.ssn', '1', firm))
  })

  it('does not stand in the way of others', async () => {
    const { fieldseal } = await setUp()
    await expect(fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_2' })).resolves.toMatch(/^enc::1\./)
  })
})

describe('a key id this process does not know', () => {
  it('is looked for in the store once, and found if another process made it a moment ago', async () => {
    const bench = createBench({ cache: { scope: 'process' } })
    await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    const fresh = await rotate(bench.rows, bench.kms)
    const cell = await bench.another().fieldseal.encrypt('Client.ssn', 'new', firm)
    expect(cell).toContain(fresh.keyId)
    const before = bench.store.loads.length
    await expect(bench.fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('new')
    expect(bench.store.loads.length).toBe(before + 1)
    await bench.fieldseal.decrypt('Client.ssn', cell, firm)
    expect(bench.store.loads.length).toBe(before + 1)
  })

  it('and the store does not know either is an error with the place and the id', async () => {
    const { fieldseal, store } = createBench()
    const cell = String(await fieldseal.encrypt('Client.ssn', '1', firm))
    const before = store.loads.length
    const error = await thrownBy(UnknownKeyError, () =>
      fieldseal.decrypt('Client.ssn', `enc::1.zzzzzzzzzzzz.${cell.slice(20)}`, firm),
    )
    expect(error).toMatchObject({ keyId: 'zzzzzzzzzzzz', model: 'Client', field: 'ssn', tenant: 'firm_1' })
    expect(store.loads.length).toBe(before + 1)
  })

  it("and that is another tenant's is a foreign key, which is never unwrapped", async () => {
    const { fieldseal, kms, rows } = createBench()
    const cell = await fieldseal.encrypt('Client.ssn', '1', firm)
    const { keyId } = await onlyRow(rows)
    const before = kms.unwrapsOf(keyId)
    await thrownBy(ForeignTenantKeyError, () => fieldseal.decrypt('Client.ssn', cell, { tenant: 'firm_2' }))
    expect(kms.unwrapsOf(keyId)).toBe(before)
  })
})

describe('a key set', () => {
  it('gives out nothing that was not warmed, and nothing after release', async () => {
    const { store, kms, clock } = createBench()
    const keyring = createKeyring({ store, kms, now: clock.now })
    const keys = await keyring.warm({ active: [{ tenant: 'firm_1', purpose: 'data' }], named: [] })
    const { keyId } = keys.active('firm_1', 'data')
    expect(() => keys.active('firm_1', 'index')).toThrow(KeyNotWarmedError)
    expect(() => keys.active('firm_2', 'data')).toThrow(KeyNotWarmedError)
    expect(() => keys.named('firm_1', keyId, {})).toThrow(KeyNotWarmedError)
    keys.release()
    expect(() => keys.active('firm_1', 'data')).toThrow(KeyNotWarmedError)
  })

  it('tells at each cell why its key may not be used, and lets the others open', async () => {
    const bench = createBench()
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    const keyring = createKeyring({ store: bench.store, kms: bench.kms, now: bench.clock.now })
    const { keyId } = await onlyRow(bench.rows)
    expect(cell).toContain(keyId)
    const keys = await keyring.warm({
      active: [],
      named: [
        { tenant: 'firm_1', keyId },
        { tenant: 'firm_1', keyId: 'zzzzzzzzzzzz' },
      ],
    })
    expect(keys.named('firm_1', keyId, {}).keyId).toBe(keyId)
    expect(() => keys.named('firm_1', 'zzzzzzzzzzzz', { model: 'Client' })).toThrow(UnknownKeyError)
    keys.release()
  })
})
