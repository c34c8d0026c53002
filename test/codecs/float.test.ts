import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeForTag, encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

const Float = one('Float')

describe('the Float codec', () => {
  it('gives back every finite number bit for bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(roundTrip(Float, value), value)).toBe(true)
      }),
    )
  })

  it('keeps -0 in a cell', () => {
    expect(roundTrip(Float, -0)).toBe(-0)
    expect(encodeValue(Float, -0, where)).not.toEqual(encodeValue(Float, 0, where))
  })

  it('takes -0 for 0 in a tag, and nothing else for anything else', () => {
    expect(encodeForTag('Float', -0, where)).toEqual(encodeForTag('Float', 0, where))
    expect(encodeForTag('Float', -Number.MIN_VALUE, where)).toEqual(encodeValue(Float, -Number.MIN_VALUE, where))
  })

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], ['1'], [1n]])(
    'refuses %s in a cell and in a tag',
    (value) => {
      expect(() => encodeValue(Float, value, where)).toThrow(InvalidValueError)
      expect(() => encodeForTag('Float', value, where)).toThrow(InvalidValueError)
    },
  )

  it.each([
    ['seven bytes', [0, 0, 0, 0, 0, 0, 0]],
    ['nine bytes', [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['NaN', [0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
    ['infinity', [0x7f, 0xf0, 0, 0, 0, 0, 0, 0]],
  ])('does not open %s', (_, payload) => {
    expect(() => decodeValue(Float, Buffer.of(0x04, ...payload), where)).toThrow(MalformedCellError)
  })
})
