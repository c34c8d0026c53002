import { describe, expect, it } from 'vitest'
import { KeyRetiredError, KeyStateExpiredError } from '../../src/errors/index.js'
import { createKeyring, memoryKeyStore } from '../../src/keys/index.js'
import { type Bench, type BenchOptions, createBench } from '../support/core/bench.js'
import { createGate, settle } from '../support/core/gate.js'
import { inState, onlyRow, rotate } from '../support/core/key-rows.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'

const LEASE_MS = 60_000
const firm = { tenant: 'firm_1' } as const
const process: BenchOptions = { cache: { scope: 'process' } }

async function setUp(options: BenchOptions = process): Promise<Bench> {
  const bench = createBench(options)
  await bench.fieldseal.encrypt('Client.ssn', '1', firm)
  return bench
}

async function keyIdOfNewCell({ fieldseal }: Bench): Promise<string> {
  return String(await fieldseal.encrypt('Client.ssn', '1', firm)).slice(7, 19)
}

describe('the state lease', () => {
  it('lets many calls work on one view of the states', async () => {
    const bench = await setUp()
    const before = bench.store.loads.length
    for (let i = 0; i < 20; i++) await keyIdOfNewCell(bench)
    bench.clock.advance(LEASE_MS / 3)
    await keyIdOfNewCell(bench)
    expect(bench.store.loads.length).toBe(before)
  })

  it("brings another process's new key into use no later than it ends", async () => {
    const bench = await setUp()
    const old = await keyIdOfNewCell(bench)
    const fresh = await rotate(bench.rows, bench.kms)
    expect(await keyIdOfNewCell(bench)).toBe(old)
    bench.clock.advance(LEASE_MS + 1)
    expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
  })

  it('is refreshed in the background after a third of it, once, while calls go on with the old view', async () => {
    const bench = await setUp()
    const old = await keyIdOfNewCell(bench)
    const fresh = await rotate(bench.rows, bench.kms)
    bench.clock.advance(LEASE_MS / 3 + 1)
    const before = bench.store.loads.length
    const gate = createGate()
    bench.store.afterLoad = () => gate.passed
    expect(await Promise.all([keyIdOfNewCell(bench), keyIdOfNewCell(bench)])).toEqual([old, old])
    expect(bench.store.loads.length).toBe(before + 1)
    gate.open()
    await settle()
    expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
    expect(bench.store.loads.length).toBe(before + 1)
  })

  it('never goes back: a read that ends late does not replace the view of one that began after it', async () => {
    const bench = await setUp()
    bench.clock.advance(LEASE_MS / 3 + 1)
    const gate = createGate()
    bench.store.afterLoad = () => gate.passed
    await keyIdOfNewCell(bench)
    bench.store.afterLoad = () => undefined
    const fresh = await rotate(bench.rows, bench.kms)
    const cell = await bench.another().fieldseal.encrypt('Client.ssn', 'new', firm)
    bench.clock.advance(1)
    await expect(bench.fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('new')
    expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
    gate.open()
    await settle()
    expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
  })

  it('bridges a store that fails in the background, for as long as operations may begin on the old view', async () => {
    const bench = await setUp()
    bench.clock.advance(LEASE_MS / 3 + 1)
    bench.store.afterLoad = () => {
      throw new Error('the store is down')
    }
    const old = await keyIdOfNewCell(bench)
    bench.clock.advance(0.9 * LEASE_MS - LEASE_MS / 3 - 1)
    expect(await keyIdOfNewCell(bench)).toBe(old)
    bench.clock.advance(1)
    await expect(keyIdOfNewCell(bench)).rejects.toThrow('the store is down')
    bench.store.afterLoad = () => undefined
    expect(await keyIdOfNewCell(bench)).toBe(old)
  })

  it('is counted from before the read was sent: a store slower than it is an error, not a guess', async () => {
    const bench = await setUp()
    bench.fieldseal.invalidate('firm_1')
    bench.store.afterLoad = () => bench.clock.advance(LEASE_MS + 1)
    await expect(keyIdOfNewCell(bench)).rejects.toBeInstanceOf(KeyStateExpiredError)
  })

  it('is not outlived by waiting for the KMS: the states are read again, and what is sealed has the new key', async () => {
    const bench = createBench()
    await bench.fieldseal.ensureTenant('firm_1')
    const { keyId: old } = await onlyRow(bench.rows)
    let fresh = ''
    bench.kms.before = async ({ context }) => {
      if (context.keyId !== old || fresh !== '') return
      fresh = (await rotate(bench.rows, bench.kms)).keyId
      bench.clock.advance(LEASE_MS + 1)
    }
    expect(await keyIdOfNewCell(bench)).toBe(fresh)
    expect(fresh).not.toBe('')
  })

  it('is read again after a KMS slower than it, and the key is not unwrapped a second time', async () => {
    const bench = createBench()
    await bench.fieldseal.ensureTenant('firm_1')
    const { keyId } = await onlyRow(bench.rows)
    const before = bench.kms.unwraps.length
    bench.kms.before = () => bench.clock.advance(LEASE_MS + 1)
    expect(await keyIdOfNewCell(bench)).toBe(keyId)
    expect(bench.kms.unwraps.length).toBe(before + 1)
    await expect(bench.fieldseal.tag('Client.ssnIndex', '1', firm)).resolves.not.toBeNull()
    expect(bench.kms.unwraps.length).toBe(before + 2)
    expect(bench.kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('ends in KEY_STATE_EXPIRED when the KMS is slower than it, and the key another one, every time', async () => {
    const bench = createBench()
    await bench.fieldseal.ensureTenant('firm_1')
    bench.kms.before = async () => {
      await rotate(bench.rows, bench.kms)
      bench.clock.advance(LEASE_MS + 1)
    }
    await expect(keyIdOfNewCell(bench)).rejects.toMatchObject({ code: 'KEY_STATE_EXPIRED', tenant: 'firm_1' })
    expect(bench.kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('refuses a key that was retired while the KMS took its time', async () => {
    const bench = createBench()
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    const { keyId } = await onlyRow(bench.rows)
    bench.kms.before = async ({ context }) => {
      if (context.keyId !== keyId) return
      const old = await onlyRow(bench.rows)
      await rotate(bench.rows, bench.kms)
      bench.rows.put(inState(old, 'retired'))
      bench.clock.advance(LEASE_MS + 1)
    }
    const needs = {
      active: [{ tenant: 'firm_1', purpose: 'data' as const }],
      named: [{ tenant: 'firm_1', keyId: String(cell).slice(7, 19) }],
    }
    const keyring = createKeyring({ store: bench.store, kms: bench.kms, now: bench.clock.now })
    const keys = await keyring.warm(needs)
    expect(keys.active('firm_1', 'data').keyId).not.toBe(keyId)
    expect(() => keys.named('firm_1', keyId, {})).toThrow(KeyRetiredError)
    keys.release()
    expect(bench.kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('does not hold opening back: a slow KMS still opens cells', async () => {
    const bench = createBench()
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    bench.kms.before = () => bench.clock.advance(LEASE_MS + 1)
    await expect(bench.fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('1')
  })

  it('is looked at again when a warmed key is used, not only when it is warmed', async () => {
    let time = 0
    const keyring = createKeyring({ store: memoryKeyStore(), kms: spyKms(), now: () => time })
    const keys = await keyring.warm({ active: [{ tenant: 'firm_1', purpose: 'data' }], named: [] })
    time = LEASE_MS
    expect(keys.active('firm_1', 'data').tenant).toBe('firm_1')
    time = LEASE_MS + 1
    expect(() => keys.active('firm_1', 'data')).toThrow(KeyStateExpiredError)
  })
})

describe('invalidate()', () => {
  it('brings a new key into use at once', async () => {
    const bench = await setUp()
    const fresh = await rotate(bench.rows, bench.kms)
    bench.fieldseal.invalidate('firm_1')
    expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
  })

  it.each(['before', 'after'])('holds for a read on its way that ends %s the next one', async (end) => {
    const bench = await setUp()
    bench.clock.advance(LEASE_MS + 1)
    const gate = createGate()
    bench.store.afterLoad = () => gate.passed
    const early = keyIdOfNewCell(bench)
    await settle()
    bench.store.afterLoad = () => undefined
    const fresh = await rotate(bench.rows, bench.kms)
    bench.fieldseal.invalidate('firm_1')
    if (end === 'after') expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
    gate.open()
    expect(await early).not.toBe(fresh.keyId)
    expect(await keyIdOfNewCell(bench)).toBe(fresh.keyId)
  })
})

describe('a key in the cache of a process', () => {
  const changes: [string, (bench: Bench) => Promise<void>][] = [
    [
      'is retired',
      async ({ rows }) => {
        rows.put(inState(await onlyRow(rows), 'retired'))
      },
    ],
    [
      'is destroyed',
      async ({ rows }) => {
        rows.put(inState(await onlyRow(rows), 'destroyed'))
      },
    ],
    [
      'belongs to a tenant that is suspended',
      async ({ rows }) => rows.setTenantState((await onlyRow(rows)).tenantRef, 'suspended'),
    ],
    [
      'belongs to a tenant that is shredded',
      async ({ rows }) => rows.setTenantState((await onlyRow(rows)).tenantRef, 'shredded'),
    ],
  ]

  it.each(changes)('is erased as soon as this process sees that it %s', async (_, change) => {
    const bench = await setUp()
    const key = bench.kms.unwrapped.at(-1)
    await change(bench)
    bench.clock.advance(LEASE_MS / 3 + 1)
    await keyIdOfNewCell(bench)
    await settle()
    expect(key !== undefined && isErased(key.live)).toBe(true)
  })
})
