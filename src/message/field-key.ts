import { Buffer } from 'node:buffer'
import { deriveKey, lengthPrefixed } from '../crypto/index.js'
import { cellHeader, SUITE } from './cell.js'

/** Whose cell it is: everything a cell is bound to but its key's bytes. */
export interface CellPlace {
  readonly keyId: string
  /** `""` for the application's own tenant. */
  readonly tenant: string
  readonly fieldId: string
}

/** The 32-byte key that seals one field of one tenant under one data key. */
export function deriveFieldKey(dataKey: Uint8Array, { keyId, tenant, fieldId }: CellPlace): Buffer {
  return deriveKey(
    dataKey,
    Buffer.concat(['fieldseal/1/field', keyId, tenant, fieldId].map((part) => lengthPrefixed(part))),
  )
}

/** What the cipher authenticates beside the plaintext. The same for every cell of a field under one key. */
export function cellAad({ keyId, tenant, fieldId }: CellPlace): Buffer {
  return Buffer.concat([
    lengthPrefixed('fieldseal/1/cell'),
    lengthPrefixed(cellHeader(SUITE, keyId)),
    lengthPrefixed(tenant),
    lengthPrefixed(fieldId),
    lengthPrefixed(''),
  ])
}
