import { Buffer } from 'node:buffer'

/** 96-bit nonce, 256-bit key, 128-bit tag: what AES-256-GCM and ChaCha20-Poly1305 make of a data key. */
const SEALED_BYTES = 12 + 32 + 16

/** A data key as Vault wraps it: the text `vault:v<version>:<base64>`. */
export interface WrappedText {
  readonly text: string
  /** Version of the KEK, from 1. */
  readonly version: number
}

/**
 * Reads a wrapped data key; `undefined` unless it is exactly as Vault writes it. Vault itself is lenient: it takes
 * `v0` and `v01` for `v1`, and white space behind; one wrapped key must not have several spellings.
 */
export function parseWrapped(wrapped: Uint8Array | string): WrappedText | undefined {
  const text = typeof wrapped === 'string' ? wrapped : Buffer.from(wrapped).toString('latin1')
  const [, version, sealed] = /^vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  if (version === undefined || sealed === undefined) return undefined
  const bytes = Buffer.from(sealed, 'base64')
  return bytes.length === SEALED_BYTES && bytes.toString('base64') === sealed
    ? { text, version: Number(version) }
    : undefined
}
