import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, hmac, KEY_BYTES, sha256 } from '../../src/crypto/index.js'
import { hex, hmacRfc4231, hmacWycheproof, sha256Cavp } from './published-vectors.js'

const BLOCK_BYTES = 64

/**
 * The 32-byte key that HMAC-SHA-256 treats as the same key (RFC 2104 §2): a shorter one is padded with zeroes, one
 * longer than a block is hashed. All keys of RFC 4231 are of these two kinds.
 */
function equivalentKey(key: Buffer): Buffer {
  if (key.length > BLOCK_BYTES) return sha256(key)
  expect(key.length).toBeLessThanOrEqual(KEY_BYTES)
  return Buffer.concat([key, Buffer.alloc(KEY_BYTES - key.length)])
}

describe('HMAC-SHA-256', () => {
  it.each(hmacRfc4231.tests)('gives what RFC 4231 says: $id', ({ key, message, digest }) => {
    const mac = hmac(equivalentKey(hex(key)), hex(message)).toString('hex')
    expect(mac.slice(0, digest.length)).toBe(digest)
  })

  it.each(hmacWycheproof.tests)('gives what Wycheproof says, or not where it says so: $tcId $comment', (vector) => {
    const { key, message, tag, valid } = vector
    expect(equalBytes(hmac(hex(key), hex(message)), hex(tag))).toBe(valid)
  })

  it('is keyed by all 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(31), (key, at) => {
        const other = Uint8Array.from(key, (byte, i) => (i === at ? byte ^ 1 : byte))
        fc.pre(key.some((byte) => byte !== 0) && other.some((byte) => byte !== 0))
        expect(hmac(key, Buffer.from('x'))).not.toEqual(hmac(other, Buffer.from('x')))
        expect(hmac(key, Buffer.from('x'))).toEqual(createHmac('sha256', key).update('x').digest())
      }),
    )
  })
})

describe('SHA-256', () => {
  it.each(sha256Cavp.messages)('gives what NIST published: $id', ({ message, digest }) => {
    expect(sha256(hex(message)).toString('hex')).toBe(digest)
  })

  it('passes the first checkpoints of the NIST Monte Carlo test', () => {
    let seed = hex(sha256Cavp.monteCarlo.seed)
    for (const checkpoint of sha256Cavp.monteCarlo.checkpoints) {
      let last: [Buffer, Buffer, Buffer] = [seed, seed, seed]
      for (let i = 0; i < 1000; i++) last = [last[1], last[2], sha256(Buffer.concat(last))]
      seed = last[2]
      expect(seed.toString('hex')).toBe(checkpoint)
    }
  })
})

describe('comparing bytes', () => {
  it('says whether two byte strings are the same, also of different lengths', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
        expect(equalBytes(a, Uint8Array.from(a))).toBe(true)
        expect(equalBytes(a, b)).toBe(Buffer.from(a).toString('hex') === Buffer.from(b).toString('hex'))
      }),
    )
  })
})
