import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

describe('the Bytes codec', () => {
  it('gives back any bytes, the empty ones too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(roundTrip(one('Bytes'), bytes)).toEqual(bytes)
      }),
    )
    expect(roundTrip(one('Bytes'), new Uint8Array(0))).toEqual(new Uint8Array(0))
  })

  it('keeps 4 MiB', () => {
    const bytes = new Uint8Array(2 ** 22).map((_, i) => i * 31)
    expect(Buffer.compare(roundTrip(one('Bytes'), bytes) as Uint8Array, bytes)).toBe(0)
  })

  it('takes a Buffer and a view into other memory, and gives back a plain Uint8Array of its own', () => {
    const memory = Uint8Array.of(9, 1, 2, 3, 9)
    const opened = roundTrip(one('Bytes'), memory.subarray(1, 4)) as Uint8Array
    expect(Object.getPrototypeOf(opened)).toBe(Uint8Array.prototype)
    expect(opened).toEqual(Uint8Array.of(1, 2, 3))
    expect(opened.buffer.byteLength).toBe(3)
    expect(roundTrip(one('Bytes'), Buffer.from('abc'))).toEqual(Uint8Array.of(97, 98, 99))
  })

  it('does not keep the memory it was given: a later change of it changes nothing', () => {
    const given = Uint8Array.of(1, 2)
    const encoded = encodeValue(one('Bytes'), given, where)
    given.fill(0)
    expect([...encoded]).toEqual([0x02, 1, 2])
  })

  it.each([['text'], [[1, 2]], [new ArrayBuffer(2)], [new Uint16Array(2)], [new DataView(new ArrayBuffer(2))]])(
    'refuses %s, which is no Uint8Array',
    (value) => {
      expect(() => encodeValue(one('Bytes'), value, where)).toThrow(InvalidValueError)
    },
  )
})
