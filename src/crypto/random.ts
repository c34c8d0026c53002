import type { Buffer } from 'node:buffer'
import { randomBytes, randomFillSync, randomInt } from 'node:crypto'
import { NONCE_BYTES } from './body.js'
import { keyMemory } from './key-material.js'

const KEY_ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
/** Characters of a key id: 36^12 possibilities, about 62 bits. */
export const KEY_ID_LENGTH = 12

/** A fresh 256-bit key from the operating system's generator. */
export function randomKey(): Buffer {
  return randomFillSync(keyMemory())
}

/** Nonces of one batch, each given out once. */
export interface Nonces {
  /**
   * Writes the next one over the first 12 bytes of `target`.
   * @throws RangeError if all were given out.
   */
  next(target: Buffer): void
}

/**
 * Fresh 96-bit nonces, drawn in one call: asking the generator costs more than the bytes. What is drawn serves one
 * batch and is forgotten with it, so that no copy of the process (a fork, a snapshot) could give it out again.
 */
export function drawNonces(count: number): Nonces {
  const pool = randomBytes(count * NONCE_BYTES)
  let at = 0
  return {
    next(target) {
      if (at === pool.length) throw new RangeError('a batch draws one nonce for each value')
      // By words: copying part of a buffer would make a view of it first.
      for (const end = at + NONCE_BYTES; at < end; at += 4) {
        target.writeUInt32LE(pool.readUInt32LE(at), NONCE_BYTES - (end - at))
      }
    },
  }
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
