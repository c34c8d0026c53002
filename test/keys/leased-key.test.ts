import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyDisposedError, KeyExhaustedError } from '../../src/errors/index.js'
import { LeasedKey } from '../../src/keys/leased-key.js'
import { isErased } from '../support/core/spy-kms.js'

const row = { keyId: 'k00000000001', tenant: 'firm_1', purpose: 'data' } as const
const lease = (bytes = new Uint8Array(32).fill(7)) => new LeasedKey(row, bytes, 0)
const copyOf = (key: Uint8Array) => ({ key: Uint8Array.from(key) })

describe('a leased key', () => {
  it('is erased when its last holder lets go, and not before', () => {
    const bytes = new Uint8Array(32).fill(7)
    const key = lease(bytes)
    key.retain().retain()
    key.release()
    key.release()
    expect(bytes).toEqual(new Uint8Array(32).fill(7))
    expect(key.disposed).toBe(false)
    key.release()
    expect(isErased(bytes)).toBe(true)
    expect(key.disposed).toBe(true)
  })

  it('takes all that was derived from it along', () => {
    const key = lease()
    const derived = key.derive('field:a', copyOf)
    const other = key.derive('field:b', copyOf)
    expect(isErased(derived.key)).toBe(false)
    key.release()
    expect(isErased(derived.key)).toBe(true)
    expect(isErased(other.key)).toBe(true)
  })

  it('derives once for each name while it lives', () => {
    const key = lease()
    let made = 0
    const make = (bytes: Uint8Array) => {
      made++
      return copyOf(bytes)
    }
    expect(key.derive('field:a', make)).toBe(key.derive('field:a', make))
    expect(made).toBe(1)
    expect(key.derive('field:b', make)).not.toBe(key.derive('field:a', make))
    expect(made).toBe(2)
  })

  it('throws once disposed, whether asked for a derived key it has had, a new one, or another holder', () => {
    const key = lease()
    key.derive('field:a', copyOf)
    key.release()
    expect(() => key.derive('field:a', copyOf)).toThrow(KeyDisposedError)
    expect(() => key.derive('field:b', copyOf)).toThrow(KeyDisposedError)
    expect(() => key.retain()).toThrow(KeyDisposedError)
  })

  it('is marked disposed before its bytes are erased', () => {
    // An erased key that still called itself live would seal under zeroes.
    const key = lease()
    let disposedWhenErased: boolean | undefined
    const watched = new Proxy(new Uint8Array(32).fill(1), {
      get(target, property) {
        if (property === 'fill') disposedWhenErased = key.disposed
        const member: unknown = Reflect.get(target, property, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    key.derive('field:a', () => ({ key: watched }))
    key.release()
    expect(disposedWhenErased).toBe(true)
  })

  it('is never made of too few bytes, or of an erased key', () => {
    expect(() => lease(new Uint8Array(32))).toThrow(RangeError)
    expect(() => lease(new Uint8Array(16).fill(1))).toThrow(RangeError)
  })

  it('refuses the value after the 2^32nd', () => {
    const key = lease()
    key.countSeals(2 ** 32)
    expect(() => key.countSeals(1)).toThrow(KeyExhaustedError)
  })

  it('shows none of its bytes when inspected or serialised', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => 200 + (i % 50))
    const key = lease(bytes)
    key.derive('field:a', copyOf)
    const shown = inspect(key, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(key)
    expect(shown).toContain('k00000000001')
    expect(shown).not.toContain('200, 201')
    expect(shown).not.toContain(Buffer.from(bytes).toString('hex').slice(0, 8))
    expect(shown).not.toContain(Buffer.from(bytes).toString('base64').slice(0, 8))
  })

  it('lives exactly as long as somebody holds it, in whatever order holders come and go', () => {
    const steps = fc.array(fc.constantFrom('retain', 'release', 'derive'), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (sequence) => {
        const bytes = new Uint8Array(32).fill(7)
        const key = lease(bytes)
        const derived: Uint8Array[] = []
        let holders = 1
        for (const step of sequence) {
          const use = () => {
            if (step === 'retain') key.retain()
            else derived.push(key.derive(`field:${derived.length}`, copyOf).key)
          }
          if (step === 'release') {
            key.release()
            holders = Math.max(0, holders - 1)
          } else if (holders === 0) {
            expect(use).toThrow(KeyDisposedError)
          } else {
            use()
            if (step === 'retain') holders++
          }
          expect(key.disposed).toBe(holders === 0)
          expect(isErased(bytes)).toBe(holders === 0)
          expect(derived.every(isErased)).toBe(holders === 0 || derived.length === 0)
        }
      }),
      { numRuns: 500 },
    )
  })
})
