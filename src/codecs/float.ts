import { Buffer } from 'node:buffer'
import { type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'

const FLOAT = 0x04

function encodeFloat(value: unknown, where: ErrorDetails): Buffer {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new InvalidValueError('the value is not a finite number', where)
  }
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = FLOAT
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** IEEE 754 binary64. A cell keeps −0; in a tag it is +0, since the two compare equal. */
export const floatCodec: Codec<number> = {
  type: 'Float',
  id: FLOAT,
  encode: encodeFloat,
  encodeForTag: (value, where) => encodeFloat(Object.is(value, -0) ? 0 : value, where),
  decode(bytes, where) {
    if (bytes.length !== 9) throw new MalformedCellError('its Float does not have 8 bytes', where)
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readDoubleBE(1)
    if (!Number.isFinite(value)) throw new MalformedCellError('its Float is not a finite number', where)
    return value
  },
}
