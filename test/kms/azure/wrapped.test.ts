import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseWrapped, serialiseWrapped, signedBytes, type Wrapped } from '../../../src/kms/azure/wrapped.js'
import { encryptionContextBytes } from '../../../src/kms/context-bytes.js'

const hex = (length: number, from: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (from + i) % 256))
const version = '000102030405060708090a0b0c0d0e0f'
const signerVersion = 'f0e0d0c0b0a090807060504030201000'
const signer = 'azure-kv://app.vault.azure.net/keys/signer'

/** What is stored must stay readable: these bytes never change. */
const BY_AES = {
  wrapped: { scheme: 'A256GCM', version, iv: hex(12, 1), ciphertext: hex(32, 64), tag: hex(16, 200) },
  bytes: [
    '0101',
    `00000020${Buffer.from(version).toString('hex')}`,
    '0000000c0102030405060708090a0b0c',
    '00000020404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f',
    '00000010c8c9cacbcccdcecfd0d1d2d3d4d5d6d7',
  ].join(''),
} as const
const BY_RSA = {
  wrapped: {
    scheme: 'RSA-OAEP-256',
    version,
    ciphertext: hex(256, 0),
    signer,
    signerVersion,
    signature: hex(64, 100),
  },
  bytes: [
    '0102',
    `00000020${Buffer.from(version).toString('hex')}`,
    `00000100${hex(256, 0).toString('hex')}`,
    `0000002a${Buffer.from(signer).toString('hex')}`,
    `00000020${Buffer.from(signerVersion).toString('hex')}`,
    `00000040${hex(64, 100).toString('hex')}`,
  ].join(''),
} as const

describe('the stored form of a data key that Azure wrapped', () => {
  it.each([
    ['by a symmetric key', BY_AES],
    ['by an RSA key', BY_RSA],
  ])('%s is as docs/kms/azure.md has it', (_, { wrapped, bytes }) => {
    expect(Buffer.from(serialiseWrapped(wrapped)).toString('hex')).toBe(bytes)
    expect(parseWrapped(Buffer.from(bytes, 'hex'))).toEqual(wrapped)
  })

  it('is read from what was written, and from nothing shorter or longer', () => {
    const buffer = (minLength: number, maxLength = minLength) =>
      fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes))
    const id = fc.stringMatching(/^[0-9a-f]{32}$/)
    const wrapped: fc.Arbitrary<Wrapped> = fc.oneof(
      fc.record({
        scheme: fc.constant('A256GCM' as const),
        version: id,
        iv: buffer(12),
        ciphertext: buffer(32),
        tag: buffer(16),
      }),
      fc.record({
        scheme: fc.constant('RSA-OAEP-256' as const),
        version: id,
        ciphertext: fc.oneof(buffer(256), buffer(384), buffer(512)),
        signer: fc.stringMatching(/^azure-kv:\/\/[a-z]{1,9}\/keys\/[a-z]{1,9}$/),
        signerVersion: id,
        signature: buffer(64),
      }),
    )
    fc.assert(
      fc.property(wrapped, fc.nat(), (value, cut) => {
        const bytes = serialiseWrapped(value)
        expect(parseWrapped(bytes)).toEqual(value)
        expect(parseWrapped(bytes.subarray(0, cut % bytes.length))).toBeUndefined()
        expect(parseWrapped(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
      }),
    )
  })

  it.each([
    ['another version of the form', { at: 0, to: 2 }],
    ['no scheme', { at: 1, to: 0 }],
    ['another scheme', { at: 1, to: 3 }],
    ['the other scheme', { at: 1, to: 2 }],
    ['a length beyond its end', { at: 2, to: 0x7f }],
    ['a version in capitals', { at: 6 + 10, to: 'A'.charCodeAt(0) }],
  ])('is refused with %s', (_, { at, to }) => {
    const bytes = Buffer.from(BY_AES.bytes, 'hex')
    bytes[at] = to
    expect(parseWrapped(bytes)).toBeUndefined()
  })
})

/** Computed apart from this code, from the description in docs/kms/azure.md. */
const SIGNED_DIGEST = '68a9f83f222dcabf9a3a42de7647f8f23b68695586b4cdc4d097281a32a94d44'

describe('what is signed for a data key that an RSA key wrapped', () => {
  const parts = {
    ...BY_RSA.wrapped,
    kekUri: 'azure-kv://app.vault.azure.net/keys/app',
    context: encryptionContextBytes({
      app: 'fieldseal',
      tenant: 'firm_1',
      purpose: 'data',
      keyId: 'k00000000001',
      v: '1',
    }),
    dataKey: Buffer.from(Array.from({ length: 32 }, (_, i) => (11 + 37 * i) % 256)),
  }

  it('is as docs/kms/azure.md has it', () => {
    const message = signedBytes(parts)
    const field = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)])
    expect(message.subarray(0, 21)).toEqual(field('fieldseal/1/azure'))
    expect(createHash('sha256').update(message).digest('hex')).toBe(SIGNED_DIGEST)
  })

  it('is another for every part that is another', () => {
    const others = [
      { ...parts, kekUri: `${parts.kekUri}2` },
      { ...parts, version: signerVersion },
      { ...parts, signer: `${signer}2` },
      { ...parts, signerVersion: version },
      { ...parts, ciphertext: hex(256, 1) },
      { ...parts, dataKey: hex(32, 8) },
      { ...parts, context: hex(40, 1) },
      // What moves from one part into the next.
      { ...parts, kekUri: `${parts.kekUri}0`, version: version.slice(1) },
    ]
    const all = [parts, ...others].map((each) => signedBytes(each).toString('hex'))
    expect(new Set(all).size).toBe(all.length)
  })

  it('does not hold the data key', () => {
    expect(signedBytes(parts).includes(parts.dataKey.subarray(0, 8))).toBe(false)
  })
})
