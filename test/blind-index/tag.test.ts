import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defineIndex,
  deriveIndexKey,
  type IndexDefinition,
  TAG_LENGTH,
  tagMessage,
  tagOf,
  tagPrefix,
} from '../../src/blind-index/index.js'
import { InvalidValueError } from '../../src/errors/index.js'
import type { NormaliserId } from '../../src/policy/normaliser-names.js'
import type { LogicalType } from '../../src/policy/policy.js'

const where = { model: 'Client', field: 'ssnIndex' } as const
const root = new Uint8Array(32).fill(2)

interface Part {
  readonly type?: LogicalType
  readonly normalisers?: readonly NormaliserId[]
}

function define(parts: readonly Part[], scope: 'tenant' | 'global' = 'tenant', indexId = 'Client.index') {
  return defineIndex(
    'Client',
    'index',
    { indexId, scope, parts: [], exact: false, equivalence: false, primary: true, bits: 128 },
    parts.map(({ type = 'String', normalisers = [] }, i) => ({
      field: `f${i}`,
      fieldId: `Client.f${i}`,
      type,
      normalisers,
    })),
  )
}

function tag(index: IndexDefinition, values: readonly unknown[], tenant = 'firm_1', keyId = 'k00000000002'): string {
  return tagOf(deriveIndexKey(root, keyId, tenant, index), keyId, index, tagMessage(index, values, where))
}

const digits = define([{ normalisers: ['digits@1'] }])

describe('a tag', () => {
  it('names its key and definition, then 128 bits, in 45 characters that collations do not fold together', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const made = tag(digits, [text])
        expect(made).toMatch(/^[0-9a-z]{12}[0-9a-v]{6}\.[0-9a-v]{26}$/)
        expect(made).toHaveLength(TAG_LENGTH)
        expect(made.startsWith(tagPrefix('k00000000002', digits))).toBe(true)
      }),
    )
  })

  it('is equal for values the normalisers make equal, and different for others', () => {
    expect(tag(digits, ['123-45-6789'])).toBe(tag(digits, ['123 45 6789']))
    expect(tag(digits, ['123-45-6789'])).not.toBe(tag(digits, ['123-45-6788']))
  })

  it('of a value that normalising empties is of the value as given, and equals no normalised one', () => {
    expect(tagMessage(digits, ['n/a'], where)).not.toEqual(tagMessage(digits, ['none'], where))
    expect(tag(digits, ['n/a'])).not.toBe(tag(digits, ['']))
    expect(tag(digits, ['n/a'])).toBe(tag(digits, ['n/a']))
    expect([...tagMessage(digits, ['n/a'], where).subarray(-5)]).toEqual([0x01, 0x01, ...Buffer.from('n/a')])
    expect([...tagMessage(digits, [''], where).subarray(-2)]).toEqual([0x01, 0x00])
    expect([...tagMessage(digits, ['x1'], where).subarray(-3)]).toEqual([0x01, 0x00, 0x31])
  })

  it('differs between tenants, keys, roots and indexes', () => {
    const made = tag(digits, ['1'])
    expect(tag(digits, ['1'], 'firm_2').slice(19)).not.toBe(made.slice(19))
    expect(tag(digits, ['1'], 'firm_1', 'k00000000003').slice(19)).not.toBe(made.slice(19))
    const other = define([{ normalisers: ['digits@1'] }], 'tenant', 'Client.other')
    expect(tag(other, ['1']).slice(19)).not.toBe(made.slice(19))
    // "1" has the same message under both definitions: only the key tells their tags apart.
    const redefined = define([{ normalisers: ['digits@1', 'trim@1'] }])
    expect(tagMessage(redefined, ['1'], where)).toEqual(tagMessage(digits, ['1'], where))
    expect(tag(redefined, ['1']).slice(19)).not.toBe(made.slice(19))
    const elsewhere = deriveIndexKey(new Uint8Array(32).fill(3), 'k00000000002', 'firm_1', digits)
    expect(tagOf(elsewhere, 'k00000000002', digits, tagMessage(digits, ['1'], where))).not.toBe(made)
  })

  it('of a global index is the same for every tenant: it is keyed as the application is', () => {
    const global = define([{}], 'global')
    expect(tag(global, ['a'], 'firm_1')).toBe(tag(global, ['a'], 'firm_2'))
    expect(tag(global, ['a'], 'firm_1')).toBe(tag(global, ['a'], ''))
  })

  it('takes -0.0 for 0.0, dates for instants and decimals for numbers', () => {
    const float = define([{ type: 'Float' }])
    expect(tag(float, [-0])).toBe(tag(float, [0]))
    const date = define([{ type: 'DateTime' }])
    expect(tag(date, ['2024-01-01T01:00:00+01:00'])).toBe(tag(date, [new Date('2024-01-01T00:00:00Z')]))
    const decimal = define([{ type: 'Decimal' }])
    expect(tag(decimal, ['1.50'])).toBe(tag(decimal, [1.5]))
  })

  it('refuses a value that its field would refuse', () => {
    expect(() => tagMessage(digits, [7], where)).toThrow(InvalidValueError)
    expect(() => tagMessage(define([{}]), ['\ud800'], where)).toThrow(InvalidValueError)
  })

  it('is never made with an erased root', () => {
    expect(() => deriveIndexKey(new Uint8Array(32), 'k00000000002', 'firm_1', digits)).toThrow(RangeError)
  })
})

describe('a tag message', () => {
  it('is different for different values of a compound index, wherever the boundaries fall', () => {
    const pair = define([{}, {}])
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (joined, first, second) => {
        const cut = (at: number) => tagMessage(pair, [joined.slice(0, at), joined.slice(at)], where)
        const wellFormed = [first, second].map((n) => n % (joined.length + 1))
        const [a = 0, b = 0] = wellFormed
        if (!joined.slice(0, a).isWellFormed() || !joined.slice(0, b).isWellFormed()) return
        expect(cut(a).equals(cut(b))).toBe(a === b)
      }),
      { numRuns: 500 },
    )
  })

  it('is different when what stands in one value could stand across two', () => {
    const pair = define([{}, {}])
    // 01 00 is what each part of type String begins with.
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        const first = tagMessage(pair, [a, `${b}\u0001\u0000${c}`], where)
        const second = tagMessage(pair, [`${a}\u0001\u0000${b}`, c], where)
        expect(first).not.toEqual(second)
      }),
    )
  })

  it('is different for different tuples, of any length and type', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[01 ]{0,3}$/).map((text) => ['String', text] as const),
      fc.stringMatching(/^[1-9][01]{0,2}$/).map((text) => ['Decimal', text] as const),
      fc.boolean().map((truth) => ['Boolean', truth] as const),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => ['Bytes', bytes] as const),
      fc.integer({ min: -2, max: 2 }).map((n) => ['Int', n] as const),
    )
    const tuples = fc.array(value, { minLength: 1, maxLength: 3 })
    const messageOf = (tuple: readonly (readonly [LogicalType, unknown])[]) =>
      tagMessage(
        define(tuple.map(([type]) => ({ type }))),
        tuple.map(([, each]) => each),
        where,
      )
    fc.assert(
      fc.property(tuples, tuples, (a, b) => {
        expect(messageOf(a).equals(messageOf(b))).toBe(fc.stringify(a) === fc.stringify(b))
      }),
      { numRuns: 2000 },
    )
  })

  it('depends on the order of the values', () => {
    const pair = define([{}, {}])
    expect(tagMessage(pair, ['a', 'b'], where)).not.toEqual(tagMessage(pair, ['b', 'a'], where))
  })

  it('takes exactly one value for each part', () => {
    expect(() => tagMessage(define([{}, {}]), ['a'], where)).toThrow(RangeError)
    expect(() => tagMessage(define([{}]), ['a', 'b'], where)).toThrow(RangeError)
  })
})
