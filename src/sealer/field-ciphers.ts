import type { LeasedKey } from '../keys/leased-key.js'
import { cellAad, cellHeader, cellTextPrefix, deriveFieldKey, SUITE } from '../message/index.js'
import type { SealedField } from './catalog.js'

/** What seals and opens one field of one tenant under one data key. The bytes live as long as the data key. */
export interface FieldCipher {
  readonly key: Uint8Array
  readonly aad: Uint8Array
  /** What the binary form of its cells begins with. */
  readonly header: Uint8Array
  /** What the text form of its cells begins with. */
  readonly prefix: string
}

/** A data key with the ciphers that a batch has asked it for. */
export interface KeyCiphers {
  readonly key: LeasedKey
  /** @throws KeyDisposedError */
  of(field: SealedField): FieldCipher
}

/** Looks each field's cipher up once, however many values of a batch need it. */
export function keyCiphers(key: LeasedKey): KeyCiphers {
  const known = new Map<SealedField, FieldCipher>()
  return {
    key,
    of(field) {
      const found = known.get(field)
      if (found !== undefined) return found
      const cipher = fieldCipher(key, field)
      known.set(field, cipher)
      return cipher
    },
  }
}

function fieldCipher(key: LeasedKey, { fieldId, derivation }: SealedField): FieldCipher {
  const { keyId, tenant } = key
  return key.derive(derivation, (dataKey) => {
    const place = { keyId, tenant, fieldId }
    return {
      key: deriveFieldKey(dataKey, place),
      aad: cellAad(place),
      header: cellHeader(SUITE, keyId),
      prefix: cellTextPrefix(SUITE, keyId),
    }
  })
}
