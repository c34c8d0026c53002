import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decrypt,
  decryptKey,
  deriveKey,
  encrypt,
  hmac,
  KEY_BYTES,
  keyMemory,
  requireKey,
  takeKey,
} from '../../src/crypto/index.js'

const uses: readonly [string, (key: Uint8Array) => unknown][] = [
  ['encrypt', (key) => encrypt(key, Buffer.alloc(12), Buffer.alloc(1), Buffer.alloc(0))],
  ['decrypt', (key) => decrypt(key, Buffer.alloc(12), Buffer.alloc(17), Buffer.alloc(0))],
  ['decryptKey', (key) => decryptKey(key, Buffer.alloc(12), Buffer.alloc(17), Buffer.alloc(0))],
  ['deriveKey', (key) => deriveKey(key, Buffer.alloc(0))],
  ['hmac', (key) => hmac(key, Buffer.alloc(0))],
  ['requireKey', requireKey],
]

describe.each(uses)('%s', (_, use) => {
  it('refuses a key of zeroes: one that was erased', () => {
    expect(() => use(new Uint8Array(KEY_BYTES))).toThrow(/all-zero/)
  })

  it('refuses a key of another length than 32 bytes', () => {
    for (const length of [0, 16, 24, 31, 33, 64]) {
      expect(() => use(new Uint8Array(length).fill(1))).toThrow(RangeError)
    }
  })

  it('takes a key with a single bit set, wherever it is', () => {
    fc.assert(
      fc.property(fc.nat(KEY_BYTES * 8 - 1), (bit) => {
        const key = new Uint8Array(KEY_BYTES)
        key[bit >> 3] = 1 << (bit & 7)
        expect(() => use(key)).not.toThrow()
      }),
    )
  })

  it('does not tell the key when it refuses it', () => {
    const key = new Uint8Array(33).fill(0xab)
    let message = ''
    try {
      use(key)
    } catch (error) {
      message = String(error)
    }
    expect(message).toMatch(/32 bytes/)
    expect(message).not.toMatch(/abab|171/i)
  })
})

describe('memory for a key', () => {
  it('is zeroed and shared with nothing', () => {
    expect(keyMemory()).toEqual(Buffer.alloc(KEY_BYTES))
    expect(keyMemory().buffer.byteLength).toBe(KEY_BYTES)
  })

  it('takes a key over: what it came in is erased, and what lies beside that is not', () => {
    const pool = new Uint8Array(64).fill(7)
    const key = takeKey(pool.subarray(16, 16 + KEY_BYTES))
    expect(key).toEqual(new Uint8Array(KEY_BYTES).fill(7))
    expect(key.buffer.byteLength).toBe(KEY_BYTES)
    expect([...pool]).toEqual([...Array(16).fill(7), ...Array(KEY_BYTES).fill(0), ...Array(16).fill(7)])
  })
})
