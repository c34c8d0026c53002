import { describe, expect, it } from 'vitest'
import { codecId, decodeValue, encodeValue } from '../../src/codecs/index.js'
import { CodecMismatchError, FieldsealError } from '../../src/errors/index.js'
import type { LogicalType } from '../../src/policy/policy.js'
import { listOf, one, where } from './round-trip.js'

const samples: { readonly [type in LogicalType]: unknown } = {
  String: 'a',
  Bytes: Uint8Array.of(1),
  Int: 1,
  BigInt: 1n,
  Float: 1.5,
  Decimal: '1.5',
  Boolean: true,
  DateTime: new Date(0),
  Json: { a: 1 },
}
const types = Object.keys(samples) as LogicalType[]

describe('a value of one type', () => {
  it('never opens as another, except between Int and BigInt, which share their bytes', () => {
    for (const written of types) {
      for (const read of types) {
        const open = () => decodeValue(one(read), encodeValue(one(written), samples[written], where), where)
        if (codecId(one(written)) === codecId(one(read))) expect(open).not.toThrow()
        else expect(open, `${written} as ${read}`).toThrow(CodecMismatchError)
      }
    }
  })

  it('is told from a list of it, and lists of different elements from each other', () => {
    for (const written of types) {
      for (const read of types) {
        const list = encodeValue(listOf(written), [samples[written]], where)
        expect(() => decodeValue(one(read), list, where)).toThrow(CodecMismatchError)
        if (codecId(one(written)) !== codecId(one(read))) {
          expect(() => decodeValue(listOf(read), list, where), `${written}[] as ${read}[]`).toThrow(CodecMismatchError)
        }
      }
    }
  })

  it.each([[0x00], [0x0a], [0x40], [0xff]])('is not opened with the reserved codec id %d', (id) => {
    for (const type of types) {
      expect(() => decodeValue(one(type), Buffer.of(id, 1, 2, 3), where)).toThrow(CodecMismatchError)
    }
  })

  it('is not opened from no bytes at all', () => {
    expect(() => decodeValue(one('String'), Buffer.alloc(0), where)).toThrow(CodecMismatchError)
  })

  it('refuses null everywhere but in Json: the caller leaves SQL NULL alone', () => {
    for (const type of types.filter((name) => name !== 'Json')) {
      expect(() => encodeValue(one(type), null, where)).toThrow(FieldsealError)
      expect(() => encodeValue(one(type), undefined, where)).toThrow(FieldsealError)
    }
  })
})
