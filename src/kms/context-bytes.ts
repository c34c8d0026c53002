import { Buffer } from 'node:buffer'
import { lengthPrefixed, utf8 } from '../crypto/index.js'
import type { EncryptionContext } from './kms.js'

/** The context as bytes, for providers that take AAD: pairs sorted by the UTF-8 bytes of their keys. */
export function encryptionContextBytes(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => Buffer.compare(utf8(a), utf8(b)))
  return Buffer.concat([
    lengthPrefixed('fieldseal/1/kms'),
    ...pairs.flatMap(([key, value]) => [lengthPrefixed(key), lengthPrefixed(value)]),
  ])
}
