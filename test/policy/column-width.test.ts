import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binaryCellLength, textCellLength } from '../../src/message/size.js'
import { largestPayload } from '../../src/policy/column-width.js'
import type { DatabaseProvider, SchemaField } from '../../src/policy/index.js'
import { column, compiled, native, problemsWith, scalar } from './schema-builder.js'

const problems = (provider: DatabaseProvider, type: string, args: string, rest: Partial<SchemaField> = {}) =>
  problemsWith([column('a', type, `@encrypted(${args})`, rest)], {}, provider)
const maxBytes = (provider: DatabaseProvider, type: string, args: string, rest: Partial<SchemaField> = {}) =>
  scalar(compiled([column('a', type, `@encrypted(${args})`, rest)], {}, provider), 'a').encrypted?.maxBytes

describe('the width of a column', () => {
  it.each([
    ['sqlite', 'String', {}],
    ['sqlite', 'Bytes', {}],
    ['sqlite', 'Json', {}],
    ['postgresql', 'String', {}],
    ['postgresql', 'Bytes', {}],
    ['postgresql', 'Json', {}],
    ['postgresql', 'String', native('VarChar')],
    ['mysql', 'Json', {}],
    ['mysql', 'Bytes', {}],
    ['mysql', 'String', native('LongText')],
    ['mysql', 'Bytes', native('LongBlob')],
  ] as const)('on %s, a %s column without limit needs no maxBytes, and may have one', (provider, type, rest) => {
    expect(maxBytes(provider, type, '', rest)).toBeNull()
    expect(maxBytes(provider, type, 'maxBytes: 10', rest)).toBe(10)
  })

  it.each([
    ['mysql', 'String', {}, 99],
    ['mysql', 'String', native('VarChar', '191'), 99],
    ['mysql', 'String', native('TinyText'), 147],
    ['mysql', 'String', native('Text'), 49_107],
    ['mysql', 'String', native('MediumText'), 12_582_867],
    ['mysql', 'Bytes', native('TinyBlob'), 210],
    ['mysql', 'Bytes', native('Blob'), 65_490],
    ['mysql', 'Bytes', native('MediumBlob'), 16_777_170],
    ['mysql', 'Bytes', native('VarBinary', '100'), 55],
    ['postgresql', 'String', native('VarChar', '100'), 31],
  ] as const)(
    'on %s, a limited %s column (%o) takes maxBytes up to the largest cell that fits',
    (provider, type, rest, largest) => {
      expect(problems(provider, type, '', rest)[0]).toContain(`Write maxBytes: ${largest} (the largest that fits)`)
      expect(maxBytes(provider, type, `maxBytes: ${largest}`, rest)).toBe(largest)
      const length = type === 'Bytes' ? binaryCellLength(largest + 1) : textCellLength(largest + 1)
      const [tooLong] = problems(provider, type, `maxBytes: ${largest + 1}`, rest)
      expect(tooLong).toContain(
        `enough for ${largest} bytes of plaintext at most; ${largest + 1} bytes need ${length} `,
      )
    },
  )

  it.each(['Int', 'BigInt', 'Float', 'DateTime'])('needs no maxBytes for a %s, which must fit all the same', (type) => {
    expect(maxBytes('postgresql', 'String', `type: ${type}`, native('VarChar', '70'))).toBeNull()
    expect(problems('postgresql', 'String', `type: ${type}`, native('VarChar', '69'))[0]).toContain(
      '8 bytes need 70 characters',
    )
  })

  it('needs no maxBytes for a Boolean, which must fit all the same', () => {
    expect(maxBytes('postgresql', 'String', 'type: Boolean', native('VarChar', '60'))).toBeNull()
    expect(problems('postgresql', 'String', 'type: Boolean', native('VarChar', '59'))[0]).toContain(
      'need 60 characters',
    )
  })

  it.each(['Decimal', 'Json', 'Bytes', 'String', '[Int]', '[Boolean]'])(
    'needs maxBytes for %s, whose length varies',
    (type) => {
      expect(problems('mysql', 'String', `type: ${type}`)[0]).toContain('maxBytes: 99')
      expect(problems('mysql', 'String', `type: ${type}, maxBytes: 99`)).toEqual([])
    },
  )

  it('refuses a maxBytes that would have no effect', () => {
    expect(problems('sqlite', 'String', 'type: Int, maxBytes: 8')[0]).toContain('"maxBytes" would have no effect')
  })

  it('says so when no cell fits at all', () => {
    expect(problems('postgresql', 'String', '', native('VarChar', '40'))[0]).toContain(
      'too few for any cell. Widen it to at least 60',
    )
    expect(problems('postgresql', 'String', 'maxBytes: 1', native('VarChar', '40'))[0]).toContain(
      'too few for any cell',
    )
  })

  it.each(['0', '-1', '1.5', '67108865', '"9"', 'many', '[1]'])('refuses maxBytes: %s', (value) => {
    expect(problems('sqlite', 'String', `maxBytes: ${value}`)[0]).toContain('Write a whole number from 1 to 67108864')
  })

  it.each(['1', '67108864'])('takes maxBytes: %s', (value) => {
    expect(maxBytes('sqlite', 'String', `maxBytes: ${value}`)).toBe(Number(value))
  })

  it('finds the largest payload exactly: it fits, and one byte more does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 20_000_000 }), (limit) => {
        const inText = largestPayload('String', limit)
        expect(textCellLength(inText)).toBeLessThanOrEqual(limit)
        expect(textCellLength(inText + 1)).toBeGreaterThan(limit)
        expect(binaryCellLength(largestPayload('Bytes', limit))).toBe(limit)
      }),
    )
  })
})
