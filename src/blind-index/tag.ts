import { Buffer } from 'node:buffer'
import { encodeForTag } from '../codecs/index.js'
import { deriveKey, encodeBase32, hmac, lengthPrefixed } from '../crypto/index.js'
import type { ErrorDetails } from '../errors/index.js'
import type { IndexDefinition, IndexPart } from './definition.js'
import { normalise } from './normalisers.js'

const NORMALISED = 0x00
/** The normalisers emptied a value that is not empty: the tag is of the value as given, so that 'n/a' and 'x' differ. */
const RAW = 0x01
const TAG_BYTES = 16
const LENGTH_BYTES = 4
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
  const parts = index.parts.map((part, at) => formOf(part, values[at], where))
  const length = parts.reduce((sum, { encoded }) => sum + LENGTH_BYTES + encoded.length + 1, 0)
  const message = Buffer.allocUnsafe(MESSAGE_LABEL.length + LENGTH_BYTES + length)
  let at = MESSAGE_LABEL.copy(message)
  at = message.writeUInt32BE(parts.length, at)
  for (const { form, encoded } of parts) {
    // lp(codec ‖ form ‖ payload)
    at = message.writeUInt32BE(encoded.length + 1, at)
    at += encoded.copy(message, at, 0, 1)
    at = message.writeUInt8(form, at)
    at += encoded.copy(message, at, 1)
  }
  return message
}

/** `<keyId><definitionId>.<128 bits of HMAC-SHA-256>`: 45 characters `[0-9a-z.]`, the same under every collation. */
export function tagOf(indexKey: Uint8Array, keyId: string, index: IndexDefinition, message: Uint8Array): string {
  return `${tagPrefix(keyId, index)}${encodeBase32(hmac(indexKey, message).subarray(0, TAG_BYTES))}`
}

/** What every tag of this key and definition begins with: `LIKE '<prefix>%'` counts them. */
export function tagPrefix(keyId: string, index: IndexDefinition): string {
  return `${keyId}${index.definitionId}.`
}

/** A value as tags take it: `codec ‖ payload`, and which form of it that is. */
function formOf(
  part: IndexPart,
  value: unknown,
  where: ErrorDetails,
): { readonly form: number; readonly encoded: Buffer } {
  const [form, comparable] = comparableForm(part, value)
  return { form, encoded: encodeForTag(part.type, comparable, where) }
}

function comparableForm(part: IndexPart, value: unknown): [number, unknown] {
  if (typeof value !== 'string' || part.normalisers.length === 0) return [NORMALISED, value]
  const normalised = normalise(value, part.normalisers)
  return normalised === '' && value !== '' ? [RAW, value] : [NORMALISED, normalised]
}
