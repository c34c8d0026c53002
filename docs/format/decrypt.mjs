// Reads cells as README.md says, with Node alone: a value is printed as text, a list as a JSON array of texts.
import assert from 'node:assert/strict'
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect, parseArgs } from 'node:util'

const need = (found) => found || assert.fail('refused by a rule of README.md, "Reading a cell"')
const hex = (text) => Buffer.from(text, 'hex')
const cat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
const u32 = (n) => Buffer.of(n >>> 24, n >>> 16, n >>> 8, n)
const lp = (part) => cat(u32(Buffer.byteLength(part)), part)
const label = (name, ...parts) => cat(...[`fieldseal/1/${name}`, ...parts].map(lp))
const textForm = (b) => `enc::${b[3]}.${b.toString('latin1', 4, 16)}.${b.toString('base64url', 16)}`
const utf8 = (b) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b)
const i64 = (b) => need(b.length === 8) && b.readBigInt64BE()
const iso = (us, rest = (us + 10n ** 21n) % 1000n) =>
  new Date(Number((us - rest) / 1000n)).toISOString().replace('Z', `${rest}Z`.padStart(4, '0'))
const TYPES = [
  ['String', 1, utf8], // type, codec, how a payload is read
  ['Bytes', 2, (b) => b.toString('hex')],
  ['BigInt', 3, (b) => `${i64(b)}`], // before Int: an integer whose type is not given is read as this
  ['Int', 3, (b) => need(i64(b) === BigInt.asIntN(32, i64(b))) && `${i64(b)}`],
  ['Float', 4, (b) => need(b.length === 8 && Number.isFinite(b.readDoubleBE())) && inspect(b.readDoubleBE())],
  ['Decimal', 5, (b) => need(`${b}`.match(/^(?!-0$)-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/))[0]],
  ['Boolean', 6, (b) => need(b.length === 1 && ['false', 'true'][b[0]])],
  ['DateTime', 7, (b) => iso(i64(b))],
  ['Json', 8, (b) => JSON.parse(utf8(b)) !== undefined && utf8(b)],
]

function read({ cell, tenant, fieldId, row, type, list }, keys) {
  const text = /^46534c([0-9a-f]{2})*$/i.test(cell) ? textForm(hex(cell)) : cell
  const [, suite, keyId, base64url] = need(text.match(/^enc::([12])\.([0-9a-z]{12})\.([\w-]{39}[\w-]*)$/))
  const body = Buffer.from(base64url, 'base64url') // nonce, ciphertext, tag
  need(body.toString('base64url') === base64url && suite === (row ? '2' : '1'))
  const { key } = need([keys[keyId], keys.given].find((it) => it?.tenant === tenant && it.purpose !== 'index'))
  const fieldKey = hkdfSync('sha256', hex(key), '', label('field', keyId, tenant, fieldId), 32)
  const rowIds = row ? cat(u32(row.length), ...row.map((id) => lp(hex(id)))) : '' // suite 2 only
  const cipher = createDecipheriv('aes-256-gcm', fieldKey, body.subarray(0, 12), { authTagLength: 16 })
  cipher.setAAD(label('cell', cat('FSL', [suite], keyId), tenant, fieldId, rowIds)).setAuthTag(body.subarray(-16))
  const plaintext = cat(cipher.update(body.subarray(12, -16)), cipher.final())
  const isList = plaintext[0] === 9 // anything else is read as a list of one
  const items = isList ? plaintext.subarray(1) : cat([plaintext[0]], u32(1), lp(plaintext.subarray(1)))
  const [, , decode] = need(TYPES.find(([name, codec]) => codec === items[0] && (type ?? name) === name))
  const texts = []
  let at = 5
  for (; at < items.length; at += 4 + items.readUInt32BE(at))
    texts.push(decode(items.subarray(at + 4, at + 4 + items.readUInt32BE(at))))
  need(at === items.length && texts.length === items.readUInt32BE(1) && isList === (list ?? isList))
  return isList ? JSON.stringify(texts) : texts[0]
}

function check({ keys, cells = [], malformed = [] }) {
  for (const cell of cells) assert.equal(read(cell, keys), cell.value, cell.name)
  for (const cell of malformed) assert.throws(() => read(cell, keys), Error, cell.name)
  console.log(`${cells.length} opened, ${malformed.length} refused`)
}
const options = { key: { type: 'string' }, field: { type: 'string' }, tenant: { type: 'string', default: '' } }
const { values: given, positionals } = parseArgs({ allowPositionals: true, options })
if (given.key) for (const cell of positionals) console.log(read({ ...given, fieldId: given.field, cell }, { given }))
else for (const path of positionals) check(JSON.parse(readFileSync(path)))
