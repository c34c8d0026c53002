import { describe, expect, it } from 'vitest'
import { verifyEs256 } from '../../src/crypto/index.js'

const bytes = (text: string) => Buffer.from(text, 'base64url')

// RFC 7515 (JSON Web Signature), appendix A.3.
const key = {
  x: bytes('f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU'),
  y: bytes('x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'),
}
const message = Buffer.from(
  'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
)
const signature = bytes('DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q')

describe('an ES256 signature', () => {
  it('is found genuine as RFC 7515 has it', () => {
    expect(verifyEs256(key, message, signature)).toBe(true)
  })

  it('is refused if a bit of it, of the message or of the key is another', () => {
    const flipped = (source: Uint8Array, at: number): Uint8Array => {
      const copy = Uint8Array.from(source)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    for (let at = 0; at < 64; at++) expect(verifyEs256(key, message, flipped(signature, at))).toBe(false)
    for (let at = 0; at < message.length; at++) expect(verifyEs256(key, flipped(message, at), signature)).toBe(false)
    for (let at = 0; at < 32; at++) {
      // Most of these are no points of the curve.
      expect(verifyEs256({ ...key, x: flipped(key.x, at) }, message, signature)).toBe(false)
      expect(verifyEs256({ ...key, y: flipped(key.y, at) }, message, signature)).toBe(false)
    }
  })

  it('is refused in any other length, and as zeroes', () => {
    for (const length of [0, 1, 63, 65, 70, 72]) {
      const cut = Buffer.concat([signature, Buffer.alloc(8)]).subarray(0, length)
      expect(verifyEs256(key, message, cut)).toBe(false)
    }
    expect(verifyEs256(key, message, Buffer.alloc(64))).toBe(false)
  })

  it('is refused for a public key of another length', () => {
    for (const x of [Buffer.alloc(0), key.x.subarray(1), Buffer.concat([key.x, Buffer.of(0)])]) {
      expect(verifyEs256({ ...key, x }, message, signature)).toBe(false)
    }
  })
})
