import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

describe('the Boolean codec', () => {
  it('gives back true and false', () => {
    expect(roundTrip(one('Boolean'), true)).toBe(true)
    expect(roundTrip(one('Boolean'), false)).toBe(false)
  })

  it.each([[0], [1], ['true'], [{}]])('refuses %s', (value) => {
    expect(() => encodeValue(one('Boolean'), value, where)).toThrow(InvalidValueError)
  })

  it.each([[[]], [[2]], [[255]], [[0, 0]]])('does not open the payload %j', (payload) => {
    expect(() => decodeValue(one('Boolean'), Buffer.of(0x06, ...payload), where)).toThrow(MalformedCellError)
  })
})
