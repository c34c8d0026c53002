import { Buffer } from 'node:buffer'
import { InvalidValueError } from '../errors/index.js'

/**
 * UTF-8 bytes of a string.
 * @throws InvalidValueError if the string has a lone surrogate: Node would map different ones to the same bytes.
 */
export function utf8(text: string): Buffer {
  if (!text.isWellFormed()) throw new InvalidValueError('the text has a lone surrogate and is not well-formed Unicode')
  return Buffer.from(text, 'utf8')
}

/** `u32` big-endian. */
export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** `u32` byte length followed by the bytes; a string counts as its UTF-8. The unit of every injective encoding here. */
export function lengthPrefixed(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? utf8(value) : value
  return Buffer.concat([u32(bytes.length), bytes])
}

/** Whether `bytes` begins with `prefix`. Not constant-time: for public bytes only. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false
  return true
}
