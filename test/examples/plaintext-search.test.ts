import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesNeedle, createSearch, textNeedle } from './plaintext-search.js'

const FORMS: { readonly [form: string]: (text: string) => Buffer } = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-16, low byte first': (text) => Buffer.from(text, 'utf16le'),
  'UTF-16, high byte first': (text) => Buffer.from(text, 'utf16le').swap16(),
  hex: (text) => Buffer.from(Buffer.from(text).toString('hex')),
  'hex in capitals': (text) => Buffer.from(Buffer.from(text).toString('hex').toUpperCase()),
  base64: (text) => Buffer.from(Buffer.from(text).toString('base64')),
  base64url: (text) => Buffer.from(Buffer.from(text).toString('base64url')),
}

describe('the search for plaintext', () => {
  it.each(Object.entries(FORMS))('finds a value anywhere in a longer text stored as %s', (_, store) => {
    const text = fc.string({ unit: 'grapheme' })
    const value = fc.string({ unit: 'grapheme', minLength: 8 }).filter((one) => Buffer.byteLength(one) >= 8)
    fc.assert(
      fc.property(text, value, text, (before, wanted, after) => {
        const search = createSearch([textNeedle('wanted', wanted)])
        expect(search(store(before + wanted + after))).toEqual(['wanted'])
      }),
    )
  })

  it('finds a key at every offset, as bytes and encoded', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + 5) % 256))
    const search = createSearch([bytesNeedle('key', key)])
    for (const offset of [0, 1, 2, 3]) {
      const bytes = Buffer.concat([Buffer.alloc(offset, 0xaa), key, Buffer.alloc(7)])
      for (const form of [bytes, Buffer.from(bytes.toString('base64')), Buffer.from(bytes.toString('hex'))]) {
        expect(search(form)).toEqual(['key'])
      }
    }
  })

  it('does not find what differs in one byte, or is cut off', () => {
    const search = createSearch([textNeedle('wanted', '900-12-3456')])
    expect(search(Buffer.from('900-12-3457 900-12-345'))).toEqual([])
  })
})
