// A plaintext is a codec id and a payload: what each codec's payload says, and the payload of what is said.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { cat, counted, f64, hex, i64, lp } from './bytes.mjs'

const iso = (us, rest = (us + 10n ** 21n) % 1000n) =>
  new Date(Number((us - rest) / 1000n)).toISOString().replace('Z', `${rest}Z`.padStart(4, '0'))
const micros = (text) => BigInt(Date.parse(text.replace(/...Z$/, 'Z'))) * 1000n + BigInt(text.slice(-4, -1))
const decimal = /^(?!-0$)-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/

/** Codec id, payload to text, text to payload. Every payload must come back from its text as it was. */
const CODECS = {
  String: [1, (b) => `${b}`, cat],
  Bytes: [2, (b) => b.toString('hex'), hex],
  BigInt: [3, (b) => `${b.readBigInt64BE()}`, (text) => i64(BigInt(text))],
  Int: [3, (b) => `${b.readInt32BE(4)}`, (text) => i64(BigInt(text))],
  Float: [4, (b) => inspect(b.readDoubleBE()), (text) => f64(JSON.parse(text))],
  Decimal: [5, (b) => `${b}`.match(decimal)[0], cat],
  Boolean: [6, (b) => `${b[0] === 1}`, (text) => [text === 'true']],
  DateTime: [7, (b) => iso(b.readBigInt64BE()), (text) => i64(micros(text))],
  Json: [8, (b) => JSON.parse(b) !== undefined && `${b}`, cat],
}
export const codecId = (type) => CODECS[type][0]
/** A value's text as payload bytes. */
export const payloadOf = (type, text) => cat(CODECS[type][2](text))
const typeOf = (id) => Object.keys(CODECS).find((type) => codecId(type) === id)

function* items(bytes) {
  for (let at = 0, end; at < bytes.length; at = end) {
    end = at + 4 + bytes.readUInt32BE(at)
    yield bytes.subarray(at + 4, end)
  }
}

/** A plaintext (codec, payload) as text; a list as a JSON array of texts. Without a type, what the codec says. */
export function show(plaintext, type, isList = !type && plaintext[0] === 9) {
  if (isList && plaintext[0] === 9 && plaintext.length < 6) throw Error('MALFORMED_CELL')
  const found = typeOf(plaintext[isList ? 1 : 0])
  const fits = found && (plaintext[0] === 9) === isList && (!type || codecId(type) === codecId(found))
  if (!fits) throw Error('CODEC_MISMATCH')
  const [id, read, write] = CODECS[type ?? found]
  try {
    const texts = (isList ? [...items(plaintext.subarray(6))] : [plaintext.subarray(1)]).map((payload) => read(payload))
    const again = texts.map((text) => cat(write(text)))
    assert.deepEqual(plaintext, isList ? cat([9, id], counted(again.map(lp))) : cat([id], again[0]))
    return isList ? JSON.stringify(texts) : texts[0]
  } catch {
    throw Error('MALFORMED_CELL')
  }
}
