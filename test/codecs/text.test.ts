import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

const Text = one('String')

describe('the String codec', () => {
  it('gives back any well-formed text unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(roundTrip(Text, text)).toBe(text)
      }),
    )
  })

  it('keeps the empty string, as the single byte 01', () => {
    expect([...encodeValue(Text, '', where)]).toEqual([0x01])
    expect(roundTrip(Text, '')).toBe('')
  })

  it('keeps 4 MiB of text', () => {
    const text = 'áb🙂'.repeat(2 ** 20)
    expect(Buffer.byteLength(text)).toBeGreaterThan(2 ** 22 - 1)
    expect(roundTrip(Text, text)).toBe(text)
  })

  it.each([
    ['astral characters', '𝒜🙂\u{10ffff}'],
    ['a byte order mark', '\ufeffa'],
    ['a NUL', 'a\u0000b'],
    ['decomposed letters, which it does not compose', 'e\u0301'],
    ['white space at both ends', ' a\r\n'],
  ])('keeps %s', (_, text) => {
    expect(roundTrip(Text, text)).toBe(text)
  })

  it('refuses a lone surrogate anywhere', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0xd800, max: 0xdfff }),
        fc.string({ unit: 'grapheme-ascii' }),
        (before, unit, after) => {
          const text = `${before}${String.fromCharCode(unit)}${after}`
          expect(() => encodeValue(Text, text, where)).toThrow(InvalidValueError)
        },
      ),
    )
  })

  it.each([[42], [true], [new Date(0)], [['a']], [{}], [Symbol('a')], [new String('a')]])(
    'refuses %s, which is no string',
    (value) => {
      expect(() => encodeValue(Text, value, where)).toThrow(InvalidValueError)
    },
  )

  it.each([
    ['a stray continuation byte', [0x80]],
    ['an overlong form', [0xc0, 0x80]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xf0, 0x9f, 0x99]],
    ['a byte no UTF-8 has', [0xff]],
  ])('does not open %s', (_, payload) => {
    expect(() => decodeValue(Text, Buffer.of(0x01, ...payload), where)).toThrow(MalformedCellError)
  })
})
