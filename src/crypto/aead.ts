import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { requireKey } from './key-material.js'

/** Bytes of an AES-256-GCM nonce (NIST SP 800-38D §8.2.2: 96 bits). */
export const NONCE_BYTES = 12
/** Bytes of an AES-256-GCM tag. Always given to OpenSSL: without it, shorter tags would be accepted. */
export const TAG_BYTES = 16

const ALGORITHM = 'aes-256-gcm'
const OPTIONS = { authTagLength: TAG_BYTES } as const

/** AES-256-GCM. Returns ciphertext followed by the 16-byte tag. `key` is 32 bytes, `nonce` 12. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const cipher = createCipheriv(ALGORITHM, requireKey(key), requireNonce(nonce), OPTIONS)
  cipher.setAAD(aad)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([ciphertext, cipher.getAuthTag()])
}

/** Opens what `encrypt` made; `undefined` if the tag does not match. The caller turns that into an error with a place. */
export function decrypt(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(ALGORITHM, requireKey(key), requireNonce(nonce), OPTIONS)
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    return undefined
  }
  return plaintext
}

/** OpenSSL would take other lengths, and hash them: then two nonces could be one. */
function requireNonce(nonce: Uint8Array): Uint8Array {
  if (nonce.length === NONCE_BYTES) return nonce
  throw new RangeError(`a nonce has ${NONCE_BYTES} bytes, not ${nonce.length}`)
}
