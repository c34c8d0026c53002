import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMicroseconds, isoOfMicroseconds, microsecondsOfIso } from '../../src/codecs/date-time.js'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { encodeInt64 } from '../../src/codecs/integer.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

const DateTime = one('DateTime')
const MAX_MICROSECONDS = 8_640_000_000_000_000_000n

const microsecondsIn = (text: string): bigint => decodeMicroseconds(encodeValue(DateTime, text, where), where)

describe('the DateTime codec', () => {
  it('gives back every Date', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(roundTrip(DateTime, date)).toEqual(date)
      }),
    )
  })

  it.each([
    ['0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z'],
    ['1969-12-31T23:59:59.999Z'],
    ['2024-02-29T12:00:00.000Z'],
    ['-271821-04-20T00:00:00.000Z'],
    ['+275760-09-13T00:00:00.000Z'],
  ])('keeps %s, as a Date and as text', (iso) => {
    expect((roundTrip(DateTime, new Date(iso)) as Date).toISOString()).toBe(iso)
    expect((roundTrip(DateTime, iso) as Date).toISOString()).toBe(iso)
  })

  it('keeps microseconds, after and before 1970', () => {
    expect(microsecondsIn('1970-01-01T00:00:00.000001Z')).toBe(1n)
    expect(microsecondsIn('1969-12-31T23:59:59.999999Z')).toBe(-1n)
    expect(microsecondsIn('1969-12-31T23:59:59.5Z')).toBe(-500_000n)
    expect(isoOfMicroseconds(-1n)).toBe('1969-12-31T23:59:59.999999Z')
  })

  it('writes any instant as text that reads as the same instant', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -MAX_MICROSECONDS, max: MAX_MICROSECONDS }), (microseconds) => {
        expect(microsecondsOfIso(isoOfMicroseconds(microseconds))).toBe(microseconds)
      }),
    )
  })

  it('gives back the millisecond an instant lies in, rounding down before 1970 too', () => {
    expect(roundTrip(DateTime, '1970-01-01T00:00:00.001999Z')).toEqual(new Date(1))
    expect(roundTrip(DateTime, '1969-12-31T23:59:59.999999Z')).toEqual(new Date(-1))
  })

  it('reads a zone as the same instant in UTC', () => {
    expect(roundTrip(DateTime, '2024-01-01T01:30:00+05:30')).toEqual(new Date('2023-12-31T20:00:00Z'))
    expect(roundTrip(DateTime, '2024-01-01T01:30:00-00:30')).toEqual(new Date('2024-01-01T02:00:00Z'))
  })

  it.each([
    ['2024-01-01'],
    ['2024-01-01T00:00:00'],
    ['2024-02-30T00:00:00Z'],
    ['2023-02-29T00:00:00Z'],
    ['2024-13-01T00:00:00Z'],
    ['2024-01-01T24:00:00Z'],
    ['2024-01-01T23:59:60Z'],
    ['2024-01-01T00:00:00+24:00'],
    ['2024-01-01T00:00:00.0000001Z'],
    ['-000000-01-01T00:00:00Z'],
    ['+275760-09-13T00:00:00.000001Z'],
    ['yesterday'],
    [new Date(Number.NaN)],
    [0],
  ])('refuses %s', (value) => {
    expect(() => encodeValue(DateTime, value, where)).toThrow(InvalidValueError)
  })

  it.each([
    ['an instant beyond what a Date can hold', encodeInt64(0x07, MAX_MICROSECONDS + 1n)],
    ['an instant before what a Date can hold', encodeInt64(0x07, -MAX_MICROSECONDS - 1n)],
    ['seven bytes', Buffer.of(0x07, 0, 0, 0, 0, 0, 0, 0)],
  ])('does not open %s', (_, bytes) => {
    expect(() => decodeValue(DateTime, bytes, where)).toThrow(MalformedCellError)
  })
})
