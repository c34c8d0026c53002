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
