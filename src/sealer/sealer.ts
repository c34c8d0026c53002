import { deriveIndexKey, tagMessage, tagOf } from '../blind-index/index.js'
import { decodeValue, encodeValue } from '../codecs/index.js'
import { createBodyBuffer, decryptBody, drawNonces, encryptBody, withRoom } from '../crypto/index.js'
import { AuthenticationFailedError, ValueTooLongError } from '../errors/index.js'
import type { KeyNeeds } from '../keys/key-needs.js'
import type { KeySet } from '../keys/key-set.js'
import type { LeasedKey } from '../keys/leased-key.js'
import { bodyLength, bodyOfCell, bytesOfBody, MAX_PAYLOAD_BYTES, textOfBody } from '../message/index.js'
import type { SealedField, TaggedIndex } from './catalog.js'
import { type KeyCiphers, keyCiphers } from './field-ciphers.js'
import { createKeyIdReader, createNamedKeys } from './stored-keys.js'

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
  const nonces = drawNonces(items.length)
  const cells: StoredCell[] = []
  const byTenant = new Map<string, KeyCiphers>()
  let ciphers: KeyCiphers | undefined
  let body = createBodyBuffer()
  for (const { field, tenant, value } of items) {
    if (ciphers?.key.tenant !== tenant) {
      ciphers = byTenant.get(tenant) ?? keyCiphers(keys.active(tenant, 'data'))
      byTenant.set(tenant, ciphers)
    }
    const plaintext = encodeValue(field, value, field.where)
    const limit = field.maxBytes ?? MAX_PAYLOAD_BYTES
    if (plaintext.length - 1 > limit) throw new ValueTooLongError(limit, field.where)
    ciphers.key.countSeals(1)
    const { key, aad, prefix, header } = ciphers.of(field)
    body = withRoom(body, bodyLength(plaintext.length))
    nonces.next(body.bytes)
    const length = encryptBody(key, body, plaintext, aad)
    cells.push(field.column === 'Bytes' ? bytesOfBody(header, body, length) : textOfBody(prefix, body, length))
  }
  return cells
}

/** Stored values that were looked at: what keys to warm, and what to open with them. */
export interface CellBatch {
  readonly named: KeyNeeds['named']
  readonly items: readonly OpenItem[]
}

/**
 * Reads the header of every stored value of a batch, before their keys are warmed.
 * @throws PlaintextFoundError, MalformedCellError, UnknownFormatError
 */
export function readCells(items: readonly OpenItem[]): CellBatch {
  const keys = createNamedKeys()
  for (const { field, tenant, stored } of items) keys.add(field, tenant, stored)
  return { named: keys.needs, items }
}

/**
 * Opens a batch, in order. One attempt with the key each cell names; the first failure ends the batch.
 * @throws PlaintextFoundError, UnknownFormatError, MalformedCellError, UnknownKeyError, ForeignTenantKeyError,
 *   KeyRetiredError, KeyDestroyedError, AuthenticationFailedError, CodecMismatchError
 */
export function open(keys: KeySet, { items }: Pick<CellBatch, 'items'>): unknown[] {
  const keyIdOf = createKeyIdReader()
  const values: unknown[] = []
  const known = new Map<LeasedKey, KeyCiphers>()
  let ciphers: KeyCiphers | undefined
  let reused = createBodyBuffer()
  for (const { field, tenant, stored } of items) {
    const { where } = field
    const keyId = keyIdOf(field, stored)
    if (ciphers?.key.keyId !== keyId || ciphers.key.tenant !== tenant) {
      const key = keys.named(tenant, keyId, where)
      ciphers = known.get(key) ?? keyCiphers(key)
      known.set(key, ciphers)
    }
    const { key, aad } = ciphers.of(field)
    // The key's name was read from it, so it is text or bytes.
    const { body, length } = bodyOfCell(stored as StoredCell, reused, where)
    reused = body
    const plaintext = decryptBody(key, body, length, aad)
    if (plaintext === undefined) throw new AuthenticationFailedError({ ...where, keyId })
    values.push(decodeValue(field, plaintext, where))
  }
  return values
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
    const derived = key.derive(index.derivation, (root) => ({
      key: deriveIndexKey(root, key.keyId, owner, index),
    }))
    return tagOf(derived.key, key.keyId, index, message)
  })
}
