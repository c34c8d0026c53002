import { Buffer } from 'node:buffer'
import { encodeForTag } from '../codecs/index.js'
import { deriveKey, encodeBase32, hmac, lengthPrefixed, u32 } from '../crypto/index.js'
import type { ErrorDetails } from '../errors/index.js'
import type { IndexDefinition, IndexPart } from './definition.js'
import { normalise } from './normalisers.js'

const NORMALISED = 0x00
/** The normalisers emptied a value that is not empty: the tag is of the value as given, so that 'n/a' and 'x' differ. */
const RAW = 0x01
const TAG_BYTES = 16
const MESSAGE_LABEL = lengthPrefixed('fieldseal/1/tag')

/** The 32-byte key of one index of one tenant (of `""` for a global one) under one index root. */
export function deriveIndexKey(root: Uint8Array, keyId: string, tenant: string, index: IndexDefinition): Buffer {
  return deriveKey(
    root,
    Buffer.concat([
      lengthPrefixed('fieldseal/1/index'),
      lengthPrefixed(keyId),
      lengthPrefixed(index.scope === 'global' ? '' : tenant),
      lengthPrefixed(index.indexId),
      lengthPrefixed(index.fingerprint),
    ]),
  )
}

/** The bytes a tag is the HMAC of; injective in the values. `values` stand in the order of the index's parts. */
export function tagMessage(index: IndexDefinition, values: readonly unknown[], where: ErrorDetails): Buffer {
  if (values.length !== index.parts.length) throw new RangeError('a tag takes one value for each part of its index')
  return Buffer.concat([
    MESSAGE_LABEL,
    u32(index.parts.length),
    ...index.parts.map((part, i) => lengthPrefixed(partBytes(part, values[i], where))),
  ])
}

/** `<keyId><definitionId>.<128 bits of HMAC-SHA-256>`: 45 characters `[0-9a-z.]`, the same under every collation. */
export function tagOf(indexKey: Uint8Array, keyId: string, index: IndexDefinition, message: Uint8Array): string {
  return `${tagPrefix(keyId, index)}${encodeBase32(hmac(indexKey, message).subarray(0, TAG_BYTES))}`
}

/** What every tag of this key and definition begins with: `LIKE '<prefix>%'` counts them. */
export function tagPrefix(keyId: string, index: IndexDefinition): string {
  return `${keyId}${index.definitionId}.`
}

function partBytes(part: IndexPart, value: unknown, where: ErrorDetails): Buffer {
  const [form, comparable] = comparableForm(part, value)
  const encoded = encodeForTag(part.type, comparable, where)
  return Buffer.concat([encoded.subarray(0, 1), Buffer.of(form), encoded.subarray(1)])
}

function comparableForm(part: IndexPart, value: unknown): [number, unknown] {
  if (typeof value !== 'string' || part.normalisers.length === 0) return [NORMALISED, value]
  const normalised = normalise(value, part.normalisers)
  return normalised === '' && value !== '' ? [RAW, value] : [NORMALISED, normalised]
}
