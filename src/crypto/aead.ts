import type { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'
import { type BodyBuffer, createBodyBuffer, NONCE_BYTES, TAG_BYTES } from './body.js'
import { keyMemory, requireKey } from './key-material.js'

const ALGORITHM = 'aes-256-gcm'
const OPTIONS = { authTagLength: TAG_BYTES } as const

/**
 * AES-256-GCM under the nonce that the body begins with: writes ciphertext and tag behind it, for which there must be
 * room. `key` is 32 bytes.
 * @returns the length of the body: nonce ‖ ciphertext ‖ tag.
 */
export function encryptBody(
  key: Uint8Array,
  { bytes, nonce }: BodyBuffer,
  plaintext: Uint8Array,
  aad: Uint8Array,
): number {
  const cipher = createCipheriv(ALGORITHM, requireKey(key), nonce, OPTIONS)
  cipher.setAAD(aad)
  bytes.set(cipher.update(plaintext), NONCE_BYTES)
  cipher.final()
  const end = NONCE_BYTES + plaintext.length
  bytes.set(cipher.getAuthTag(), end)
  return end + TAG_BYTES
}

/** Opens the first `length` bytes of a body; `undefined` if the tag does not match. */
export function decryptBody(key: Uint8Array, body: BodyBuffer, length: number, aad: Uint8Array): Buffer | undefined {
  return openBody(key, body, length, aad, readAtOnce)
}

/** One value by itself. Returns ciphertext followed by the 16-byte tag. `key` is 32 bytes, `nonce` 12. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const body = bodyWith(nonce, plaintext.length + TAG_BYTES)
  const length = encryptBody(key, body, plaintext, aad)
  return body.bytes.subarray(NONCE_BYTES, length)
}

/** Opens what `encrypt` made; `undefined` if the tag does not match. The caller turns that into an error with a place. */
export function decrypt(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer | undefined {
  const body = bodyWith(nonce, sealed.length, sealed)
  return openBody(key, body, NONCE_BYTES + sealed.length, aad, readAtOnce)
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
  const body = bodyWith(nonce, sealed.length, sealed)
  return openBody(key, body, NONCE_BYTES + sealed.length, aad, readByBytes)
}

type Reading = (decipher: DecipherGCM, ciphertext: Uint8Array) => Buffer

const readAtOnce: Reading = (decipher, ciphertext) => decipher.update(ciphertext)

const readByBytes: Reading = (decipher, ciphertext) => {
  const plaintext = keyMemory(ciphertext.length)
  for (let at = 0; at < ciphertext.length; at++) {
    const byte = decipher.update(ciphertext.subarray(at, at + 1))
    plaintext.set(byte, at)
    byte.fill(0)
  }
  return plaintext
}

function openBody(
  key: Uint8Array,
  { bytes, nonce }: BodyBuffer,
  length: number,
  aad: Uint8Array,
  read: Reading,
): Buffer | undefined {
  const end = length - TAG_BYTES
  if (end < NONCE_BYTES) return undefined
  const decipher = createDecipheriv(ALGORITHM, requireKey(key), nonce, OPTIONS)
  decipher.setAAD(aad)
  decipher.setAuthTag(bytes.subarray(end, length))
  const plaintext = read(decipher, bytes.subarray(NONCE_BYTES, end))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    return undefined
  }
  return plaintext
}

/** OpenSSL would take nonces of other lengths, and hash them: then two could be one. */
function bodyWith(nonce: Uint8Array, sealedBytes: number, sealed?: Uint8Array): BodyBuffer {
  if (nonce.length !== NONCE_BYTES) throw new RangeError(`a nonce has ${NONCE_BYTES} bytes, not ${nonce.length}`)
  const body = createBodyBuffer(NONCE_BYTES + sealedBytes)
  body.bytes.set(nonce)
  if (sealed !== undefined) body.bytes.set(sealed, NONCE_BYTES)
  return body
}
