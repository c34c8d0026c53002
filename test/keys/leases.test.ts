import { createDecipheriv, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { lengthPrefixed } from '../../src/crypto/index.js'
import { ContextEndedError, FieldsealError, KmsUnavailableError } from '../../src/errors/index.js'
import { createKeyring } from '../../src/keys/index.js'
import { cellAad, parseCell } from '../../src/message/index.js'
import { type BenchOptions, createBench } from '../support/core/bench.js'
import { createGate, settle } from '../support/core/gate.js'
import { onlyRow } from '../support/core/key-rows.js'
import { isErased } from '../support/core/spy-kms.js'

const SEALS = 50
const ZEROES = new Uint8Array(32)

/** Whether a cell of Client.ssn of firm_1 opens with a data key, without any code of the library's that guards keys. */
function opensWith(dataKey: Uint8Array, stored: unknown): boolean {
  const cell = parseCell(stored, {})
  const place = { keyId: cell.keyId, tenant: 'firm_1', fieldId: 'Client.ssn' }
  const info = Buffer.concat(
    ['fieldseal/1/field', place.keyId, place.tenant, place.fieldId].map((part) => lengthPrefixed(part)),
  )
  const derived = Buffer.from(hkdfSync('sha256', dataKey, new Uint8Array(0), info, 32))
  return [derived, dataKey].some((key) => {
    const decipher = createDecipheriv('aes-256-gcm', key, cell.nonce, { authTagLength: 16 })
    decipher.setAAD(cellAad(place))
    decipher.setAuthTag(cell.sealed.subarray(-16))
    decipher.update(cell.sealed.subarray(0, -16))
    try {
      decipher.final()
      return true
    } catch {
      return false
    }
  })
}

/** Every call either failed with an error of ours, or made a cell that a fresh process opens and zeroes do not. */
async function expectSound(bench: ReturnType<typeof createBench>, outcomes: PromiseSettledResult<unknown>[]) {
  const fresh = bench.another()
  let sealed = 0
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'rejected') {
      expect(outcome.reason).toBeInstanceOf(FieldsealError)
      continue
    }
    sealed++
    expect(opensWith(ZEROES, outcome.value)).toBe(false)
    const opened = fresh.fieldseal.decrypt('Client.ssn', outcome.value, { tenant: 'firm_1' })
    await expect(opened).resolves.toBe(`value ${i}`)
  }
  return sealed
}

const scopes: [string, BenchOptions][] = [
  ['request', { cache: { scope: 'request' } }],
  ['process', { cache: { scope: 'process' } }],
]

describe.each(scopes)('in scope %s', (_, options) => {
  it('a context that ends while 50 seals wait for the KMS leaves no cell sealed under zeroes', async () => {
    const bench = createBench(options)
    await bench.fieldseal.ensureTenant('firm_1')
    const gate = createGate()
    bench.kms.before = () => gate.passed
    const pending: Promise<unknown>[] = []
    await bench.fieldseal.withTenant('firm_1', () => {
      for (let i = 0; i < SEALS; i++) pending.push(bench.fieldseal.encrypt('Client.ssn', `value ${i}`))
    })
    gate.open()
    const outcomes = await Promise.allSettled(pending)
    expect(await expectSound(bench, outcomes)).toBe(SEALS)
    const [first] = outcomes
    if (first?.status !== 'fulfilled') throw new Error('nothing was sealed')
    const dataKey = bench.kms.generated.find(({ keyId }) => keyId === parseCell(first.value, {}).keyId)
    expect(opensWith(dataKey?.copy ?? ZEROES, first.value)).toBe(true)
  })

  it('keys thrown out at every moment of 50 seals leave no cell sealed under zeroes', async () => {
    const bench = createBench(options)
    await bench.fieldseal.ensureTenant('firm_1')
    const pending: Promise<unknown>[] = []
    for (let i = 0; i < SEALS; i++) {
      pending.push(
        bench.fieldseal.withTenant('firm_1', async () => {
          for (let turn = 0; turn < i % 7; turn++) await Promise.resolve()
          return bench.fieldseal.encrypt('Client.ssn', `value ${i}`)
        }),
      )
      if (i % 5 === 0) bench.fieldseal.invalidate('firm_1')
      if (i % 11 === 0) bench.fieldseal.dispose()
      if (i % 3 === 0) await Promise.resolve()
    }
    expect(await expectSound(bench, await Promise.allSettled(pending))).toBe(SEALS)
  })

  it('a key that work still holds is not erased by throwing it out of the cache', async () => {
    const bench = createBench(options)
    await bench.fieldseal.ensureTenant('firm_1')
    const { keyId } = await onlyRow(bench.rows)
    const gate = createGate()
    const indexRow = await onlyRow(bench.rows, 'firm_1', 'index')
    // warm() needs both keys: the data key is leased while the index key is still on its way.
    bench.kms.before = (request) => (request.context.keyId === indexRow.keyId ? gate.passed : undefined)
    const warming = bench.fieldseal.withTenant('firm_1', () => bench.fieldseal.warm(['firm_1']))
    await settle()
    const dataKey = bench.kms.unwrapped.filter((key) => key.keyId === keyId).at(-1)
    if (dataKey === undefined) throw new Error('the data key was not unwrapped')
    bench.fieldseal.invalidate('firm_1')
    bench.fieldseal.dispose()
    expect(isErased(dataKey.live)).toBe(false)
    gate.open()
    await warming
    bench.fieldseal.dispose()
    expect(isErased(dataKey.live)).toBe(true)
  })
})

describe('an unwrapped key', () => {
  it('is erased when the context it was loaded in ends, and not before', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const before = kms.unwrapped.length
    await fieldseal.withTenant('firm_1', async () => {
      await fieldseal.encrypt('Client.ssn', '1')
      await fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '2'))
      const live = kms.unwrapped.slice(before)
      expect(live).toHaveLength(1)
      expect(live.map((key) => isErased(key.live))).toEqual([false])
      expect(live.map((key) => key.copy.equals(key.live))).toEqual([true])
    })
    expect(kms.unwrapped.slice(before).map((key) => isErased(key.live))).toEqual([true])
  })

  it('outside any context is erased as soon as its one call is done', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    await fieldseal.tag('Client.ssnIndex', '1', { tenant: 'firm_1' })
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('is erased after a failure too: an error leaves no key behind', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    await expect(fieldseal.encrypt('Client.ssn', 7, { tenant: 'firm_1' })).rejects.toBeInstanceOf(FieldsealError)
    const cell = await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    await expect(fieldseal.decrypt('Client.name', cell, { tenant: 'firm_1' })).rejects.toBeInstanceOf(FieldsealError)
    expect(kms.unwrapped.length).toBeGreaterThan(3)
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('is erased when another key of the same call cannot be had', async () => {
    const { fieldseal, kms, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const indexRow = await onlyRow(rows, 'firm_1', 'index')
    kms.before = ({ context }) => {
      if (context.keyId === indexRow.keyId) throw new KmsUnavailableError('down')
    }
    await expect(fieldseal.warm(['firm_1'])).rejects.toThrow('down')
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('in scope process is kept for the next call, and erased by dispose()', async () => {
    const { fieldseal, kms } = createBench({ cache: { scope: 'process' } })
    await fieldseal.ensureTenant('firm_1')
    const before = kms.unwrapped.length
    await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    await fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '2'))
    const [key, ...others] = kms.unwrapped.slice(before)
    expect(others).toEqual([])
    expect(key !== undefined && isErased(key.live)).toBe(false)
    fieldseal.dispose()
    expect(key !== undefined && isErased(key.live)).toBe(true)
  })

  it('made for a new tenant is erased before it is ever leased: what is used was unwrapped from the row', async () => {
    const { fieldseal, kms } = createBench({ cache: { scope: 'process' } })
    await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    expect(kms.generated.length).toBe(1)
    expect(kms.generated.every(({ live }) => isErased(live))).toBe(true)
    expect(kms.unwrapped.map(({ live }) => isErased(live))).toEqual([true, false])
  })
})

describe('a call made in a context that has ended', () => {
  it('is refused before any key is loaded', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const gate = createGate()
    let late: Promise<unknown> = Promise.resolve()
    await fieldseal.withTenant('firm_1', () => {
      late = gate.passed.then(() => fieldseal.encrypt('Client.ssn', '1'))
    })
    const before = kms.unwraps.length
    gate.open()
    await expect(late).rejects.toBeInstanceOf(ContextEndedError)
    expect(kms.unwraps.length).toBe(before)
  })

  it('gets no keys from the keyring either', async () => {
    const { store, kms, clock } = createBench()
    const keyring = createKeyring({ store, kms, now: clock.now })
    const context = keyring.openContext()
    context.end()
    const needs = { active: [{ tenant: 'firm_1', purpose: 'data' as const }], named: [] }
    await expect(keyring.warm(needs, { context })).rejects.toBeInstanceOf(ContextEndedError)
    expect(store.loads).toEqual([])
  })
})
