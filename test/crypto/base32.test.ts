import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase32 } from '../../src/crypto/index.js'

/** The bytes as one number, written in base 32: an oracle that shares nothing with a bit buffer. */
function oracle(bytes: Uint8Array): string {
  if (bytes.length === 0) return ''
  const characters = Math.ceil((bytes.length * 8) / 5)
  const number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) << BigInt(characters * 5 - bytes.length * 8)
  return number.toString(32).padStart(characters, '0')
}

describe('base32hex in lower case', () => {
  it.each([
    ['', ''],
    ['f', 'co'],
    ['fo', 'cpng'],
    ['foo', 'cpnmu'],
    ['foob', 'cpnmuog'],
    ['fooba', 'cpnmuoj1'],
    ['foobar', 'cpnmuoj1e8'],
  ])('writes %j as RFC 4648 §10 does, but for case and padding: %j', (text, encoded) => {
    expect(encodeBase32(Buffer.from(text))).toBe(encoded)
  })

  it('agrees with arithmetic on one large number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(encodeBase32(bytes)).toBe(oracle(bytes))
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps the order of byte strings of one length', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [first, second] = [encodeBase32(a), encodeBase32(b)]
        expect(first < second ? -1 : Number(first > second)).toBe(Buffer.compare(a, b))
      }),
    )
  })

  it('gives 26 characters for 128 bits', () => {
    expect(encodeBase32(new Uint8Array(16).fill(255))).toBe(`${'v'.repeat(25)}s`)
  })
})
