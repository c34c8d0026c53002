import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CellPlace, cellAad, deriveFieldKey } from '../../src/message/index.js'

/** Short texts over few characters, so that boundaries between parts shift into each other often. */
const text = fc.stringMatching(/^[ab]{0,2}$/)
const places: fc.Arbitrary<CellPlace> = fc.record({
  keyId: fc.constantFrom('k00000000001', 'k00000000002'),
  tenant: text,
  fieldId: text,
})
const same = (a: CellPlace, b: CellPlace): boolean =>
  a.keyId === b.keyId && a.tenant === b.tenant && a.fieldId === b.fieldId

const dataKey = new Uint8Array(32).fill(1)

describe('what binds a cell to its place', () => {
  it('is one AAD for each key, tenant and field, and no AAD for two', () => {
    fc.assert(
      fc.property(places, places, (a, b) => {
        expect(cellAad(a).equals(cellAad(b))).toBe(same(a, b))
      }),
      { numRuns: 1000 },
    )
  })

  it('cannot be moved from the tenant into the field by shifting a boundary', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (joined, first, second) => {
        const cut = (at: number): CellPlace => ({
          keyId: 'k00000000001',
          tenant: joined.slice(0, at),
          fieldId: joined.slice(at),
        })
        const [a, b] = [first % (joined.length + 1), second % (joined.length + 1)]
        expect(cellAad(cut(a)).equals(cellAad(cut(b)))).toBe(a === b)
        expect(deriveFieldKey(dataKey, cut(a)).equals(deriveFieldKey(dataKey, cut(b)))).toBe(a === b)
      }),
    )
  })

  it('is one key for each key, tenant and field', () => {
    fc.assert(
      fc.property(places, places, (a, b) => {
        expect(deriveFieldKey(dataKey, a).equals(deriveFieldKey(dataKey, b))).toBe(same(a, b))
      }),
    )
  })

  it('depends on the data key', () => {
    const place = { keyId: 'k00000000001', tenant: 'firm_1', fieldId: 'Client.ssn' }
    expect(deriveFieldKey(dataKey, place)).not.toEqual(deriveFieldKey(new Uint8Array(32).fill(2), place))
  })

  it('is never derived from an erased key', () => {
    const place = { keyId: 'k00000000001', tenant: 'firm_1', fieldId: 'Client.ssn' }
    expect(() => deriveFieldKey(new Uint8Array(32), place)).toThrow(RangeError)
  })
})
