import { describe, expect, it } from 'vitest'
import { contextKeyCache, processKeyCache } from '../../src/keys/key-cache.js'
import { LeasedKey } from '../../src/keys/leased-key.js'
import { createClock } from '../support/core/clock.js'

const HARD_TTL_MS = 1000

function setUp() {
  const clock = createClock()
  const limits = { hardTtlMs: HARD_TTL_MS, now: clock.now }
  const key = (keyId: string, tenant = 'firm_1') =>
    new LeasedKey({ keyId, tenant, purpose: 'data' }, new Uint8Array(32).fill(1), clock.now())
  return { clock, limits, key }
}

describe.each([
  ['the cache of a process', (limits: Parameters<typeof contextKeyCache>[0]) => processKeyCache(limits, 100)],
  ['the cache of a context', contextKeyCache],
])('%s', (_, open) => {
  it('is a holder of what it keeps, and lets go of what it drops', () => {
    const { limits, key } = setUp()
    const cache = open(limits)
    const [kept, dropped] = [key('k1'), key('k2')]
    cache.put('k1', kept)
    cache.put('k2', dropped)
    kept.release()
    dropped.release()
    expect(cache.get('k1')).toBe(kept)
    cache.delete('k2')
    expect(dropped.disposed).toBe(true)
    expect(kept.disposed).toBe(false)
    cache.clear()
    expect(kept.disposed).toBe(true)
    expect(cache.get('k1')).toBeUndefined()
  })

  it('holds a key once, however often it is put', () => {
    const { limits, key } = setUp()
    const cache = open(limits)
    const kept = key('k1')
    cache.put('k1', kept)
    cache.put('k1', kept)
    kept.release()
    cache.delete('k1')
    expect(kept.disposed).toBe(true)
  })

  it('lets go of the old key when another is put in its place', () => {
    const { limits, key } = setUp()
    const cache = open(limits)
    const [old, fresh] = [key('k1'), key('k1')]
    cache.put('k1', old)
    old.release()
    cache.put('k1', fresh)
    expect(old.disposed).toBe(true)
    expect(cache.get('k1')).toBe(fresh)
  })

  it('gives out no key as old as the hard TTL, and lets go of it', () => {
    const { limits, key, clock } = setUp()
    const cache = open(limits)
    const kept = key('k1')
    cache.put('k1', kept)
    kept.release()
    clock.advance(HARD_TTL_MS - 1)
    expect(cache.get('k1')).toBe(kept)
    clock.advance(1)
    expect(cache.get('k1')).toBeUndefined()
    expect(kept.disposed).toBe(true)
  })
})

describe('the cache of a process', () => {
  it('lets go of the key used longest ago when it is full', () => {
    const { limits, key } = setUp()
    const cache = processKeyCache(limits, 2)
    const keys = [key('k1'), key('k2'), key('k3')] as const
    cache.put('k1', keys[0])
    cache.put('k2', keys[1])
    cache.get('k1')
    cache.put('k3', keys[2])
    for (const each of keys) each.release()
    expect(keys.map(({ disposed }) => disposed)).toEqual([false, true, false])
  })

  it("lets go of one tenant's keys alone", () => {
    const { limits, key } = setUp()
    const cache = processKeyCache(limits, 10)
    const [mine, alsoMine, other] = [key('k1'), key('k2'), key('k3', 'firm_2')]
    for (const each of [mine, alsoMine, other]) {
      cache.put(each.keyId, each)
      each.release()
    }
    cache.deleteTenant('firm_1')
    expect([mine.disposed, alsoMine.disposed, other.disposed]).toEqual([true, true, false])
  })
})

describe('the cache of a context', () => {
  it('lets go of everything when the context ends, and keeps nothing afterwards', () => {
    const { limits, key } = setUp()
    const cache = contextKeyCache(limits)
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
})
