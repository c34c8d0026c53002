import type { Buffer } from 'node:buffer'
import { randomBytes, randomFillSync, randomInt } from 'node:crypto'
import { NONCE_BYTES } from './aead.js'
import { keyMemory } from './key-material.js'

const KEY_ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
/** Characters of a key id: 36^12 possibilities, about 62 bits. */
export const KEY_ID_LENGTH = 12

/** A fresh 256-bit key from the operating system's generator. */
export function randomKey(): Buffer {
  return randomFillSync(keyMemory())
}

/** Fresh 96-bit nonces, drawn in one call: asking the generator costs more than the bytes. */
export function randomNonces(count: number): Buffer[] {
  const bytes = randomBytes(count * NONCE_BYTES)
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * NONCE_BYTES, (at + 1) * NONCE_BYTES))
}

/** A fresh 96-bit nonce. */
export function randomNonce(): Buffer {
  return randomBytes(NONCE_BYTES)
}

/** A fresh key id, 12 characters `[0-9a-z]`; `randomInt` draws by rejection, so every id is equally likely. */
export function randomKeyId(): string {
  let id = ''
  for (let i = 0; i < KEY_ID_LENGTH; i++) id += KEY_ID_ALPHABET.charAt(randomInt(KEY_ID_ALPHABET.length))
  return id
}
