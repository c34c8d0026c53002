import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../src/policy/index.js'

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['encrypted', 'encrypted', 0],
    ['encrytped', 'encrypted', 1],
    ['encrypt', 'encrypted', 2],
    ['blind_index', 'blindindex', 1],
    ['ca', 'abc', 3],
    ['', 'tenant', 6],
  ])('says that %j is %j away from it by %i edits', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits)
  })

  it('is the same in both directions and never more than the longer word', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

describe('nearest', () => {
  it('finds the candidate with the fewest edits, whatever the case', () => {
    expect(nearest('NORMALISE', ['scope', 'normalize', 'id'])).toBe('normalize')
  })

  it('takes the first of equally near candidates', () => {
    expect(nearest('b', ['a', 'c'])).toBe('a')
  })

  it('finds nothing when every candidate is further than the limit', () => {
    expect(nearest('zod', ['encrypted', 'tenant'], 2)).toBeUndefined()
    expect(nearest('zod', [])).toBeUndefined()
  })
})
