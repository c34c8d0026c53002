import { describe, expect, it } from 'vitest'
import { contextKeyCache } from '../../src/keys/context-key-cache.js'
import type { KeyRow } from '../../src/keys/index.js'
import { keyCache } from '../../src/keys/key-cache.js'
import { LeasedKey } from '../../src/keys/leased-key.js'
import { processKeyCache } from '../../src/keys/process-key-cache.js'
import { createCounters } from '../../src/keys/statistics.js'
import { memoryKms } from '../../src/testing/index.js'
import { createClock } from '../support/core/clock.js'
import { settle } from '../support/core/gate.js'
import { makeRow } from '../support/core/key-rows.js'

const HARD_TTL_MS = 1000

function setUp() {
  const clock = createClock()
  const limits = { hardTtlMs: HARD_TTL_MS, now: clock.now }
  const counters = createCounters()
  const key = (keyId: string, tenant = 'firm_1') =>
    new LeasedKey({ keyId, tenant, purpose: 'data' }, new Uint8Array(32).fill(1), clock.now())
  return { clock, limits, counters, key }
}

describe('a key cache', () => {
  it('is a holder of what it keeps, and lets go of what it drops', () => {
    const { limits, counters, key } = setUp()
    const cache = keyCache(limits, counters)
    const [kept, dropped] = [key('k1'), key('k2')]
    cache.put('k1', { key: kept })
    cache.put('k2', { key: dropped })
    kept.release()
    dropped.release()
    expect(cache.get('k1')?.key).toBe(kept)
    expect(counters.entries).toBe(2)
    cache.remove('k2', 'state')
    expect(dropped.disposed).toBe(true)
    expect(kept.disposed).toBe(false)
    cache.clear()
    expect(kept.disposed).toBe(true)
    expect(cache.get('k1')).toBeUndefined()
    expect(counters.entries).toBe(0)
  })

  it('lets go of the old key when another is put in its place', () => {
    const { limits, counters, key } = setUp()
    const cache = keyCache(limits, counters)
    const [old, fresh] = [key('k1'), key('k1')]
    cache.put('k1', { key: old })
    old.release()
    cache.put('k1', { key: fresh })
    expect(old.disposed).toBe(true)
    expect(cache.get('k1')?.key).toBe(fresh)
    expect(counters.entries).toBe(1)
  })

  it('gives out no key as old as the hard TTL, and lets go of it', () => {
    const { limits, counters, key, clock } = setUp()
    const cache = keyCache(limits, counters)
    const kept = key('k1')
    cache.put('k1', { key: kept })
    kept.release()
    clock.advance(HARD_TTL_MS - 1)
    expect(cache.get('k1')?.key).toBe(kept)
    clock.advance(1)
    expect(cache.get('k1')).toBeUndefined()
    expect(kept.disposed).toBe(true)
    expect(counters.evictions.expired).toBe(1)
  })

  it('lets go of a key at the hard TTL though nobody asks for it, the time it took to unwrap included', async () => {
    const { counters } = setUp()
    const cache = keyCache({ hardTtlMs: 60, now: () => performance.now() }, counters)
    const kept = new LeasedKey(
      { keyId: 'k1', tenant: 'firm_1', purpose: 'data' },
      new Uint8Array(32).fill(1),
      performance.now() - 40,
    )
    cache.put('k1', { key: kept })
    kept.release()
    expect(kept.disposed).toBe(false)
    const putAt = performance.now()
    await expect.poll(() => kept.disposed, { interval: 2 }).toBe(true)
    expect(performance.now() - putAt).toBeLessThan(59)
    expect(counters.evictions.expired).toBe(1)
  })

  it('lets go of the key used longest ago when it is full', () => {
    const { limits, counters, key } = setUp()
    const cache = keyCache(limits, counters, 2)
    const keys = [key('k1'), key('k2'), key('k3')] as const
    cache.put('k1', { key: keys[0] })
    cache.put('k2', { key: keys[1] })
    cache.get('k1')
    cache.put('k3', { key: keys[2] })
    for (const each of keys) each.release()
    expect(keys.map(({ disposed }) => disposed)).toEqual([false, true, false])
    expect(counters.evictions.capacity).toBe(1)
  })

  it("lets go of one tenant's keys alone", () => {
    const { limits, counters, key } = setUp()
    const cache = keyCache(limits, counters)
    const [mine, alsoMine, other] = [key('k1'), key('k2'), key('k3', 'firm_2')]
    for (const each of [mine, alsoMine, other]) {
      cache.put(each.keyId, { key: each })
      each.release()
    }
    cache.removeTenant('firm_1', 'invalidated')
    expect([mine.disposed, alsoMine.disposed, other.disposed]).toEqual([true, true, false])
    expect(counters.evictions.invalidated).toBe(2)
  })
})

describe('the cache of a context', () => {
  it('holds a key once, however often it is put', () => {
    const { limits, counters, key } = setUp()
    const cache = contextKeyCache(limits, counters)
    const kept = key('k1')
    cache.put('k1', kept)
    cache.put('k1', kept)
    kept.release()
    cache.remove('k1', 'state')
    expect(kept.disposed).toBe(true)
  })

  it('lets go of everything when the context ends, and keeps nothing afterwards', () => {
    const { limits, counters, key } = setUp()
    const cache = contextKeyCache(limits, counters)
    const [early, late] = [key('k1'), key('k2')]
    cache.put('k1', early)
    early.release()
    expect(cache.ended).toBe(false)
    cache.end()
    expect(cache.ended).toBe(true)
    expect(early.disposed).toBe(true)
    cache.put('k2', late)
    late.release()
    expect(late.disposed).toBe(true)
  })

  it('is the same for a context inside it, but for the signal', () => {
    const { limits, counters, key } = setUp()
    const cache = contextKeyCache(limits, counters)
    const { signal } = new AbortController()
    const inner = cache.within(signal)
    const kept = key('k1')
    inner.put('k1', kept)
    kept.release()
    expect(cache.get('k1')).toBe(kept)
    expect([cache.signal, inner.signal]).toEqual([undefined, signal])
    cache.end()
    expect(inner.ended).toBe(true)
    expect(kept.disposed).toBe(true)
  })
})

describe('the cache of a process', () => {
  const open = (
    change: { readonly maxUses?: number } = {},
    load = () => Promise.reject<LeasedKey>(new Error('none')),
  ) => {
    const bench = setUp()
    const shared = { maxEntries: 10, maxUses: Number.POSITIVE_INFINITY, softTtlMs: 500, ...change }
    return { ...bench, cache: processKeyCache(bench.limits, shared, bench.counters, load) }
  }

  it('holds a key once, and counts a use for each operation that puts or takes it', async () => {
    const { cache, key, counters } = open({ maxUses: 4 })
    const row = await makeRow(memoryKms(), { keyId: 'k1' })
    const kept = key('k1')
    cache.put(kept)
    cache.put(kept)
    kept.release()
    cache.take(row, true)?.release()
    cache.take(row, true)?.release()
    expect(kept.disposed).toBe(false)
    expect(cache.take(row, true)).toBeUndefined()
    expect(kept.disposed).toBe(true)
    expect(counters.evictions.uses).toBe(1)
  })

  it('does not refresh for a row that may be rolled back', async () => {
    const loaded: KeyRow[] = []
    const { cache, key, clock } = open({}, async (...[row]: readonly KeyRow[]) => {
      if (row !== undefined) loaded.push(row)
      throw new Error('none')
    })
    const row = await makeRow(memoryKms(), { keyId: 'k1' })
    cache.put(key('k1'))
    clock.advance(700)
    cache.take(row, false)?.release()
    await settle()
    expect(loaded).toEqual([])
    cache.take(row, true)?.release()
    await settle()
    expect(loaded).toEqual([row])
  })
})
