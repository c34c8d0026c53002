import { afterEach, describe, expect, it } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../src/errors/index.js'
import { type Bench, type BenchOptions, createBench } from '../support/core/bench.js'
import { createGate, settle } from '../support/core/gate.js'
import { makeRow, onlyRow } from '../support/core/key-rows.js'
import { isErased } from '../support/core/spy-kms.js'

const HARD_TTL_MS = 300_000
const SOFT_TTL_MS = 100_000
/** After this every key is past its soft TTL, before it none, whatever its jitter. */
const [LATEST_MS, EARLIEST_MS] = [SOFT_TTL_MS, 0.8 * SOFT_TTL_MS]

const benches: Bench[] = []
afterEach(() => {
  for (const { fieldseal } of benches.splice(0)) fieldseal.dispose()
})

/** A process with the data key of firm_1 in its cache. */
async function setUp(cache: BenchOptions['cache'] = { softTtlMs: SOFT_TTL_MS }, stateLeaseMs = 10 * HARD_TTL_MS) {
  // States last longer than anything here, unless a test says otherwise, so that the store has no part in it.
  const timing = { hardTtlMs: HARD_TTL_MS, stateLeaseMs }
  const bench = createBench({ cache: { scope: 'process', ...cache }, timing })
  benches.push(bench)
  const use = (tenant = 'firm_1') => bench.fieldseal.encrypt('Client.ssn', '1', { tenant })
  await bench.fieldseal.ensureTenant('firm_1')
  const before = bench.kms.unwraps.length
  await use()
  return { ...bench, use, unwraps: () => bench.kms.unwraps.length - before }
}

describe('a key past its soft TTL', () => {
  it('is unwrapped again in the background, once, while operations go on with the one there is', async () => {
    const { use, unwraps, kms, clock, fieldseal } = await setUp()
    clock.advance(LATEST_MS)
    const gate = createGate()
    kms.before = () => gate.passed
    const old = kms.unwrapped.at(-1)
    await Promise.all([use(), use(), use()])
    expect(unwraps()).toBe(2)
    gate.open()
    await settle()
    expect(fieldseal.stats()).toMatchObject({ refreshes: 1, entries: 1 })
    expect(old !== undefined && isErased(old.live)).toBe(true)
    await use()
    expect(unwraps()).toBe(2)
  })

  it('lives for another hard TTL, counted from its refresh', async () => {
    const { use, unwraps, clock } = await setUp()
    clock.advance(LATEST_MS)
    await use()
    await settle()
    clock.advance(HARD_TTL_MS - 1)
    await use()
    await settle()
    expect(unwraps()).toBe(3)
  })

  it('is not so before, and is so at a time of its own: up to a fifth of the TTL earlier', async () => {
    const bench = createBench({
      cache: { scope: 'process', softTtlMs: SOFT_TTL_MS },
      timing: { hardTtlMs: HARD_TTL_MS, stateLeaseMs: 10 * HARD_TTL_MS },
    })
    benches.push(bench)
    const tenants = Array.from({ length: 60 }, (_, i) => `firm_${i}`)
    await bench.fieldseal.warm(tenants)
    const before = bench.kms.unwraps.length
    const refreshed = async () => {
      await bench.fieldseal.warm(tenants)
      await settle()
      return bench.kms.unwraps.length - before
    }
    bench.clock.advance(EARLIEST_MS - 1)
    expect(await refreshed()).toBe(0)
    bench.clock.advance((LATEST_MS - EARLIEST_MS) / 2 + 1)
    const half = await refreshed()
    expect(half).toBeGreaterThan(0)
    expect(half).toBeLessThan(2 * tenants.length)
    bench.clock.advance((LATEST_MS - EARLIEST_MS) / 2)
    expect(await refreshed()).toBe(2 * tenants.length)
  })

  it('is so after a fifth of the hard TTL if nothing else is said', async () => {
    const { use, unwraps, clock } = await setUp({})
    clock.advance(0.8 * (HARD_TTL_MS / 5) - 1)
    await use()
    await settle()
    expect(unwraps()).toBe(1)
    clock.advance(0.2 * (HARD_TTL_MS / 5) + 1)
    await use()
    await settle()
    expect(unwraps()).toBe(2)
  })

  it('does not come back into the cache if its tenant was invalidated meanwhile', async () => {
    const { use, kms, clock, fieldseal } = await setUp()
    clock.advance(LATEST_MS)
    const gate = createGate()
    kms.before = () => gate.passed
    await use()
    fieldseal.invalidate('firm_1')
    gate.open()
    await settle()
    expect(fieldseal.stats().entries).toBe(0)
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })
})

describe.each([
  ['is not available', () => new KmsUnavailableError('server error 503', {}), '(server error 503)'],
  ['throttles', () => new KmsUnavailableError('throttled', {}, 1000), '(throttled)'],
  ['gives a reply that cannot be used', () => new KmsReplyError('its checksum is wrong', {}), 'its checksum is wrong'],
  ['breaks in a way of its own', () => new TypeError('fetch failed'), '(unexpected error TypeError)'],
])('while the KMS %s', (_, failure, message) => {
  it('a key in use is bridged until the hard TTL, no longer, and used again when the KMS is back', async () => {
    const { use, unwraps, kms, clock, fieldseal } = await setUp()
    kms.before = () => {
      throw failure()
    }
    clock.advance(LATEST_MS)
    for (let at = LATEST_MS; at < HARD_TTL_MS; at += 10_000) {
      await use()
      await settle()
      clock.advance(10_000)
    }
    expect(fieldseal.stats().bridged).toBeGreaterThan(1)
    const meanwhile = unwraps()
    await expect(use()).rejects.toThrow(message)
    expect(unwraps()).toBe(meanwhile + 1)
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
    kms.before = () => undefined
    await expect(use()).resolves.toBeDefined()
  })

  it('the KMS is asked again now and then, not by every operation', async () => {
    const { use, unwraps, kms, clock } = await setUp()
    kms.before = () => {
      throw failure()
    }
    clock.advance(LATEST_MS)
    for (let i = 0; i < 20; i++) {
      await use()
      await settle()
    }
    expect(unwraps()).toBe(2)
    clock.advance((HARD_TTL_MS - SOFT_TTL_MS) / 10)
    await use()
    expect(unwraps()).toBe(3)
  })
})

describe.each([
  ['access is denied', () => new KmsAccessDeniedError({})],
  ['the KEK is disabled', () => new KekUnavailableError('disabled', {})],
  ['the KEK is pending deletion', () => new KekUnavailableError('pending deletion', {})],
  ['the KEK is gone', () => new KekUnavailableError('not found', {})],
  ['the material does not unwrap', () => new UnwrapFailedError({})],
  ['the KMS refuses the request', () => new KmsRequestError('InvalidKeyUsage', {})],
])('when %s', (_, failure) => {
  it('the refresh throws the key out at once, and the next operation meets the error', async () => {
    const { use, kms, clock, fieldseal } = await setUp()
    kms.before = () => {
      throw failure()
    }
    clock.advance(LATEST_MS)
    await use()
    await settle()
    expect(fieldseal.stats()).toMatchObject({ entries: 0, bridged: 0, evictions: { refused: 1 } })
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
    await expect(use()).rejects.toMatchObject({ code: failure().code })
    kms.before = () => undefined
    await expect(use()).resolves.toBeDefined()
  })
})

describe('a row that was altered', () => {
  it('throws its key out when it is refreshed: what the row holds is not the key it was made with', async () => {
    const { use, rows, kms, clock, fieldseal } = await setUp(undefined, EARLIEST_MS / 2)
    const row = await onlyRow(rows)
    rows.put({ ...row, wrapped: (await makeRow(kms, { keyId: row.keyId })).wrapped })
    clock.advance(EARLIEST_MS - 1)
    await expect(use()).resolves.toContain(row.keyId)
    clock.advance(LATEST_MS - EARLIEST_MS + 1)
    await use()
    await settle()
    expect(fieldseal.stats()).toMatchObject({ entries: 0, evictions: { refused: 1 } })
    await expect(use()).rejects.toMatchObject({ code: 'KEY_CHECK_FAILED' })
  })
})

describe('maxUses', () => {
  it('has a key unwrapped anew for the operation after as many as it says', async () => {
    const { use, unwraps, kms, fieldseal } = await setUp({ maxUses: 3, softTtlMs: SOFT_TTL_MS })
    await use()
    await use()
    expect(unwraps()).toBe(1)
    const old = kms.unwrapped.at(-1)
    await use()
    expect(unwraps()).toBe(2)
    expect(old !== undefined && isErased(old.live)).toBe(true)
    expect(fieldseal.stats().evictions.uses).toBe(1)
  })

  it('starts again with a refreshed key', async () => {
    const { use, unwraps, clock } = await setUp({ maxUses: 3, softTtlMs: SOFT_TTL_MS })
    clock.advance(LATEST_MS)
    await use()
    await settle()
    for (let i = 0; i < 3; i++) await use()
    expect(unwraps()).toBe(2)
    await use()
    expect(unwraps()).toBe(3)
  })

  it('lets operations that wait for one KMS call all have the key', async () => {
    const { use, unwraps, fieldseal } = await setUp({ maxUses: 3, softTtlMs: SOFT_TTL_MS })
    fieldseal.invalidate('firm_1')
    await Promise.all(Array.from({ length: 20 }, () => use()))
    expect(unwraps()).toBe(2)
    await use()
    expect(unwraps()).toBe(3)
  })
})
