import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveKey, hmac, KEY_BYTES } from '../../src/crypto/index.js'
import { hex, hkdfRfc5869, hkdfWycheproof } from './published-vectors.js'

const mac = (key: Uint8Array, message: Uint8Array): Buffer => createHmac('sha256', key).update(message).digest()

/** HKDF-SHA-256 written out from RFC 5869 §2, for any salt and lengths: the reference that `deriveKey` is held to. */
function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): { prk: Buffer; okm: Buffer } {
  const prk = mac(salt.length === 0 ? Buffer.alloc(32) : salt, ikm)
  const blocks: Buffer[] = []
  for (let i = 1; blocks.length * 32 < size; i++) {
    blocks.push(mac(prk, Buffer.concat([blocks.at(-1) ?? Buffer.alloc(0), info, Buffer.of(i)])))
  }
  return { prk, okm: Buffer.concat(blocks).subarray(0, size) }
}

describe('deriving keys with HKDF-SHA-256', () => {
  it.each(hkdfWycheproof.tests)('gives what Wycheproof says for a 32-byte key and no salt: $tcId', (vector) => {
    const { ikm, info, okm } = vector
    expect(deriveKey(hex(ikm), hex(info)).toString('hex')).toBe(okm.slice(0, KEY_BYTES * 2))
  })

  // The keys of RFC 5869 have 22 and 80 bytes and two of its three cases a salt: none fits deriveKey as it stands. What
  // its HMAC makes of the RFC's own PRK (§2.3, the first block) does, and the reference below is held to all of it.
  it.each(hkdfRfc5869.tests)('expands as RFC 5869 says: $id', ({ prk, info, okm }) => {
    expect(hmac(hex(prk), Buffer.concat([hex(info), Buffer.of(1)])).toString('hex')).toBe(okm.slice(0, 64))
  })

  it('agrees with a reference that agrees with RFC 5869', () => {
    for (const { ikm, salt, info, size, prk, okm } of hkdfRfc5869.tests) {
      const reference = hkdf(hex(ikm), hex(salt), hex(info), size)
      expect([reference.prk.toString('hex'), reference.okm.toString('hex')]).toEqual([prk, okm])
    }
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => bytes.some((byte) => byte !== 0))
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 300 }), (ikm, info) => {
        expect(deriveKey(ikm, info)).toEqual(hkdf(ikm, Buffer.alloc(0), info, KEY_BYTES).okm)
      }),
    )
  })
})
