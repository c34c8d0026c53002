import type { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { KEY_BYTES, requireKey } from './key-material.js'

/** No salt is as many zeroes as the hash has bytes (RFC 5869 §2.2). */
const NO_SALT = new Uint8Array(KEY_BYTES)
const FIRST_BLOCK = Uint8Array.of(1)

/**
 * HKDF-SHA-256 (RFC 5869 §2) without salt, 32 bytes out, which is one block. `key` is 32 bytes.
 *
 * The two HMACs are spelled out because `hkdfSync` puts a copy of its key into a `KeyObject`, which nobody can erase and
 * which stays until it is garbage-collected.
 */
export function deriveKey(key: Uint8Array, info: Uint8Array): Buffer {
  const pseudorandomKey = createHmac('sha256', NO_SALT).update(requireKey(key)).digest()
  try {
    return createHmac('sha256', pseudorandomKey).update(info).update(FIRST_BLOCK).digest()
  } finally {
    pseudorandomKey.fill(0)
  }
}
