import { Buffer } from 'node:buffer'

/** Bytes of every symmetric key here: 256 bits. */
export const KEY_BYTES = 32

/**
 * Refuses what cannot be a key: another length, or all zeroes (a buffer that was already erased).
 * @throws RangeError a defect of the caller; it never carries the bytes.
 */
export function requireKey(key: Uint8Array): Uint8Array {
  if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${key.length}`)
  for (let i = 0; i < KEY_BYTES; i++) if (key[i] !== 0) return key
  throw new RangeError('an all-zero key is refused: it was erased, or never set')
}

/**
 * Memory to hold a key, zeroed. It is an ArrayBuffer's: V8 keeps the bytes of a small `new Uint8Array(32)` on its own heap,
 * where the garbage collector moves them and leaves what was there behind.
 */
export function keyMemory(length: number = KEY_BYTES): Buffer {
  return Buffer.from(new ArrayBuffer(length))
}

/** The key in memory of its own. Where it came from is erased. */
export function takeKey(bytes: Uint8Array): Uint8Array {
  const key = new Uint8Array(new ArrayBuffer(bytes.length))
  key.set(bytes)
  bytes.fill(0)
  return key
}
