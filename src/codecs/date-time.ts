import { type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'
import { decodeInt64, encodeInt64 } from './integer.js'

const DATE_TIME = 0x07
/** A JavaScript Date reaches ±8.64e15 ms (ECMA-262 §21.4.1.1). */
const MAX_MICROSECONDS = 8_640_000_000_000_000_000n
const ISO = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/

/** Microseconds since 1970-01-01 UTC of an ISO 8601 instant with a zone; `undefined` if it is none. */
export function microsecondsOfIso(text: string): bigint | undefined {
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = match
  if (year === '-000000') return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  const asWritten =
    date.getUTCMonth() + 1 === Number(month) &&
    date.getUTCDate() === Number(day) &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute) &&
    date.getUTCSeconds() === Number(second)
  const offset = offsetMinutes(zone)
  if (!asWritten || offset === undefined) return undefined
  const microseconds = BigInt(date.getTime()) * 1000n - BigInt(offset) * 60_000_000n + BigInt(fraction.padEnd(6, '0'))
  return inRange(microseconds) ? microseconds : undefined
}

/** ISO 8601 text with six decimals, in UTC: what a database with microseconds needs to get its value back. */
export function isoOfMicroseconds(microseconds: bigint): string {
  const milliseconds = floorDivide(microseconds, 1000n)
  const rest = microseconds - milliseconds * 1000n
  return new Date(Number(milliseconds)).toISOString().replace(/Z$/, `${String(rest).padStart(3, '0')}Z`)
}

/** The instant behind the id, in microseconds since 1970-01-01 UTC. */
export function decodeMicroseconds(bytes: Uint8Array, where: ErrorDetails): bigint {
  const microseconds = decodeInt64(bytes, 'DateTime', where)
  if (!inRange(microseconds)) throw new MalformedCellError('its DateTime is outside the range of a Date', where)
  return microseconds
}

/** Takes a Date, or ISO 8601 text with up to six decimals; gives back a Date, which keeps milliseconds only. */
export const dateTimeCodec: Codec<Date> = {
  type: 'DateTime',
  id: DATE_TIME,
  encode(value, where) {
    const microseconds = microsecondsOf(value)
    if (microseconds === undefined) {
      throw new InvalidValueError(
        'the value is neither a valid Date nor an ISO 8601 date-time with a zone and at most six decimals',
        where,
      )
    }
    return encodeInt64(DATE_TIME, microseconds)
  },
  decode: (bytes, where) => new Date(Number(floorDivide(decodeMicroseconds(bytes, where), 1000n))),
}

function microsecondsOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') return microsecondsOfIso(value)
  if (!(value instanceof Date)) return undefined
  const milliseconds = value.getTime()
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1000n
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function inRange(microseconds: bigint): boolean {
  return microseconds >= -MAX_MICROSECONDS && microseconds <= MAX_MICROSECONDS
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient
}
