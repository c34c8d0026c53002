import type { Buffer } from 'node:buffer'
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { requireKey } from './key-material.js'

/** HMAC-SHA-256 (RFC 2104), 32 bytes. `key` is 32 bytes. */
export function hmac(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac('sha256', requireKey(key)).update(message).digest()
}

/** SHA-256, 32 bytes. */
export function sha256(message: Uint8Array): Buffer {
  return createHash('sha256').update(message).digest()
}

/** Constant-time comparison of two byte strings of any length. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
