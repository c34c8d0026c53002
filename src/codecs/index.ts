import type { Buffer } from 'node:buffer'
import { CodecMismatchError, type ErrorDetails } from '../errors/index.js'
import type { LogicalType } from '../policy/policy.js'
import { booleanCodec } from './boolean.js'
import { bytesCodec } from './bytes.js'
import type { Codec } from './codec.js'
import { dateTimeCodec } from './date-time.js'
import { decimalCodec } from './decimal.js'
import { floatCodec } from './float.js'
import { bigIntCodec, intCodec } from './integer.js'
import { jsonCodec } from './json.js'
import { decodeList, encodeList, LIST_ID } from './list.js'
import { stringCodec } from './text.js'

export { decodeMicroseconds, isoOfMicroseconds, microsecondsOfIso } from './date-time.js'

const CODECS: { readonly [type in LogicalType]: Codec } = {
  String: stringCodec,
  Bytes: bytesCodec,
  Int: intCodec,
  BigInt: bigIntCodec,
  Float: floatCodec,
  Decimal: decimalCodec,
  Boolean: booleanCodec,
  DateTime: dateTimeCodec,
  Json: jsonCodec,
}

/** A value's type before it is sealed: a logical type, or a list of one. */
export interface ValueType {
  readonly type: LogicalType
  readonly list: boolean
}

/** The id that encoded values of this type begin with. */
export function codecId({ type, list }: ValueType): number {
  return list ? LIST_ID : CODECS[type].id
}

/**
 * A value to `codec ‖ payload`, the plaintext of a cell.
 * @throws InvalidValueError if it is not of the type. `null` is not a value: the caller leaves SQL NULL alone.
 */
export function encodeValue({ type, list }: ValueType, value: unknown, where: ErrorDetails): Buffer {
  return list ? encodeList(CODECS[type], value, where) : CODECS[type].encode(value, where)
}

/** As `encodeValue`, in the form tags use: −0.0 is 0.0. Lists have no tag form. */
export function encodeForTag(type: LogicalType, value: unknown, where: ErrorDetails): Buffer {
  const codec = CODECS[type]
  return (codec.encodeForTag ?? codec.encode)(value, where)
}

/**
 * `codec ‖ payload` back to the value: string, Uint8Array, number (Int, Float), bigint, canonical text (Decimal),
 * boolean, Date, any JSON value, or a list of these.
 * @throws CodecMismatchError if the cell holds another type.
 * @throws MalformedCellError if the payload is not canonical.
 */
export function decodeValue({ type, list }: ValueType, bytes: Buffer, where: ErrorDetails): unknown {
  const codec = CODECS[type]
  const expected = list ? LIST_ID : codec.id
  if (bytes[0] !== expected) {
    throw new CodecMismatchError(list ? `a list of ${type}` : type, nameOf(bytes[0]), where)
  }
  return list ? decodeList(codec, bytes, where) : codec.decode(bytes, where)
}

function nameOf(id: number | undefined): string {
  if (id === LIST_ID) return 'a list'
  const known = Object.values(CODECS).filter((codec) => codec.id === id)
  return known.length === 0 ? 'a value of an unknown type' : known.map((codec) => codec.type).join(' or ')
}
