import { Buffer } from 'node:buffer'
import { hkdfSync } from 'node:crypto'
import { KEY_BYTES, requireKey } from './key-material.js'

const NO_SALT = new Uint8Array(0)

/** HKDF-SHA-256 (RFC 5869) with an empty salt, 32 bytes out. `key` is 32 bytes. */
export function deriveKey(key: Uint8Array, info: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', requireKey(key), NO_SALT, info, KEY_BYTES))
}
