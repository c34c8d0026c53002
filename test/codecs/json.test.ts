import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

const Json = one('Json')

function cyclic(): unknown {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

describe('the Json codec', () => {
  it('gives back every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(roundTrip(Json, value)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each([[null], [true], [''], ['null'], [0], [[]], [{}], [[null, [[]]]]])('keeps %j', (value) => {
    expect(roundTrip(Json, value)).toEqual(value)
  })

  it('keeps a lone surrogate inside a string, since JSON writes it as an escape', () => {
    expect(roundTrip(Json, { key: 'a\ud800b' })).toEqual({ key: 'a\ud800b' })
  })

  it('keeps a key called __proto__ as a key, and gives nothing a prototype', () => {
    const opened = roundTrip(Json, JSON.parse('{"__proto__": {"admin": true}}')) as object
    expect(Object.keys(opened)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(opened)).toBe(Object.prototype)
    expect('admin' in opened).toBe(false)
  })

  it('writes what toJSON says', () => {
    expect(roundTrip(Json, { at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' })
  })

  it('leaves out properties that are undefined, as JSON does', () => {
    expect(roundTrip(Json, { a: 1, b: undefined })).toEqual({ a: 1 })
  })

  it.each([
    ['NaN', { deep: [Number.NaN] }],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['a bigint', { amount: 1n }],
    ['undefined itself', undefined],
    ['undefined in a list', [1, undefined]],
    ['a hole in a list', Array(1)],
    ['a function', { run: () => 1 }],
    ['a symbol', [Symbol('secret')]],
    ['a cycle', cyclic()],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('secret')
        },
      },
    ],
  ])('refuses %s, which JSON cannot say', (_, value) => {
    expect(() => encodeValue(Json, value, where)).toThrow(InvalidValueError)
  })

  it('says what is wrong without quoting the value', () => {
    const refusal = () =>
      encodeValue(
        Json,
        {
          toJSON: () => {
            throw new Error('canary')
          },
        },
        where,
      )
    expect(refusal).toThrow('Client.value')
    expect(refusal).not.toThrow('canary')
  })

  it.each([['{'], [''], ['{"a":1}x'], ["{'a':1}"]])('does not open %j, which is not JSON', (text) => {
    expect(() => decodeValue(Json, Buffer.from(`\u0008${text}`), where)).toThrow(MalformedCellError)
  })

  it('does not open text that is not UTF-8', () => {
    expect(() => decodeValue(Json, Buffer.of(0x08, 0x22, 0xff, 0x22), where)).toThrow(MalformedCellError)
  })
})
