import { createPublicKey, verify } from 'node:crypto'
import { encodeBase64url } from './base64url.js'

/** A point of P-256: two coordinates of 32 bytes. */
export interface EcPublicKey {
  readonly x: Uint8Array
  readonly y: Uint8Array
}

/**
 * Whether `signature` is an ECDSA signature of `message` with P-256 and SHA-256 (FIPS 186-5), as the 64 bytes r ‖ s
 * (RFC 7518 §3.4). False for anything else, a public key that is no point of the curve included.
 */
export function verifyEs256({ x, y }: EcPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false
  try {
    const jwk = { kty: 'EC', crv: 'P-256', x: encodeBase64url(x), y: encodeBase64url(y) }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    return false
  }
}
