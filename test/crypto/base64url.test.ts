import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../src/crypto/index.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('base64url', () => {
  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %j as RFC 4648 §10 does, without padding: %j', (text, encoded) => {
    expect(encodeBase64url(Buffer.from(text))).toBe(encoded)
    expect(decodeBase64url(encoded)).toEqual(Buffer.from(text))
  })

  it('uses - and _ for the last two characters (RFC 4648 §5)', () => {
    expect(encodeBase64url(Buffer.from('fbefbeffffff', 'hex'))).toBe('----____')
  })

  it('gives back the bytes it was given, also those of a window into a larger buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(10), (bytes, offset) => {
        const window = bytes.subarray(Math.min(offset, bytes.length))
        expect(decodeBase64url(encodeBase64url(window))).toEqual(Buffer.from(window))
      }),
    )
  })

  it('decodes exactly the texts that it writes, so that no two texts give the same bytes', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...ALPHABET, '=', '+', '/', ' ', '\n', '\0', 'é'), maxLength: 12 }),
    )
    fc.assert(
      fc.property(text, (candidate) => {
        const bytes = decodeBase64url(candidate)
        if (bytes !== undefined) expect(encodeBase64url(bytes)).toBe(candidate)
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses any single character changed, added or left out, or decodes it to other bytes', () => {
    const characters = fc.constantFrom(...ALPHABET, '=', '+', '/', ' ', '\n', '\r', '\t', '\0', '.', 'é', '\u0410')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), characters, (bytes, position, other) => {
        const text = encodeBase64url(bytes)
        const at = position % text.length
        const changed = [
          text.slice(0, at) + other + text.slice(at + 1),
          text.slice(0, at) + other + text.slice(at),
          text.slice(0, at) + text.slice(at + 1),
          text + other,
        ]
        for (const candidate of changed.filter((different) => different !== text)) {
          const decoded = decodeBase64url(candidate)
          expect(decoded === undefined || !decoded.equals(bytes)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('refuses each of the spellings of one byte that a lenient decoder takes', () => {
    const spellings = [...ALPHABET].map((last) => `Z${last}`).filter((text) => decodeBase64url(text) !== undefined)
    expect(spellings).toEqual(['ZA', 'ZQ', 'Zg', 'Zw'])
    for (const text of ['Zg=', 'Zg==', 'Zg\n', ' Zg', 'Z g', 'Zg.', 'Z', 'Zm9vY']) {
      expect(decodeBase64url(text)).toBeUndefined()
    }
  })
})
