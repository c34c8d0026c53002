import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decrypt, decryptKey, encrypt, NONCE_BYTES, TAG_BYTES } from '../../src/crypto/index.js'
import { gcmCavp, gcmWycheproof, hex } from './published-vectors.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const key = bytes(32).filter((candidate) => candidate.some((byte) => byte !== 0))
const sealing = fc.record({
  key,
  nonce: bytes(NONCE_BYTES),
  plaintext: fc.uint8Array({ maxLength: 200 }),
  aad: fc.uint8Array({ maxLength: 100 }),
})

describe('AES-256-GCM encryption', () => {
  it.each(gcmCavp.encrypt)('gives what NIST published: $id', (vector) => {
    const sealed = encrypt(hex(vector.key), hex(vector.nonce), hex(vector.plaintext), hex(vector.aad))
    expect(sealed.toString('hex')).toBe(vector.ciphertext + vector.tag)
  })

  it.each(gcmWycheproof.tests.filter(({ valid }) => valid))(
    'gives what Wycheproof published: $tcId $comment',
    (vector) => {
      const sealed = encrypt(hex(vector.key), hex(vector.nonce), hex(vector.plaintext), hex(vector.aad))
      expect(sealed.toString('hex')).toBe(vector.ciphertext + vector.tag)
    },
  )

  it('adds 16 bytes to the plaintext, whatever its length', () => {
    fc.assert(
      fc.property(sealing, ({ key: of, nonce, plaintext, aad }) => {
        expect(encrypt(of, nonce, plaintext, aad)).toHaveLength(plaintext.length + TAG_BYTES)
      }),
    )
  })
})

describe('AES-256-GCM decryption', () => {
  it.each(gcmCavp.decrypt)('opens or refuses what NIST says: $id', (vector) => {
    const sealed = hex(vector.ciphertext + vector.tag)
    const plaintext = decrypt(hex(vector.key), hex(vector.nonce), sealed, hex(vector.aad))
    expect(plaintext?.toString('hex') ?? null).toBe(vector.plaintext)
  })

  it.each(gcmWycheproof.tests)('opens or refuses what Wycheproof says: $tcId $comment', (vector) => {
    const sealed = hex(vector.ciphertext + vector.tag)
    const plaintext = decrypt(hex(vector.key), hex(vector.nonce), sealed, hex(vector.aad))
    expect(plaintext?.toString('hex')).toBe(vector.valid ? vector.plaintext : undefined)
  })

  it.each(gcmCavp.truncatedTag)('refuses a tag that is genuine but short: $id', (vector) => {
    const sealed = hex(vector.ciphertext + vector.tag)
    expect(decrypt(hex(vector.key), hex(vector.nonce), sealed, hex(vector.aad))).toBeUndefined()
  })

  it('refuses every tag of its own making once it is cut short', () => {
    fc.assert(
      fc.property(sealing, fc.integer({ min: 1, max: TAG_BYTES }), ({ key: of, nonce, plaintext, aad }, cut) => {
        const sealed = encrypt(of, nonce, plaintext, aad)
        expect(decrypt(of, nonce, sealed.subarray(0, sealed.length - cut), aad)).toBeUndefined()
      }),
    )
  })

  it('refuses input that is shorter than a tag', () => {
    for (let length = 0; length < TAG_BYTES; length++) {
      expect(decrypt(hex('01'.repeat(32)), hex('02'.repeat(12)), Buffer.alloc(length), Buffer.alloc(0))).toBeUndefined()
    }
  })

  it('gives back what was encrypted, without touching what it was given', () => {
    fc.assert(
      fc.property(sealing, ({ key: of, nonce, plaintext, aad }) => {
        const given = [of, nonce, plaintext, aad].map((part) => Buffer.from(part))
        const sealed = encrypt(of, nonce, plaintext, aad)
        const before = Buffer.from(sealed)
        expect(decrypt(of, nonce, sealed, aad)).toEqual(Buffer.from(plaintext))
        expect(sealed).toEqual(before)
        expect([of, nonce, plaintext, aad].map((part) => Buffer.from(part))).toEqual(given)
      }),
    )
  })

  it('refuses any single bit changed in the key, the nonce, the AAD or what was sealed', () => {
    fc.assert(
      fc.property(sealing, fc.nat(), ({ key: of, nonce, plaintext, aad }, at) => {
        const sealed = encrypt(of, nonce, plaintext, aad)
        const parts = [of, nonce, sealed, aad] as const
        parts.forEach((part, i) => {
          if (part.length === 0) return
          const changed = Buffer.from(part)
          const bit = at % (part.length * 8)
          changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
          const [k = of, n = nonce, s = sealed, a = aad] = parts.map((same, j) => (i === j ? changed : same))
          if (k.every((byte) => byte === 0)) return
          expect(decrypt(k, n, s, a)).toBeUndefined()
        })
      }),
    )
  })
})

describe('AES-256-GCM decryption of a key', () => {
  it.each(gcmWycheproof.tests)('opens or refuses what Wycheproof says: $tcId $comment', (vector) => {
    const sealed = hex(vector.ciphertext + vector.tag)
    const plaintext = decryptKey(hex(vector.key), hex(vector.nonce), sealed, hex(vector.aad))
    expect(plaintext?.toString('hex')).toBe(vector.valid ? vector.plaintext : undefined)
  })

  it('gives it in memory that is nobody else’s', () => {
    fc.assert(
      fc.property(sealing, ({ key: of, nonce, plaintext, aad }) => {
        const opened = decryptKey(of, nonce, encrypt(of, nonce, plaintext, aad), aad)
        expect(opened).toEqual(Buffer.from(plaintext))
        expect(opened?.buffer.byteLength).toBe(plaintext.length)
      }),
    )
  })
})
