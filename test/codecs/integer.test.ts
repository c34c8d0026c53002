import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

const Int = one('Int')
const BigInteger = one('BigInt')
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

describe('the Int codec', () => {
  it('gives back every 32-bit integer', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(roundTrip(Int, value)).toBe(value)
      }),
    )
  })

  it.each([[-(2 ** 31)], [2 ** 31 - 1], [0], [-1]])('keeps %d', (value) => {
    expect(roundTrip(Int, value)).toBe(value)
  })

  it('turns -0 into 0, which an integer column cannot tell apart', () => {
    expect(roundTrip(Int, -0)).toBe(0)
  })

  it.each([[2 ** 31], [-(2 ** 31) - 1], [0.5], [Number.NaN], [Number.POSITIVE_INFINITY], ['1'], [1n], [true]])(
    'refuses %s',
    (value) => {
      expect(() => encodeValue(Int, value, where)).toThrow(InvalidValueError)
    },
  )

  it('does not open an integer of more than 32 bits, as a BigInt field would have sealed it', () => {
    expect(() => decodeValue(Int, encodeValue(BigInteger, 2n ** 31n, where), where)).toThrow(MalformedCellError)
    expect(() => decodeValue(Int, encodeValue(BigInteger, -(2n ** 31n) - 1n, where), where)).toThrow(MalformedCellError)
  })
})

describe('the BigInt codec', () => {
  it('gives back every 64-bit integer', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: INT64_MIN, max: INT64_MAX }), (value) => {
        expect(roundTrip(BigInteger, value)).toBe(value)
      }),
    )
  })

  it('keeps both bounds, as eight bytes big-endian', () => {
    expect([...encodeValue(BigInteger, INT64_MIN, where)]).toEqual([0x03, 0x80, 0, 0, 0, 0, 0, 0, 0])
    expect(roundTrip(BigInteger, INT64_MIN)).toBe(INT64_MIN)
    expect(roundTrip(BigInteger, INT64_MAX)).toBe(INT64_MAX)
  })

  it('takes a safe integer number and gives back a bigint', () => {
    expect(roundTrip(BigInteger, Number.MAX_SAFE_INTEGER)).toBe(2n ** 53n - 1n)
  })

  it.each([[INT64_MAX + 1n], [INT64_MIN - 1n], [2 ** 53], [1.5], ['1'], [Number.NaN]])('refuses %s', (value) => {
    expect(() => encodeValue(BigInteger, value, where)).toThrow(InvalidValueError)
  })

  it.each([[0], [7], [9], [16]])('does not open %d bytes', (length) => {
    expect(() => decodeValue(BigInteger, Buffer.of(0x03, ...new Uint8Array(length)), where)).toThrow(MalformedCellError)
  })
})
