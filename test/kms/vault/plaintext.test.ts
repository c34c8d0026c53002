import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asterisksFor, cutPlaintext, putPlaintext } from '../../../src/kms/vault/plaintext.js'

const key = fc.uint8Array({ minLength: 1, maxLength: 70 })

describe('a data key in the JSON of a reply', () => {
  it('is taken out as bytes, and asterisks are left', () => {
    fc.assert(
      fc.property(key, fc.constantFrom(0, 2, '\t'), fc.jsonValue(), (bytes, space, other) => {
        const plaintext = Buffer.from(bytes).toString('base64')
        const json = Buffer.from(
          JSON.stringify({ data: { ciphertext: 'vault:v1:x', plaintext, other } }, undefined, space),
        )
        const cut = cutPlaintext(json)
        expect(cut?.key).toEqual(Buffer.from(bytes))
        expect(JSON.parse(json.toString()).data).toEqual({ ciphertext: 'vault:v1:x', plaintext: cut?.asterisks, other })
        expect(cut?.asterisks).toBe('*'.repeat(plaintext.length))
      }),
    )
  })

  it.each([
    ['no such member', '{"data":{"ciphertext":"x"}}'],
    ['a text that holds one', '{"errors":["\\"plaintext\\":\\"AAAA\\""]}'],
    ['another kind of value', '{"plaintext":null}'],
    ['an empty text', '{"plaintext":""}'],
    ['characters that base64 has not', '{"plaintext":"AA-_"}'],
    ['padding within', '{"plaintext":"A=AA"}'],
    ['a length that base64 has not', '{"plaintext":"AAAAA"}'],
    ['an end in the middle', '{"plaintext":"AAAA'],
    ['nothing behind the name', '{"plaintext"'],
  ])('is not seen in %s, which stays as it is', (_, text) => {
    const json = Buffer.from(text)
    expect(cutPlaintext(json)).toBeUndefined()
    expect(json.toString()).toBe(text)
  })
})

describe('a data key in the JSON of a request', () => {
  it('is written over its asterisks', () => {
    fc.assert(
      fc.property(key, (bytes) => {
        const json = Buffer.from(JSON.stringify({ plaintext: asterisksFor(bytes.length), context: 'abc=' }))
        putPlaintext(json, bytes)
        expect(JSON.parse(json.toString())).toEqual({
          plaintext: Buffer.from(bytes).toString('base64'),
          context: 'abc=',
        })
      }),
    )
  })
})
