import { describe, expect, it } from 'vitest'
import type { SchemaField } from '../../src/policy/index.js'
import {
  column,
  compiled,
  model,
  native,
  OPTIONAL,
  problemsOf,
  problemsWith,
  relation,
  scalar,
  schemaOf,
} from './schema-builder.js'

const SOURCES = [
  column('ssn', 'String', '@encrypted'),
  column('first', 'String', '@encrypted'),
  column('active', 'String', '@encrypted(type: Boolean)'),
  column('born', 'String', '@encrypted(type: DateTime)'),
  column('data', 'Json', '@encrypted'),
  column('tags', 'String', '@encrypted(type: [String])'),
  column('plain', 'String'),
]
const tags = (annotation: string, rest: Partial<SchemaField> = {}): SchemaField =>
  column('tags1', 'String', annotation, { ...OPTIONAL, ...rest })
const index = (annotation: string) => scalar(compiled([...SOURCES, tags(annotation)]), 'tags1').blindIndex
const problems = (annotation: string, rest: Partial<SchemaField> = {}) =>
  problemsWith([...SOURCES, tags(annotation, rest)])
const only = (found: readonly string[]): string => {
  expect(found).toHaveLength(1)
  return found[0] ?? ''
}

describe('@blindIndex', () => {
  it('is exact, per tenant and primary by default', () => {
    expect(index('@blindIndex(ssn)')).toEqual({
      indexId: 'Client.tags1',
      scope: 'tenant',
      parts: [{ field: 'ssn', normalisers: [] }],
      exact: true,
      equivalence: false,
      primary: true,
      bits: 128,
    })
  })

  it('writes down the version that a normaliser name means', () => {
    expect(index('@blindIndex(ssn, normalize: [trim, digits])')).toMatchObject({
      exact: false,
      parts: [{ field: 'ssn', normalisers: ['trim@1', 'digits@1'] }],
    })
  })

  it('is exact with an empty list of normalisers', () => {
    expect(index('@blindIndex(ssn, normalize: [])')?.exact).toBe(true)
  })

  it.each(['tenant', 'global'] as const)('takes scope: %s', (scope) => {
    expect(index(`@blindIndex(ssn, scope: ${scope})`)?.scope).toBe(scope)
  })

  it('names the nearest scope', () => {
    expect(only(problems('@blindIndex(ssn, scope: globl)'))).toContain('the nearest is "scope: global"')
  })

  it('takes an id, unique among indexes but free to equal a field id', () => {
    expect(index('@blindIndex(ssn, id: "Client.ssn")')?.indexId).toBe('Client.ssn')
    const twice = [
      ...SOURCES,
      tags('@blindIndex(ssn, id: "x")'),
      column('b', 'String', '@blindIndex(first, id: "x")', OPTIONAL),
    ]
    expect(only(problemsWith(twice))).toContain('"x" is already that of Client.tags1')
  })

  it("refuses another index's default id", () => {
    const twice = [
      ...SOURCES,
      tags('@blindIndex(ssn)'),
      column('b', 'String', '@blindIndex(first, id: "Client.tags1")', OPTIONAL),
    ]
    expect(only(problemsWith(twice))).toContain('already that of Client.tags1')
  })

  it('may be @unique, in @@unique and in @@index', () => {
    const fields = [...SOURCES, tags('@blindIndex(ssn)', { isUnique: true })]
    const groups = {
      uniques: [{ name: null, fields: ['id', 'tags1'] }],
      indexes: [{ type: 'normal' as const, fields: ['tags1'] }],
    }
    expect(problemsWith(fields, groups)).toEqual([])
  })

  describe('on its column', () => {
    it('needs it to be optional', () => {
      expect(only(problems('@blindIndex(ssn)', { isRequired: true }))).toContain('Make the column optional: `String?`')
    })

    it.each(['Int', 'Bytes', 'Json'])('refuses the type %s', (type) => {
      expect(only(problems('@blindIndex(ssn)', { type }))).toContain(`this is ${type}. Make the column \`String?\``)
    })

    it('refuses a list', () => {
      expect(only(problems('@blindIndex(ssn)', { isList: true }))).toContain('this is String[]')
    })

    it('refuses @default', () => {
      expect(only(problems('@blindIndex(ssn)', { default: { kind: 'constant', value: 'x' } }))).toContain('Remove it')
    })

    it('refuses @id', () => {
      expect(only(problems('@blindIndex(ssn)', { isId: true, isRequired: true }))).toContain('Use another field as id')
    })

    it('refuses a member of @@id', () => {
      const key = { primaryKey: { name: null, fields: ['id', 'tags1'] } }
      expect(only(problemsWith([...SOURCES, tags('@blindIndex(ssn)')], key))).toContain('part of @@id')
    })

    it('refuses @updatedAt', () => {
      expect(only(problems('@blindIndex(ssn)', { isUpdatedAt: true }))).toContain('Remove @updatedAt')
    })

    it('refuses a column that refers to another model', () => {
      const client = model('Client', [
        ...SOURCES,
        tags('@blindIndex(ssn)'),
        relation('firm', 'Firm', ['tags1'], OPTIONAL),
      ])
      expect(only(problemsOf(schemaOf([client, model('Firm', [])])))).toContain('refers to another model')
    })

    it('refuses a tenant column', () => {
      const found = problemsWith([...SOURCES, tags('@blindIndex(ssn)', { isRequired: true })], {
        documentation: '@tenant(tags1)',
      })
      expect(found.join('\n')).toContain('says which tenant a row belongs to')
    })

    it('refuses a view', () => {
      const found = problemsWith([column('ssn', 'String'), tags('@blindIndex(ssn)')], { isView: true })
      expect(found.join('\n')).toContain('Put @blindIndex on the table it reads')
    })

    it('needs 45 characters', () => {
      const on = (width: string) =>
        problemsWith(
          [column('ssn', 'String', '@encrypted'), tags('@blindIndex(ssn)', native('VarChar', width))],
          {},
          'postgresql',
        )
      expect(on('45')).toEqual([])
      expect(only(on('44'))).toContain('holds 44 characters, and a tag has 45')
    })

    it.each(['Char', 'Uuid', 'Citext'])('refuses @db.%s', (name) => {
      const found = problemsWith(
        [column('ssn', 'String', '@encrypted'), tags('@blindIndex(ssn)', native(name, '45'))],
        {},
        'postgresql',
      )
      expect(only(found)).toContain(`@db.${name} does not hold text unchanged`)
    })

    it('refuses to stand on a model', () => {
      expect(only(problemsWith(SOURCES, { documentation: '@blindIndex(ssn)' }))).toContain('stands on a model')
    })
  })

  describe('of its source', () => {
    it('needs a field of the same model, and names the nearest', () => {
      expect(only(problems('@blindIndex(snn)'))).toContain('Client has no field "snn"; the nearest is "ssn"')
    })

    it('needs an encrypted field', () => {
      expect(only(problems('@blindIndex(plain)'))).toContain('Annotate it with @encrypted, or use @@index')
    })

    it.each(['data', 'tags'])('refuses %s, which has no single form to compare', (source) => {
      expect(only(problems(`@blindIndex(${source})`))).toContain('no single form to compare')
      expect(only(problems(`@blindIndex([ssn, ${source}])`))).toContain('no single form to compare')
    })

    it('refuses a Boolean alone but takes it in a compound', () => {
      expect(only(problems('@blindIndex(active)'))).toContain('Index it only together with others: [active, other]')
      expect(index('@blindIndex([active, ssn])')?.parts).toHaveLength(2)
    })

    it.each(['client.ssn', '"ssn"', '3', '[]', '[ssn, 3]', '[[ssn], first]'])('refuses @blindIndex(%s)', (source) => {
      expect(only(problems(`@blindIndex(${source})`))).toContain(
        'takes one field of this model, or several in brackets',
      )
    })

    it('refuses brackets around one field', () => {
      expect(only(problems('@blindIndex([ssn])'))).toContain('Write @blindIndex(ssn)')
    })

    it('refuses the same field twice', () => {
      expect(only(problems('@blindIndex([ssn, ssn])'))).toContain('names the field "ssn" twice')
    })

    it("does not repeat what is wrong with the source's own annotation", () => {
      const found = problemsWith([column('n', 'String', '@encrypted(type: Nit)'), tags('@blindIndex(n)')])
      expect(only(found)).toContain('"type: Nit"')
    })
  })

  describe('normalize', () => {
    it('names the nearest normaliser', () => {
      expect(only(problems('@blindIndex(ssn, normalize: [digit])'))).toContain(
        'no normaliser "digit"; the nearest is "digits"',
      )
    })

    it.each(['constructor', '"digits"', '3'])('refuses %s, which is no normaliser', (name) => {
      expect(only(problems(`@blindIndex(ssn, normalize: [${name}])`))).toContain('there is no normaliser')
    })

    it.each(['digits', '[[digits]]'])('refuses normalize: %s, which is no list of names', (list) => {
      expect(only(problems(`@blindIndex(ssn, normalize: ${list})`))).toContain('is a list of names')
    })

    it('is for text only', () => {
      expect(only(problems('@blindIndex(born, normalize: [digits])'))).toContain('Client.born is of type DateTime')
      expect(index('@blindIndex(born)')?.exact).toBe(true)
    })

    it('of a compound is one list a field', () => {
      expect(index('@blindIndex([ssn, born], normalize: [[digits], []])')).toMatchObject({
        exact: false,
        parts: [
          { field: 'ssn', normalisers: ['digits@1'] },
          { field: 'born', normalisers: [] },
        ],
      })
    })

    it.each(['[digits]', '[[digits]]', '[[digits], [], []]', '[digits, []]', 'digits'])(
      'of a compound refuses %s',
      (list) => {
        expect(only(problems(`@blindIndex([ssn, first], normalize: ${list})`))).toContain('is a list of 2 lists')
      },
    )

    it('of a compound refuses normalisers of a part that is not text', () => {
      expect(only(problems('@blindIndex([ssn, born], normalize: [[], [digits]])'))).toContain('Give it an empty list')
    })
  })

  describe('equivalence', () => {
    it('is kept for a normalising index', () => {
      expect(index('@blindIndex(ssn, normalize: [digits], equivalence: true)')?.equivalence).toBe(true)
    })

    it('is refused for an exact one', () => {
      expect(only(problems('@blindIndex(ssn, equivalence: true)'))).toContain('nothing is normalised')
    })

    it.each(['yes', '1', '"true"'])('refuses %s', (value) => {
      expect(only(problems(`@blindIndex(ssn, normalize: [digits], equivalence: ${value})`))).toContain(
        'Possible: true, false',
      )
    })
  })

  describe('primary', () => {
    const two = (first: string, second: string) => [
      ...SOURCES,
      column('a', 'String', `@blindIndex(ssn${first})`, OPTIONAL),
      column('b', 'String', `@blindIndex(ssn, normalize: [digits]${second})`, OPTIONAL),
    ]

    it('is the one of several indexes that says so', () => {
      const policy = compiled(two('', ', primary: true'))
      expect(scalar(policy, 'a').blindIndex?.primary).toBe(false)
      expect(scalar(policy, 'b').blindIndex?.primary).toBe(true)
    })

    it('is required when a field has several indexes', () => {
      expect(only(problemsWith(two('', '')))).toContain('"ssn" has several blind indexes (a, b), of which none')
    })

    it('is refused twice', () => {
      expect(only(problemsWith(two(', primary: true', ', primary: true')))).toContain('of which a, b should answer')
    })

    it('cannot be denied to the only index', () => {
      expect(only(problems('@blindIndex(ssn, primary: false)'))).toContain('Remove "primary: false"')
    })

    it('is not for compound indexes, which do not compete', () => {
      expect(only(problems('@blindIndex([ssn, first], primary: true)'))).toContain('this one is over several')
      const policy = compiled([
        ...SOURCES,
        tags('@blindIndex(ssn)'),
        column('b', 'String', '@blindIndex([ssn, first])', OPTIONAL),
      ])
      expect(scalar(policy, 'tags1').blindIndex?.primary).toBe(true)
      expect(scalar(policy, 'b').blindIndex?.primary).toBe(false)
    })
  })
})
