import { describe, expect, it } from 'vitest'
import { createKeyring, DEFAULT_TIMING, memoryKeyStore, readBarrierMs, writeBarrierMs } from '../../src/keys/index.js'
import { memoryKms } from '../../src/testing/index.js'

describe('the timing of key states', () => {
  it('is a minute of state lease, five of hard TTL and ten to commit, unless told otherwise', () => {
    expect(DEFAULT_TIMING).toEqual({ stateLeaseMs: 60_000, hardTtlMs: 300_000, commitMs: 600_000 })
  })

  it('gives barriers a tenth beyond what the slowest process can need', () => {
    expect(writeBarrierMs(DEFAULT_TIMING)).toBeCloseTo(1.1 * 660_000)
    expect(readBarrierMs(DEFAULT_TIMING)).toBeCloseTo(1.1 * 900_000)
    expect(readBarrierMs({ stateLeaseMs: 10, hardTtlMs: 1, commitMs: 0 })).toBeCloseTo(11)
  })

  it.each([
    [{ timing: { stateLeaseMs: 0 } }],
    [{ timing: { hardTtlMs: -1 } }],
    [{ timing: { commitMs: Number.NaN } }],
    [{ timing: { hardTtlMs: Number.POSITIVE_INFINITY } }],
    // A timer for as long would fire at once.
    [{ timing: { hardTtlMs: 2 ** 31 } }],
    [{ cache: { scope: 'process' as const, maxEntries: 0 } }],
    [{ cache: { scope: 'process' as const, maxEntries: 1.5 } }],
    [{ cache: { scope: 'process' as const, maxUses: 0 } }],
    [{ cache: { scope: 'process' as const, maxUses: 2.5 } }],
    [{ cache: { scope: 'process' as const, softTtlMs: Number.NaN } }],
    [{ cache: { scope: 'process' as const, softTtlMs: 300_000 } }],
    [{ cache: { maxEntries: 10 } }],
    [{ cache: { scope: 'request' as const, softTtlMs: 1000 } }],
  ])('refuses %j', (options) => {
    expect(() => createKeyring({ store: memoryKeyStore(), kms: memoryKms(), ...options })).toThrow(RangeError)
  })
})
