import { Buffer } from 'node:buffer'
import { InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'

const BOOLEAN = 0x06

export const booleanCodec: Codec<boolean> = {
  type: 'Boolean',
  id: BOOLEAN,
  encode(value, where) {
    if (typeof value !== 'boolean') throw new InvalidValueError('the value is not a boolean', where)
    return Buffer.of(BOOLEAN, value ? 1 : 0)
  },
  decode(bytes, where) {
    const byte = bytes[1]
    if (bytes.length !== 2 || (byte !== 0 && byte !== 1)) {
      throw new MalformedCellError('its Boolean is neither 00 nor 01', where)
    }
    return byte === 1
  },
}
