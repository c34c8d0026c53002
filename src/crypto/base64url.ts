import { Buffer } from 'node:buffer'

/** base64url (RFC 4648 §5) without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** Exact decoding: `undefined` unless the bytes encode back to the same text. Node's own decoder is lenient. */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(base64urlBytes(text.length))
  const length = decodeBase64urlInto(bytes, text)
  return length === undefined ? undefined : bytes.subarray(0, length)
}

/**
 * As `decodeBase64url`, into memory that is there already and has room for `base64urlBytes`.
 * @returns how many bytes were written; `undefined` unless they encode back to the same text.
 */
export function decodeBase64urlInto(target: Buffer, text: string): number | undefined {
  const length = target.write(text, 0, 'base64url')
  return target.toString('base64url', 0, length) === text ? length : undefined
}

/** Most bytes that so many characters stand for. */
export function base64urlBytes(characters: number): number {
  return Math.ceil((characters * 3) / 4)
}
