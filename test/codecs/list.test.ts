import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { CodecMismatchError, InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import type { LogicalType } from '../../src/policy/policy.js'
import { listOf, one, roundTrip, where } from './round-trip.js'

const elements: { readonly [type in LogicalType]: fc.Arbitrary<unknown> } = {
  String: fc.string({ unit: 'binary' }),
  Bytes: fc.uint8Array(),
  Int: fc.integer(),
  BigInt: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  Float: fc.double({ noNaN: true, noDefaultInfinity: true }),
  Decimal: fc.integer().map(String),
  Boolean: fc.boolean(),
  DateTime: fc.date({ noInvalidDate: true }),
  Json: fc.jsonValue().map((value: unknown) => JSON.parse(JSON.stringify(value))),
}
const types = Object.keys(elements) as LogicalType[]
const encoded = (values: string[]): Buffer => encodeValue(listOf('String'), values, where)

describe('a list', () => {
  it.each(types)('of %s comes back element by element, the empty list too', (type) => {
    fc.assert(
      fc.property(fc.array(elements[type], { maxLength: 8 }), (values) => {
        expect(roundTrip(listOf(type), values)).toEqual(values)
      }),
      { numRuns: 50 },
    )
  })

  it('tells apart lists whose elements run together to the same text', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        expect(encoded(a).equals(encoded(b))).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
    expect(encoded(['ab', 'c'])).not.toEqual(encoded(['a', 'bc']))
    expect(encoded([''])).not.toEqual(encoded([]))
  })

  it.each([
    ['a value that is no list', 'a'],
    ['null in it', ['a', null]],
    ['an element of another type', ['a', 1]],
    ['a hole in it', Array(1)],
  ])('with %s is refused', (_, value) => {
    expect(() => encodeValue(listOf('String'), value, where)).toThrow(InvalidValueError)
  })

  it('of another element type is a mismatch, and so is a single value', () => {
    const numbers = encodeValue(listOf('Int'), [1], where)
    expect(() => decodeValue(listOf('String'), numbers, where)).toThrow(CodecMismatchError)
    expect(() => decodeValue(one('String'), numbers, where)).toThrow(CodecMismatchError)
    expect(() => decodeValue(listOf('String'), encodeValue(one('String'), 'a', where), where)).toThrow(
      CodecMismatchError,
    )
  })

  it('cut at any byte does not open', () => {
    const whole = encoded(['ab', '', 'c'])
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeValue(listOf('String'), whole.subarray(0, length), where), `${length} bytes`).toThrow(
        MalformedCellError,
      )
    }
  })

  it('with bytes behind its last element, or a count it does not have, does not open', () => {
    const whole = encoded(['ab'])
    expect(() => decodeValue(listOf('String'), Buffer.concat([whole, Buffer.of(0)]), where)).toThrow(MalformedCellError)
    const counted = Buffer.from(whole)
    counted.writeUInt32BE(0xffffffff, 2)
    expect(() => decodeValue(listOf('String'), counted, where)).toThrow(MalformedCellError)
  })

  it('with an element that is malformed does not open', () => {
    const element = Buffer.of(0x09, 0x06, 0, 0, 0, 1, 0, 0, 0, 1, 7)
    expect(() => decodeValue(listOf('Boolean'), element, where)).toThrow(MalformedCellError)
  })
})
