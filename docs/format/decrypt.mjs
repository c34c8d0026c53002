// Opens cells and checks files of vectors as README.md says, with Node's own modules and the three files beside it.
import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cat, counted, derive, hex, kmsContext, label, lp } from './bytes.mjs'
import { tagOf } from './tags.mjs'
import { show } from './values.mjs'

const need = (ok, code) => ok || assert.fail(code)

function open({ cell, column, tenant, fieldId, row }, keyOf) {
  const binary = column === 'Bytes'
  const stored = binary ? hex(cell).toString('latin1') : cell
  need((binary ? /^FSL/ : /^enc::[0-9]+\./).test(stored), 'PLAINTEXT_FOUND')
  const suite = binary ? `${stored.charCodeAt(3)}` : stored.match(/^enc::([0-9]+)/)[1]
  need(/^(0|[1-9][0-9]*)$/.test(suite), 'MALFORMED_CELL')
  need(suite === (row ? '2' : '1'), 'UNKNOWN_FORMAT')
  const form = binary ? /^FSL.([0-9a-z]{12})(.{29,})$/s : /^enc::.\.([0-9a-z]{12})\.([A-Za-z0-9_-]{39,})$/
  const [, keyId, rest] = need(stored.match(form), 'MALFORMED_CELL')
  const body = Buffer.from(rest, binary ? 'latin1' : 'base64url')
  need(binary || body.toString('base64url') === rest, 'MALFORMED_CELL')
  const key = keyOf(keyId)
  need(key, 'UNKNOWN_KEY')
  need(key.tenant === tenant, 'FOREIGN_TENANT_KEY')
  need(key.purpose === 'data', 'UNKNOWN_KEY')
  const fieldKey = derive(key.key, 'field', keyId, tenant, fieldId)
  const cipher = createDecipheriv('aes-256-gcm', fieldKey, body.subarray(0, 12), { authTagLength: 16 })
  const rowIds = row ? counted(row.map((value) => lp(hex(value)))) : ''
  cipher.setAAD(label('cell', cat('FSL', [suite], keyId), tenant, fieldId, rowIds)).setAuthTag(body.subarray(-16))
  const plaintext = cipher.update(body.subarray(12, -16))
  try {
    return cat(plaintext, cipher.final())
  } catch {
    throw Error('AUTHENTICATION_FAILED')
  }
}
const read = (cell, keyOf) => show(open(cell, keyOf), cell.type, cell.list)

function check({ keys, cells = [], malformed = [], tags = [], kmsContexts = [] }) {
  const keyOf = (keyId) => keys[keyId]
  for (const [keyId, { key, tenant, purpose, kcv }] of Object.entries(keys))
    assert.equal(derive(key, 'kcv', keyId, tenant, purpose).toString('hex'), kcv)
  for (const cell of cells) assert.equal(open(cell, keyOf).toString('hex'), cell.plaintext)
  for (const cell of cells) assert.equal(read(cell, keyOf), cell.value)
  for (const cell of malformed) assert.throws(() => read(cell, keyOf), { message: cell.code }, cell.name)
  for (const tag of tags) assert.equal(tagOf(tag, keys[tag.keyId].key), tag.tag)
  for (const { pairs, bytes } of kmsContexts) assert.equal(kmsContext(pairs).toString('hex'), bytes)
  console.log(`${cells.length} opened, ${malformed.length} refused, ${tags.length} tags`)
}
const options = { key: { type: 'string' }, tenant: { type: 'string' }, field: { type: 'string' } }
const { values, positionals } = parseArgs({ allowPositionals: true, options })
const { key, tenant = '', field: fieldId } = values
if (key) need(/^[0-9a-f]{64}$/i.test(key) && fieldId, 'give --key 64 hexadecimal digits, and --field')
for (const given of positionals) {
  const column = given.startsWith('enc::') ? 'String' : 'Bytes'
  if (key) console.log(read({ cell: given, column, tenant, fieldId }, () => ({ key, tenant, purpose: 'data' })))
  else check(JSON.parse(readFileSync(given)))
}
