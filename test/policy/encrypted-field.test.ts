import { describe, expect, it } from 'vitest'
import type { LogicalType, SchemaField } from '../../src/policy/index.js'
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

const TYPES: readonly LogicalType[] = [
  'String',
  'Bytes',
  'Int',
  'BigInt',
  'Float',
  'Decimal',
  'Boolean',
  'DateTime',
  'Json',
]
const ssn = (rest: Partial<SchemaField> = {}, annotation = '@encrypted'): SchemaField =>
  column('ssn', 'String', annotation, rest)
const only = (problems: readonly string[]): string => {
  expect(problems).toHaveLength(1)
  return problems[0] ?? ''
}

describe('@encrypted', () => {
  it('takes the type of its column, strict mode and its own name as identity', () => {
    expect(scalar(compiled([ssn()]), 'ssn').encrypted).toEqual({
      fieldId: 'Client.ssn',
      column: 'String',
      type: 'String',
      list: false,
      mode: 'strict',
      maxBytes: null,
      default: null,
    })
  })

  it.each(['String', 'Json', 'Bytes'])('stands on a %s column, optional or not', (type) => {
    const policy = compiled([column('a', type, '@encrypted'), column('b', type, '@encrypted', OPTIONAL)])
    expect(scalar(policy, 'a').encrypted).toMatchObject({ column: type, type })
    expect(scalar(policy, 'b')).toMatchObject({ optional: true, encrypted: { column: type, type } })
  })

  it.each(TYPES)('holds %s, or a list of it, in a String column', (type) => {
    expect(scalar(compiled([ssn({}, `@encrypted(type: ${type})`)]), 'ssn').encrypted).toMatchObject({
      type,
      list: false,
    })
    expect(scalar(compiled([ssn({}, `@encrypted(type: [${type}])`)]), 'ssn').encrypted).toMatchObject({
      type,
      list: true,
    })
  })

  it.each(['Json', 'Bytes'])('holds nothing but %s in a %s column', (type) => {
    for (const other of [...TYPES.filter((candidate) => candidate !== type), `[${type}]`]) {
      const problems = problemsWith([column('a', type, `@encrypted(type: ${other})`)])
      expect(only(problems)).toContain(`a ${type} column holds only type ${type}, not ${other}`)
    }
    expect(problemsWith([column('a', type, `@encrypted(type: ${type})`)])).toEqual([])
  })

  it.each(['"Int"', '[]', '[Int, String]', '[[Int]]', 'int', 'Number', '3'])('refuses type: %s', (type) => {
    expect(problemsWith([ssn({}, `@encrypted(type: ${type})`)])).toHaveLength(1)
  })

  it('names the nearest type', () => {
    expect(only(problemsWith([ssn({}, '@encrypted(type: Datetime)')]))).toContain('the nearest is "type: DateTime"')
  })

  it.each(['Int', 'BigInt', 'Float', 'Decimal', 'Boolean', 'DateTime'])(
    'refuses a column of type %s, with the remedy',
    (type) => {
      expect(only(problemsWith([column('a', type, '@encrypted')]))).toContain(
        `Make it \`String\` and write @encrypted(type: ${type})`,
      )
    },
  )

  it('refuses an enum', () => {
    expect(only(problemsWith([column('a', 'Role', '@encrypted', { kind: 'enum' })]))).toContain(
      'enum Role. Make the column `String`',
    )
  })

  it('refuses a list column', () => {
    expect(only(problemsWith([ssn({ isList: true })]))).toContain('write @encrypted(type: [String])')
  })

  it('refuses a relation', () => {
    const problems = problemsOf(
      schemaOf([
        model('Client', [
          { ...relation('firm', 'Firm', ['firmId']), documentation: '@encrypted' },
          column('firmId', 'String'),
        ]),
        model('Firm', []),
      ]),
    )
    expect(only(problems)).toContain('Put @encrypted on the fields of the related model')
  })

  it('refuses an unsupported column', () => {
    expect(only(problemsWith([column('a', 'point', '@encrypted', { kind: 'unsupported' })]))).toContain(
      'Make the column `String`',
    )
  })

  it('refuses @id', () => {
    expect(only(problemsWith([ssn({ isId: true })]))).toContain('Use another field as id')
  })

  it('refuses @unique and points to a blind index', () => {
    expect(only(problemsWith([ssn({ isUnique: true })]))).toContain(
      'add @unique @blindIndex(ssn) on a `String?` column',
    )
  })

  it('refuses a member of @@id', () => {
    expect(only(problemsWith([ssn()], { primaryKey: { name: null, fields: ['id', 'ssn'] } }))).toContain('part of @@id')
  })

  it('refuses a member of @@unique', () => {
    expect(only(problemsWith([ssn()], { uniques: [{ name: null, fields: ['id', 'ssn'] }] }))).toContain(
      'part of @@unique',
    )
  })

  it('refuses a member of @@index', () => {
    expect(only(problemsWith([ssn()], { indexes: [{ type: 'normal', fields: ['ssn'] }] }))).toContain('part of @@index')
  })

  it('refuses a member of @@fulltext', () => {
    expect(only(problemsWith([ssn()], { indexes: [{ type: 'fulltext', fields: ['ssn'] }] }))).toContain(
      'part of @@fulltext',
    )
  })

  it('refuses a column that refers to another model', () => {
    const firm = model('Firm', [])
    const client = model('Client', [relation('firm', 'Firm', ['firmId']), column('firmId', 'String', '@encrypted')])
    expect(only(problemsOf(schemaOf([client, firm])))).toContain('Leave the reference in plaintext')
  })

  it('refuses @updatedAt', () => {
    expect(only(problemsWith([ssn({ isUpdatedAt: true })]))).toContain('Remove @updatedAt')
  })

  it.each(['uuid', 'cuid', 'now', 'dbgenerated'])('refuses @default(%s())', (name) => {
    const problems = problemsWith([ssn({ default: { kind: 'function', name, args: [] } })])
    expect(only(problems)).toContain(`@default(${name}()) in plaintext`)
  })

  it('refuses the tenant column of its own model', () => {
    expect(only(problemsWith([ssn()], { documentation: '@tenant(ssn)' }))).toContain(
      'says which tenant a row belongs to',
    )
  })

  it('refuses the tenant column of a related model', () => {
    const client = model('Client', [ssn()])
    const note = model('Note', [relation('client', 'Client', ['clientId']), column('clientId', 'String')], {
      documentation: '@tenant(client.ssn)',
    })
    expect(only(problemsOf(schemaOf([client, note])))).toMatch(/^Client\.ssn: .*tenant/)
  })

  it('refuses a column that is also a blind index', () => {
    const problems = problemsWith([
      column('a', 'String', '@encrypted'),
      column('b', 'String', '@encrypted @blindIndex(a)', OPTIONAL),
    ])
    expect(only(problems)).toContain('a `String?` column of their own')
  })

  it('refuses a field of a view', () => {
    expect(only(problemsWith([ssn()], { isView: true }))).toContain('Put @encrypted on the table it reads')
  })

  it('refuses to stand on a model', () => {
    expect(only(problemsWith([], { documentation: '@encrypted' }))).toContain('Put it above or behind the field')
  })

  it.each(['sqlserver', 'cockroachdb', 'mongodb'] as const)('refuses the provider %s, once', (provider) => {
    expect(only(problemsWith([ssn(), column('b', 'String', '@encrypted')], {}, provider))).toContain(
      `"${provider}" is not supported. Use one of sqlite, postgresql, mysql`,
    )
  })

  it('leaves schemas of other providers alone when they carry no annotation', () => {
    expect(problemsWith([column('a', 'String')], {}, 'mongodb')).toEqual([])
  })

  describe('mode', () => {
    it('takes strict', () => {
      expect(scalar(compiled([ssn({}, '@encrypted(mode: strict)')]), 'ssn').encrypted?.mode).toBe('strict')
    })

    it.each(['mixed', 'shadow', 'decrypting'])('refuses %s until the migration tools are there', (mode) => {
      expect(only(problemsWith([ssn({}, `@encrypted(mode: ${mode})`)]))).toContain('arrives with the migration tools')
    })

    it('names the nearest mode', () => {
      expect(only(problemsWith([ssn({}, '@encrypted(mode: stict)')]))).toContain('the nearest is "mode: strict"')
    })
  })

  describe('id', () => {
    it('replaces the name as identity', () => {
      expect(scalar(compiled([ssn({}, '@encrypted(id: "Person.ssn")')]), 'ssn').encrypted?.fieldId).toBe('Person.ssn')
    })

    it.each(['""', '"a b"', '"é"', '"a\\n"', `"${'x'.repeat(201)}"`, 'Person.ssn', '7'])('refuses %s', (id) => {
      expect(only(problemsWith([ssn({}, `@encrypted(id: ${id})`)]))).toContain('1 to 200 printable ASCII characters')
    })

    it('takes 200 characters', () => {
      expect(problemsWith([ssn({}, `@encrypted(id: "${'x'.repeat(200)}")`)])).toEqual([])
    })

    it('refuses the same id on two fields, across models', () => {
      const models = [model('A', [ssn({}, '@encrypted(id: "x")')]), model('B', [ssn({}, '@encrypted(id: "x")')])]
      expect(only(problemsOf(schemaOf(models)))).toContain('"x" is already that of A.ssn')
    })

    it("refuses another field's default id", () => {
      const problems = problemsWith([ssn(), column('b', 'String', '@encrypted(id: "Client.ssn")')])
      expect(only(problems)).toContain('"Client.ssn" is already that of Client.ssn')
    })
  })

  describe('@default', () => {
    const constant = (value: string | number | readonly string[]): Partial<SchemaField> => ({
      default: { kind: 'constant', value },
    })

    it.each([
      ['String', 'none'],
      ['Json', '{"a":1}'],
      ['Bytes', 'AAEC'],
    ])('of a %s column moves into the policy', (type, value) => {
      const field = scalar(compiled([column('a', type, '@encrypted', constant(value))]), 'a')
      expect(field).toMatchObject({ hasDefault: true, encrypted: { default: value } })
    })

    it('is refused when the value has another type than the column', () => {
      expect(only(problemsWith([ssn(constant('5'), '@encrypted(type: Int)')]))).toContain('type String, not Int')
      expect(only(problemsWith([ssn(constant('a'), '@encrypted(type: [String])')]))).toContain(
        'type String, not [String]',
      )
    })

    it('is refused when it is longer than maxBytes', () => {
      expect(only(problemsWith([ssn(constant('éé'), '@encrypted(maxBytes: 3)')]))).toContain(
        'has 4 bytes, more than maxBytes allows (3)',
      )
      expect(problemsWith([ssn(constant('éé'), '@encrypted(maxBytes: 4)')])).toEqual([])
    })
  })

  describe('native types', () => {
    const on = (provider: 'postgresql' | 'mysql', type: string, name: string, ...args: string[]) =>
      problemsWith([column('a', type, '@encrypted', native(name, ...args))], {}, provider)

    it.each([
      ['postgresql', 'String', 'Text'],
      ['postgresql', 'String', 'VarChar'],
      ['postgresql', 'Json', 'Json'],
      ['postgresql', 'Json', 'JsonB'],
      ['postgresql', 'Bytes', 'ByteA'],
      ['mysql', 'String', 'LongText'],
      ['mysql', 'Json', 'Json'],
      ['mysql', 'Bytes', 'LongBlob'],
    ] as const)('on %s, a %s may be @db.%s', (provider, type, name) => {
      expect(on(provider, type, name)).toEqual([])
    })

    it.each([
      ['postgresql', 'String', 'Char'],
      ['postgresql', 'String', 'Uuid'],
      ['postgresql', 'String', 'Inet'],
      ['postgresql', 'String', 'Citext'],
      ['postgresql', 'String', 'Xml'],
      ['postgresql', 'String', 'Bit'],
      ['postgresql', 'String', 'VarBit'],
      ['postgresql', 'String', 'Date'],
      ['postgresql', 'String', 'constructor'],
      ['postgresql', 'String', 'default'],
      ['mysql', 'String', 'Char'],
      ['mysql', 'Bytes', 'Binary'],
      ['mysql', 'Bytes', 'Bit'],
    ] as const)('on %s, a %s may not be @db.%s', (provider, type, name) => {
      expect(only(on(provider, type, name, '200'))).toMatch(
        new RegExp(`@db\\.${name} cannot hold a cell unchanged\\. Use one of @db\\.`),
      )
    })
  })
})
