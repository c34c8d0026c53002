import { describe, expect, it } from 'vitest'
import { KEY_BYTES, KEY_ID_LENGTH, NONCE_BYTES, randomKey, randomKeyId, randomNonce } from '../../src/crypto/index.js'

/** Pearson's chi-square of counts against equal expectation. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** Mean of the distribution plus ten standard deviations: a fair source practically never exceeds it. */
const bound = (cells: number): number => cells - 1 + 10 * Math.sqrt(2 * (cells - 1))

describe('random key ids', () => {
  const ids = Array.from({ length: 20_000 }, randomKeyId)

  it('have 12 characters 0-9a-z', () => {
    expect(KEY_ID_LENGTH).toBe(12)
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{12}$/)
  })

  it('have every character equally often at every place: a byte modulo 36 would not', () => {
    const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'
    const countsOf = (texts: readonly string[]): number[] =>
      [...alphabet].map((character) => texts.filter((text) => text === character).length)
    expect(chiSquare(countsOf(ids.flatMap((id) => [...id])))).toBeLessThan(bound(36))
    for (let at = 0; at < KEY_ID_LENGTH; at++) {
      expect(chiSquare(countsOf(ids.map((id) => id.charAt(at))))).toBeLessThan(bound(36))
    }
    const biased = Array.from({ length: 256 }, (_, byte) => alphabet.charAt(byte % 36))
    expect(chiSquare(countsOf(biased)) * ((ids.length * KEY_ID_LENGTH) / 256)).toBeGreaterThan(bound(36))
  })

  it('do not repeat', () => {
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe.each([
  ['keys', randomKey, KEY_BYTES, 32],
  ['nonces', randomNonce, NONCE_BYTES, 12],
])('random %s', (_, make, length, expected) => {
  const all = Array.from({ length: 5000 }, make)

  it(`have ${expected} bytes and do not repeat`, () => {
    expect(length).toBe(expected)
    expect(all.every((bytes) => bytes.length === expected)).toBe(true)
    expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(all.length)
  })

  it('have every byte equally often', () => {
    const counts = new Array<number>(256).fill(0)
    for (const bytes of all) for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
    expect(chiSquare(counts)).toBeLessThan(bound(256))
  })
})
