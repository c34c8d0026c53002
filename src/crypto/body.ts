import { Buffer } from 'node:buffer'

/** Bytes of an AES-256-GCM nonce (NIST SP 800-38D §8.2.2: 96 bits). */
export const NONCE_BYTES = 12
/** Bytes of an AES-256-GCM tag. Always given to OpenSSL: without it, shorter tags would be accepted. */
export const TAG_BYTES = 16

/** Enough for values of a line or two. */
const FIRST_BYTES = 1024

/**
 * Memory for one body at a time, nonce ‖ ciphertext ‖ tag, which serves the values of a batch one after the other. It
 * never holds plaintext or a key.
 */
export interface BodyBuffer {
  readonly bytes: Buffer
  /** The first bytes of it. */
  readonly nonce: Uint8Array
}

/** A buffer of at least that many bytes. */
export function createBodyBuffer(size = FIRST_BYTES): BodyBuffer {
  const bytes = Buffer.allocUnsafe(Math.max(size, NONCE_BYTES + TAG_BYTES))
  return { bytes, nonce: bytes.subarray(0, NONCE_BYTES) }
}

/** The same buffer if it has room for `size` bytes, or else a larger one with nothing in it. */
export function withRoom(body: BodyBuffer, size: number): BodyBuffer {
  return body.bytes.length >= size ? body : createBodyBuffer(Math.max(size, 2 * body.bytes.length))
}
