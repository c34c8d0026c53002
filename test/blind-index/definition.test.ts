import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineIndex, definitionBytes, type IndexPart } from '../../src/blind-index/index.js'
import type { NormaliserId } from '../../src/policy/normaliser-names.js'
import type { BlindIndexPolicy, LogicalType } from '../../src/policy/policy.js'

type Ingredients = Pick<BlindIndexPolicy, 'indexId' | 'scope' | 'bits'>
const index: Ingredients = { indexId: 'Client.ssnIndex', scope: 'tenant', bits: 128 }
const ssn: IndexPart = { field: 'ssn', fieldId: 'Client.ssn', type: 'String', normalisers: ['digits@1'] }
const birth: IndexPart = { field: 'birth', fieldId: 'Client.birth', type: 'DateTime', normalisers: [] }

function idOf(change: Partial<Ingredients> = {}, parts: readonly IndexPart[] = [ssn]): string {
  const policy: BlindIndexPolicy = { ...index, parts: [], exact: false, equivalence: false, primary: true, ...change }
  return defineIndex('Client', 'ssnIndex', policy, parts).definitionId
}

describe('the definition id', () => {
  it('is six characters 0-9a-v', () => {
    expect(idOf()).toMatch(/^[0-9a-v]{6}$/)
  })

  it('changes with each thing that tags depend on', () => {
    const ids = {
      'as it was': idOf(),
      'another identity of the index': idOf({ indexId: 'Client.otherIndex' }),
      'another scope': idOf({ scope: 'global' }),
      'another identity of the field': idOf({}, [{ ...ssn, fieldId: 'Client.taxId' }]),
      'another type of the field': idOf({}, [{ ...ssn, type: 'Decimal' }]),
      'no normaliser': idOf({}, [{ ...ssn, normalisers: [] }]),
      'another normaliser': idOf({}, [{ ...ssn, normalisers: ['alphanumeric@1'] }]),
      'a normaliser more': idOf({}, [{ ...ssn, normalisers: ['digits@1', 'trim@1'] }]),
      'the same two in another order': idOf({}, [{ ...ssn, normalisers: ['trim@1', 'digits@1'] }]),
      'a part more': idOf({}, [ssn, birth]),
      'the same two parts in another order': idOf({}, [birth, ssn]),
    }
    expect(new Set(Object.values(ids)).size).toBe(Object.keys(ids).length)
  })

  it('changes with the number of bits kept', () => {
    const shorter = { ...index, bits: 64 } as unknown as Ingredients
    expect(definitionBytes(index, [ssn])).not.toEqual(definitionBytes(shorter, [ssn]))
  })

  it('does not change with what tags do not depend on: names of columns and models, which index is primary', () => {
    const policy: BlindIndexPolicy = { ...index, parts: [], exact: true, equivalence: true, primary: false }
    expect(defineIndex('Kunde', 'nummerIndex', policy, [{ ...ssn, field: 'nummer' }]).definitionId).toBe(idOf())
  })
})

describe("a definition's bytes", () => {
  it('are different for different definitions, wherever the boundaries fall', () => {
    const text = fc.stringMatching(/^[ab.@1]{0,3}$/)
    const parts = fc.array(
      fc.record({
        field: fc.constant('x'),
        fieldId: text,
        type: fc.constantFrom<LogicalType>('String', 'Decimal'),
        normalisers: fc.array(text as fc.Arbitrary<NormaliserId>, { maxLength: 3 }),
      }),
      { maxLength: 3 },
    )
    const definitions = fc.record({
      index: fc.record({
        indexId: text,
        scope: fc.constantFrom('tenant' as const, 'global' as const),
        bits: fc.constant(128 as const),
      }),
      parts,
    })
    fc.assert(
      fc.property(definitions, definitions, (a, b) => {
        expect(definitionBytes(a.index, a.parts).equals(definitionBytes(b.index, b.parts))).toBe(
          JSON.stringify(a) === JSON.stringify(b),
        )
      }),
      { numRuns: 1000 },
    )
  })
})
