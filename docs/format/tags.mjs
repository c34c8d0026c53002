// Recomputes tags as README.md says, with Node alone: definition, message, index key, 128 bits of HMAC-SHA-256.
import assert from 'node:assert/strict'
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'

const hex = (text) => Buffer.from(text, 'hex')
const cat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
const put = (method, size, n, bytes = Buffer.alloc(size)) => bytes.subarray(0, bytes[method](n))
const u32 = (n) => put('writeUInt32BE', 4, n)
const i64 = (n) => put('writeBigInt64BE', 8, n)
const lp = (part) => cat(u32(Buffer.byteLength(part)), part)
const label = (name, ...parts) => cat(...[`fieldseal/1/${name}`, ...parts].map(lp))
const counted = (items) => cat(u32(items.length), ...items)
const base32 = (bytes) => (BigInt(`0x${bytes.toString('hex', 0, 16)}`) << 2n).toString(32).padStart(26, '0')
const micros = (text) => BigInt(Date.parse(text.replace(/...Z$/, 'Z'))) * 1000n + BigInt(text.slice(-4, -1))
const unmarked = (text) => text.normalize('NFD').replace(/\p{Mn}/gu, '')
const PAYLOADS = {
  String: [1, cat], // codec, payload of what is said
  Bytes: [2, hex],
  BigInt: [3, (text) => i64(BigInt(text))],
  Int: [3, (text) => i64(BigInt(text))],
  Float: [4, (text) => put('writeDoubleBE', 8, Number(text) + 0)], // -0 + 0 is 0
  Decimal: [5, cat],
  Boolean: [6, (text) => [text === 'true']],
  DateTime: [7, (text) => i64(micros(text))],
}
const NORMALISERS = {
  'digits@1': (text) => text.replace(/[^0-9]/g, ''),
  'alphanumeric@1': (text) => text.replace(/[^0-9A-Za-z]/g, '').toLowerCase(),
  'lowercase@1': (text) => text.toLowerCase(),
  'trim@1': (text) => text.trim(),
  'nfkc@1': (text) => text.normalize('NFKC'),
  'diacritics@1': (text) => unmarked(text).normalize('NFC'),
  'email@1': (text) => text.normalize('NFKC').trim().toLowerCase(),
}

/** What a definition says of a part: field, codec, normalisers. */
const described = (part) => cat(lp(part.fieldId), [PAYLOADS[part.type][0]], counted(part.normalisers.map(lp)))
/** What a tag is computed over: codec, form, payload. A text that normalising empties counts as it was. */
function hashed({ type, normalisers, value }) {
  const [codec, payload] = PAYLOADS[type]
  const text = normalisers.reduce((before, name) => NORMALISERS[name](before), value)
  const isEmptied = text === '' && value !== ''
  return cat([codec, isEmptied], payload(isEmptied ? value : text))
}
function tagOf({ keyId, indexId, scope, tenant, parts }, keys) {
  if (parts.some(({ value }) => value === null)) return null
  const definition = cat(label('index-def', indexId, scope), counted(parts.map(described)), u32(128))
  const digest = createHash('sha256').update(definition).digest()
  const info = label('index', keyId, scope === 'global' ? '' : tenant, indexId, digest)
  const key = Buffer.from(hkdfSync('sha256', hex(keys[keyId].key), '', info, 32))
  const message = cat(label('tag'), counted(parts.map((part) => lp(hashed(part)))))
  return `${keyId}${base32(digest).slice(0, 6)}.${base32(createHmac('sha256', key).update(message).digest())}`
}

for (const path of process.argv.slice(2)) {
  const { keys, tags = [] } = JSON.parse(readFileSync(path))
  for (const tag of tags) assert.equal(tagOf(tag, keys), tag.tag, tag.name)
  console.log(`${tags.length} tags`)
}
