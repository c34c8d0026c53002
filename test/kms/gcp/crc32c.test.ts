import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/kms/gcp/crc32c.js'

const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
  it.each([
    ['32 zeroes', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['00 to 1f', ascending, 0x46dd794e],
    ['1f to 00', ascending.toReversed(), 0x113fdb5c],
    ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s is as published', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })
})
