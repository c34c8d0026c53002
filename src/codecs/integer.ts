import { Buffer } from 'node:buffer'
import { type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'

const INTEGER = 0x03
const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** `id ‖ i64` big-endian. */
export function encodeInt64(id: number, value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = id
  bytes.writeBigInt64BE(value, 1)
  return bytes
}

/** The i64 behind the id. */
export function decodeInt64(bytes: Uint8Array, type: string, where: ErrorDetails): bigint {
  if (bytes.length !== 9) throw new MalformedCellError(`its ${type} does not have 8 bytes`, where)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readBigInt64BE(1)
}

/** A 32-bit integer, Prisma's `Int`, as a number. */
export const intCodec: Codec<number> = {
  type: 'Int',
  id: INTEGER,
  encode(value, where) {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < INT32_MIN || value > INT32_MAX) {
      throw new InvalidValueError('the value is not a 32-bit integer', where)
    }
    return encodeInt64(INTEGER, BigInt(value))
  },
  decode(bytes, where) {
    const value = Number(decodeInt64(bytes, 'Int', where))
    if (value < INT32_MIN || value > INT32_MAX) {
      throw new MalformedCellError('its integer is outside 32 bits; the field may have been a BigInt', where)
    }
    return value
  },
}

/** A 64-bit integer as a bigint; a safe integer number is taken too, as Prisma does. */
export const bigIntCodec: Codec<bigint> = {
  type: 'BigInt',
  id: INTEGER,
  encode(value, where) {
    const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
    if (typeof integer !== 'bigint' || integer < INT64_MIN || integer > INT64_MAX) {
      throw new InvalidValueError('the value is not a 64-bit integer', where)
    }
    return encodeInt64(INTEGER, integer)
  },
  decode: (bytes, where) => decodeInt64(bytes, 'BigInt', where),
}
