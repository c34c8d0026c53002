import { Buffer } from 'node:buffer'
import { lengthPrefixed, u32 } from '../crypto/index.js'
import { CodecMismatchError, type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'

/** First byte of a list. */
export const LIST_ID = 0x09

/** `09 ‖ element codec ‖ u32 count ‖ lp(payload)…`. Elements are never null. */
export function encodeList(element: Codec, values: unknown, where: ErrorDetails): Buffer {
  if (!Array.isArray(values)) throw new InvalidValueError('the value is not a list', where)
  const payloads = Array.from(values, (value: unknown) => lengthPrefixed(element.encode(value, where).subarray(1)))
  return Buffer.concat([Buffer.of(LIST_ID, element.id), u32(values.length), ...payloads])
}

/** The list behind the id, every byte accounted for. */
export function decodeList<T>(element: Codec<T>, bytes: Uint8Array, where: ErrorDetails): T[] {
  const reader = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (reader.length < 6) throw new MalformedCellError('its list is too short', where)
  if (reader[1] !== element.id) {
    throw new CodecMismatchError(`a list of ${element.type}`, 'a list of another type', where)
  }
  const count = reader.readUInt32BE(2)
  const values: T[] = []
  let at = 6
  for (let i = 0; i < count; i++) {
    const start = at + 4
    const end = start <= reader.length ? start + reader.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (end > reader.length) throw new MalformedCellError('its list ends before its last element', where)
    const encoded = Buffer.concat([Buffer.of(element.id), reader.subarray(start, end)])
    values.push(element.decode(encoded, where))
    at = end
  }
  if (at !== reader.length) throw new MalformedCellError('its list has bytes after the last element', where)
  return values
}
