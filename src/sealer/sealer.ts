import { deriveIndexKey, tagMessage, tagOf } from '../blind-index/index.js'
import { decodeValue, encodeValue } from '../codecs/index.js'
import { decrypt, encrypt, randomNonces } from '../crypto/index.js'
import { AuthenticationFailedError, ValueTooLongError } from '../errors/index.js'
import type { KeyNeeds } from '../keys/key-needs.js'
import type { KeySet } from '../keys/key-set.js'
import type { LeasedKey } from '../keys/leased-key.js'
import {
  bytesOfCell,
  type Cell,
  cellAad,
  deriveFieldKey,
  MAX_PAYLOAD_BYTES,
  parseCell,
  SUITE,
  textOfCell,
} from '../message/index.js'
import type { SealedField, TaggedIndex } from './catalog.js'

/** A value to seal. */
export interface SealItem {
  readonly field: SealedField
  /** Tenant it belongs to; `""` is the application's own. */
  readonly tenant: string
  /** Plaintext of the field's type; never null. */
  readonly value: unknown
}

/** A stored value to open: text from a String or Json column, bytes from a Bytes column. Never null. */
export interface OpenItem {
  readonly field: SealedField
  readonly tenant: string
  readonly stored: unknown
}

/** Values to tag. */
export interface TagItem {
  readonly index: TaggedIndex
  readonly tenant: string
  /** One value for each part of the index; if one is null, so is the tag. */
  readonly values: readonly unknown[]
}

/** What a cell looks like in its column. */
export type StoredCell = string | Uint8Array

/**
 * Seals a batch with the tenants' active keys. All or nothing: an error leaves no cell behind.
 * @throws InvalidValueError, ValueTooLongError, KeyNotWarmedError, KeyStateExpiredError, KeyDisposedError,
 *   KeyExhaustedError
 */
export function seal(keys: KeySet, items: readonly SealItem[]): StoredCell[] {
  const nonces = randomNonces(items.length)
  return items.map(({ field, tenant, value }, at) => {
    const key = keys.active(tenant, 'data')
    const plaintext = encodeValue(field, value, field.where)
    const limit = field.maxBytes ?? MAX_PAYLOAD_BYTES
    if (plaintext.length - 1 > limit) throw new ValueTooLongError(limit, field.where)
    key.countSeals(1)
    const cipher = fieldCipher(key, field)
    const nonce = nonceAt(nonces, at)
    const sealed = encrypt(cipher.key, nonce, plaintext, cipher.aad)
    const cell: Cell = { suite: SUITE, keyId: key.keyId, nonce, sealed }
    return field.column === 'Bytes' ? bytesOfCell(cell) : textOfCell(cell)
  })
}

/** Stored values taken apart: what keys to warm, and what to open with them. */
export interface CellBatch {
  readonly named: KeyNeeds['named']
  readonly cells: readonly { readonly field: SealedField; readonly tenant: string; readonly cell: Cell }[]
}

/**
 * Takes a batch of stored values apart, before their keys are warmed.
 * @throws PlaintextFoundError, MalformedCellError, UnknownFormatError
 */
export function readCells(items: readonly OpenItem[]): CellBatch {
  const named = new Map<string, { tenant: string; keyId: string }>()
  const cells = items.map(({ field, tenant, stored }) => {
    const cell = parseCell(carries(field, stored) ? stored : undefined, field.where)
    named.set(`${cell.keyId}${tenant}`, { tenant, keyId: cell.keyId })
    return { field, tenant, cell }
  })
  return { named: [...named.values()], cells }
}

/**
 * Opens a batch, in order. One attempt with the key each cell names; the first failure ends the batch.
 * @throws UnknownKeyError, ForeignTenantKeyError, KeyRetiredError, KeyDestroyedError, AuthenticationFailedError,
 *   CodecMismatchError, MalformedCellError
 */
export function open(keys: KeySet, { cells }: CellBatch): unknown[] {
  return cells.map(({ field, tenant, cell }) => {
    const key = keys.named(tenant, cell.keyId, field.where)
    const cipher = fieldCipher(key, field)
    const plaintext = decrypt(cipher.key, cell.nonce, cell.sealed, cipher.aad)
    if (plaintext === undefined) throw new AuthenticationFailedError({ ...field.where, keyId: cell.keyId })
    return decodeValue(field, plaintext, field.where)
  })
}

/** The tenant whose index key a tag is made with: a global index belongs to the application. */
export function indexTenant(index: TaggedIndex, tenant: string): string {
  return index.scope === 'global' ? '' : tenant
}

/**
 * Tags a batch with the tenants' active index keys; null where a value is null.
 * @throws InvalidValueError, KeyNotWarmedError, KeyStateExpiredError, KeyDisposedError
 */
export function tag(keys: KeySet, items: readonly TagItem[]): (string | null)[] {
  return items.map(({ index, tenant, values }) => {
    if (values.some((value) => value === null || value === undefined)) return null
    const owner = indexTenant(index, tenant)
    const key = keys.active(owner, 'index')
    const message = tagMessage(index, values, index.where)
    const derived = key.derive(`index:${index.definitionId}:${index.indexId}`, (root) => ({
      key: deriveIndexKey(root, key.keyId, owner, index),
    }))
    return tagOf(derived.key, key.keyId, index, message)
  })
}

function nonceAt(nonces: readonly Uint8Array[], at: number): Uint8Array {
  const nonce = nonces[at]
  if (nonce === undefined) throw new RangeError('a batch draws one nonce for each value')
  return nonce
}

interface FieldCipher {
  readonly key: Uint8Array
  readonly aad: Uint8Array
}

function fieldCipher(key: LeasedKey, { fieldId }: SealedField): FieldCipher {
  return key.derive(`field:${fieldId}`, (dataKey) => {
    const place = { keyId: key.keyId, tenant: key.tenant, fieldId }
    return { key: deriveFieldKey(dataKey, place), aad: cellAad(place) }
  })
}

/** Text stands in String and Json columns, bytes in Bytes columns; anything else is no cell. */
function carries(field: SealedField, stored: unknown): boolean {
  return field.column === 'Bytes' ? stored instanceof Uint8Array : typeof stored === 'string'
}
