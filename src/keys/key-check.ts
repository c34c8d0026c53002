import { Buffer } from 'node:buffer'
import { deriveKey, equalBytes, KEY_BYTES, lengthPrefixed } from '../crypto/index.js'
import { KeyCheckError } from '../errors/index.js'
import type { KeyRow } from './key-row.js'

/** Key check value: proves that unwrapped bytes are the key a row was created with, without saying anything of them. */
export function keyCheckValue(key: Uint8Array, row: Pick<KeyRow, 'keyId' | 'tenant' | 'purpose'>): Buffer {
  return deriveKey(
    key,
    Buffer.concat(['fieldseal/1/kcv', row.keyId, row.tenant, row.purpose].map((part) => lengthPrefixed(part))),
  )
}

/**
 * Erases `key` and throws unless it is the row's.
 * @throws KeyCheckError
 */
export function requireKeyCheck(
  key: Uint8Array,
  row: Pick<KeyRow, 'keyId' | 'tenant' | 'purpose' | 'kekUri' | 'kcv'>,
): void {
  const genuine =
    key.length === KEY_BYTES && key.some((byte) => byte !== 0) && equalBytes(keyCheckValue(key, row), row.kcv)
  if (genuine) return
  key.fill(0)
  throw new KeyCheckError({ keyId: row.keyId, tenant: row.tenant, kekUri: row.kekUri })
}
