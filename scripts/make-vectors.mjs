// Writes test/vectors from test/format/cases and the built library: `npm run build && node scripts/make-vectors.mjs`.
// With `--check` it writes nothing and exits 1 if what is there differs.
import { Buffer } from 'node:buffer'
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { defineIndex, definitionBytes, deriveIndexKey, tagMessage, tagOf } from '../dist/blind-index/index.js'
import { encodeValue } from '../dist/codecs/index.js'
import { encodeBase64url, encrypt, lengthPrefixed, sha256, u32 } from '../dist/crypto/index.js'
import { keyCheckValue } from '../dist/keys/key-check.js'
import { encryptionContextBytes } from '../dist/kms/context-bytes.js'
import { bytesOfCell, cellAad, cellHeader, deriveFieldKey, SUITE, textOfCell } from '../dist/message/index.js'
import { CELLS, ROW_BOUND_CELLS } from '../test/format/cases/cells.mjs'
import { KEYS, KMS_CONTEXTS } from '../test/format/cases/keys.mjs'
import { malformedCells } from '../test/format/cases/malformed.mjs'
import { TAGS } from '../test/format/cases/tags.mjs'

const FORMAT = 1
const DEFAULTS = { tenant: 'firm_1', keyId: 'k00000000001', fieldId: 'Client.f', column: 'String' }
const keyBytes = (keyId) => Buffer.from(KEYS[keyId].key, 'hex')
const nonceOf = (name) => sha256(Buffer.from(`nonce of ${name}`)).subarray(0, 12)

/** A value as text that says it exactly. */
function shown(type, value) {
  if (type === 'Bytes') return Buffer.from(value).toString('hex')
  if (type === 'Json') return JSON.stringify(value)
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Any plaintext as a cell of suite 1, in the form of its column. */
function seal(plaintext, { name, nonce, column, ...place }) {
  const bytes = nonce === undefined ? nonceOf(name) : Buffer.from(nonce, 'hex')
  const sealed = encrypt(deriveFieldKey(keyBytes(place.keyId), place), bytes, plaintext, cellAad(place))
  const cell = { suite: SUITE, keyId: place.keyId, nonce: bytes, sealed }
  return column === 'Bytes' ? bytesOfCell(cell).toString('hex') : textOfCell(cell)
}

/** A cell of suite 2, from the primitives: the library reserves it, and neither seals nor opens it. */
function sealRowBound(plaintext, row, { name, column, ...place }) {
  const nonce = nonceOf(name)
  const header = cellHeader(2, place.keyId)
  const ids = Buffer.concat([u32(row.length), ...row.map((id) => lengthPrefixed(id))])
  const parts = ['fieldseal/1/cell', header, place.tenant, place.fieldId, ids]
  const aad = Buffer.concat(parts.map((part) => lengthPrefixed(part)))
  const body = Buffer.concat([nonce, encrypt(deriveFieldKey(keyBytes(place.keyId), place), nonce, plaintext, aad)])
  return column === 'Bytes'
    ? Buffer.concat([header, body]).toString('hex')
    : `enc::2.${place.keyId}.${encodeBase64url(body)}`
}

function cellVector({ name, type, list = false, input, value, row, nonce, ...more }) {
  const place = { ...DEFAULTS, ...more }
  const { tenant, fieldId, column } = place
  const plaintext = encodeValue({ type, list }, input, {})
  const ids = row?.map(([idType, id]) => encodeValue({ type: idType, list: false }, id, {}))
  const cell = ids ? sealRowBound(plaintext, ids, { name, ...place }) : seal(plaintext, { name, nonce, ...place })
  const text = value ?? (list ? JSON.stringify(input.map((item) => shown(type, item))) : shown(type, input))
  return {
    name,
    ...{ tenant, fieldId, column, cell, plaintext: plaintext.toString('hex'), type, list, value: text },
    ...(ids ? { row: ids.map((id) => id.toString('hex')) } : {}),
  }
}

function tagVector({ name, indexId = 'Client.fIndex', scope = 'tenant', ...more }) {
  const { tenant = DEFAULTS.tenant, keyId = 'k00000000002', parts } = more
  const policy = { indexId, scope, bits: 128 }
  const index = defineIndex('Client', 'f', policy, parts)
  const isNull = parts.some(({ input }) => input === null)
  const message = isNull ? null : tagMessage(index, parts.map(({ input }) => input), {}) // biome-ignore format: one call
  const key = deriveIndexKey(keyBytes(keyId), keyId, tenant, index)
  return {
    ...{ name, keyId, indexId, scope, tenant },
    parts: parts.map(({ input, ...part }) => ({ ...part, value: input === null ? null : shown(part.type, input) })),
    tag: isNull ? null : tagOf(key, keyId, index, message),
    definition: definitionBytes(policy, parts).toString('hex'),
    message: isNull ? null : message.toString('hex'),
  }
}

const keys = Object.fromEntries(
  Object.entries(KEYS).map(([keyId, key]) => [
    keyId,
    { ...key, kcv: keyCheckValue(Buffer.from(key.key, 'hex'), { keyId, ...key }).toString('hex') },
  ]),
)
const files = {
  'cells.json': { cells: [...CELLS, ...ROW_BOUND_CELLS].map(cellVector) },
  'malformed.json': { malformed: malformedCells(DEFAULTS, seal) },
  'tags.json': { tags: TAGS.map(tagVector) },
  'keys.json': {
    kmsContexts: KMS_CONTEXTS.map((context) => ({
      ...context,
      bytes: encryptionContextBytes(context.pairs).toString('hex'),
    })),
  },
}

/** JSON with one vector a line, so that a change shows as what it is. */
function toText(vectors) {
  const lines = Object.entries({ format: FORMAT, keys, ...vectors }).map(([name, value]) => {
    if (Array.isArray(value)) return `"${name}": [\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]`
    return `"${name}": ${JSON.stringify(value)}`
  })
  return `{\n${lines.join(',\n')}\n}\n`
}

const checking = process.argv.includes('--check')
for (const [name, vectors] of Object.entries(files)) {
  const path = new URL(`../test/vectors/${name}`, import.meta.url)
  if (!checking) {
    writeFileSync(path, toText(vectors))
  } else if (readFileSync(path, 'utf8') !== toText(vectors)) {
    console.error(`test/vectors/${name} differs from what the library makes. The format is frozen: find out why.`)
    process.exitCode = 1
  }
}
