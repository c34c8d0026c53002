import { Buffer, isUtf8 } from 'node:buffer'
import { type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'

/** `id ‖ UTF-8` without an intermediate copy. */
export function encodeUtf8(id: number, text: string, where: ErrorDetails): Buffer {
  if (!text.isWellFormed()) {
    throw new InvalidValueError('the text has a lone surrogate and is not well-formed Unicode', where)
  }
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text, 'utf8'))
  bytes[0] = id
  bytes.write(text, 1, 'utf8')
  return bytes
}

/** What Node puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\uFFFD'

/** The text behind the id. */
export function decodeUtf8(bytes: Buffer, where: ErrorDetails): string {
  const text = bytes.toString('utf8', 1)
  if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(1))) {
    throw new MalformedCellError('its text is not UTF-8', where)
  }
  return text
}

const STRING = 0x01

export const stringCodec: Codec<string> = {
  type: 'String',
  id: STRING,
  encode(value, where) {
    if (typeof value !== 'string') throw new InvalidValueError('the value is not a string', where)
    return encodeUtf8(STRING, value, where)
  },
  decode: decodeUtf8,
}
