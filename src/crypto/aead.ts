import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'
import { keyMemory, requireKey } from './key-material.js'

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
  return open(key, nonce, sealed, aad, (decipher, ciphertext) => decipher.update(ciphertext))
}

/**
 * As `decrypt`, for a plaintext that is itself a key. Of all that an `update` returns, Node.js frees a copy without erasing
 * it (`CipherBase::Update` writes into memory a block longer, and then moves it). So here it is given one byte at a time:
 * no two bytes of the key are left behind together.
 */
export function decryptKey(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Buffer | undefined {
  return open(key, nonce, sealed, aad, (decipher, ciphertext) => {
    const plaintext = keyMemory(ciphertext.length)
    for (let at = 0; at < ciphertext.length; at++) {
      const byte = decipher.update(ciphertext.subarray(at, at + 1))
      plaintext.set(byte, at)
      byte.fill(0)
    }
    return plaintext
  })
}

function open(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
  read: (decipher: DecipherGCM, ciphertext: Uint8Array) => Buffer,
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(ALGORITHM, requireKey(key), requireNonce(nonce), OPTIONS)
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = read(decipher, sealed.subarray(0, end))
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
