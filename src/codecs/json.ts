import { type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'
import { decodeUtf8, encodeUtf8 } from './text.js'

const JSON_ID = 0x08

/** `JSON.stringify`, but refusing what it would silently turn into `null` or drop from a list. */
function stringify(value: unknown, where: ErrorDetails): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value, function (this: unknown, _key: string, member: unknown) {
      if (typeof member === 'number' && !Number.isFinite(member)) throw new NotJson('a number that is not finite')
      if (typeof member === 'bigint') throw new NotJson('a bigint')
      if (typeof member === 'function' || typeof member === 'symbol') throw new NotJson(`a ${typeof member}`)
      if (member === undefined && Array.isArray(this)) throw new NotJson('undefined in a list')
      if (member instanceof Map || member instanceof Set || ArrayBuffer.isView(member)) {
        throw new NotJson('a Map, a Set or bytes')
      }
      return member
    })
  } catch (error) {
    const reason = error instanceof NotJson ? error.what : 'a cycle, or a toJSON that throws'
    throw new InvalidValueError(`the value cannot be written as JSON: it holds ${reason}`, where)
  }
  if (text === undefined) throw new InvalidValueError('the value cannot be written as JSON: it is undefined', where)
  return text
}

class NotJson extends Error {
  readonly what: string
  constructor(what: string) {
    super(what)
    this.what = what
  }
}

/** Any JSON value, `null` included (SQL NULL is never sealed). */
export const jsonCodec: Codec = {
  type: 'Json',
  id: JSON_ID,
  encode: (value, where) => encodeUtf8(JSON_ID, stringify(value, where), where),
  decode(bytes, where): unknown {
    const text = decodeUtf8(bytes, where)
    try {
      return JSON.parse(text)
    } catch {
      throw new MalformedCellError('its Json is not JSON text', where)
    }
  },
}
