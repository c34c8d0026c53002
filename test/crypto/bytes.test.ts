import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lengthPrefixed, startsWith, u32, utf8 } from '../../src/crypto/index.js'
import { InvalidValueError } from '../../src/errors/index.js'

const loneSurrogate = fc
  .tuple(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0xd800, max: 0xdfff }), fc.string({ unit: 'grapheme' }))
  .map(([before, unit, after]) => before + String.fromCharCode(unit) + after)

describe('utf8', () => {
  it('refuses a lone surrogate wherever it stands, which Node would replace', () => {
    fc.assert(
      fc.property(loneSurrogate, (text) => {
        expect(() => utf8(text)).toThrow(InvalidValueError)
      }),
    )
    expect(() => utf8('\udc00\ud800')).toThrow(InvalidValueError)
  })

  it('gives different bytes for different texts, and back the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(text.isWellFormed())
        expect(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8(text))).toBe(text)
      }),
    )
  })

  it('neither normalises nor drops a byte order mark', () => {
    expect(utf8('\uFEFFe\u0301').toString('hex')).toBe('efbbbf65cc81')
  })
})

describe('u32', () => {
  it('is four bytes, the greatest first', () => {
    expect(u32(0x01020304).toString('hex')).toBe('01020304')
    expect(u32(4294967295).toString('hex')).toBe('ffffffff')
  })

  it('refuses what does not fit', () => {
    for (const value of [-1, 4294967296]) expect(() => u32(value)).toThrow(RangeError)
  })
})

describe('length prefixes', () => {
  /** Reads a concatenation of length-prefixed parts. */
  function split(bytes: Buffer): Buffer[] {
    const parts: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + bytes.readUInt32BE(at)
      parts.push(bytes.subarray(at + 4, end))
      at = end
    }
    return parts
  }
  const part = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant(Uint8Array.of(0, 0, 0, 0)))
  const join = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts.map((bytes) => lengthPrefixed(bytes)))

  it('let every list of parts be read back, so that no two lists give the same bytes', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        expect(split(join(parts))).toEqual(parts.map((bytes) => Buffer.from(bytes)))
      }),
    )
  })

  it('keep apart lists whose parts run together to the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(), fc.nat(), (bytes, a, b) => {
        const cut = (at: number) => [bytes.subarray(0, at), bytes.subarray(at)]
        const [first, second] = [a % (bytes.length + 1), b % (bytes.length + 1)]
        expect(join(cut(first)).equals(join(cut(second)))).toBe(first === second)
      }),
    )
  })

  it('count bytes of UTF-8, not characters', () => {
    expect(lengthPrefixed('😀').toString('hex')).toBe('00000004f09f9880')
    expect(lengthPrefixed('').toString('hex')).toBe('00000000')
  })

  it('refuse text that has no UTF-8', () => {
    expect(() => lengthPrefixed('\ud83d')).toThrow(InvalidValueError)
  })
})

describe('startsWith', () => {
  it('says whether the first bytes are the prefix', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 3 }), (bytes, prefix) => {
        expect(startsWith(Buffer.concat([prefix, bytes]), prefix)).toBe(true)
        expect(startsWith(bytes, prefix)).toBe(Buffer.from(bytes).indexOf(Buffer.from(prefix)) === 0)
      }),
    )
  })
})
