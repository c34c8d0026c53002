import { Buffer } from 'node:buffer'
import { InvalidValueError } from '../errors/index.js'
import type { Codec } from './codec.js'

const BYTES = 0x02

/** Takes any Uint8Array (a Buffer too); gives back a plain Uint8Array with memory of its own, as Prisma's types say. */
export const bytesCodec: Codec<Uint8Array> = {
  type: 'Bytes',
  id: BYTES,
  encode(value, where) {
    if (!(value instanceof Uint8Array)) throw new InvalidValueError('the value is not a Uint8Array', where)
    const bytes = Buffer.allocUnsafe(1 + value.length)
    bytes[0] = BYTES
    bytes.set(value, 1)
    return bytes
  },
  decode: (bytes) => Uint8Array.from(bytes.subarray(1)),
}
