import { describe, expect, it } from 'vitest'
import { PolicyError } from '../../src/errors/index.js'
import { compilePolicy } from '../../src/policy/index.js'
import { column, compiled, model, OPTIONAL, relation, scalar, schemaOf } from './schema-builder.js'

describe('compilePolicy', () => {
  it('writes down version, digest and provider', () => {
    expect(compilePolicy(schemaOf([], 'postgresql'), 'abc')).toEqual({
      version: 1,
      digest: 'abc',
      provider: 'postgresql',
      models: {},
    })
  })

  it('carries every model and field, annotated or not, in the order of the schema', () => {
    const policy = compilePolicy(
      schemaOf([
        model('Note', [relation('client', 'Client', ['clientId']), column('clientId', 'String')]),
        model('Client', [
          column('b', 'String'),
          column('a', 'String', '@encrypted'),
          relation('notes', 'Note', [], { isList: true }),
        ]),
      ]),
      'digest',
    )
    expect(Object.keys(policy.models)).toEqual(['Note', 'Client'])
    expect(Object.keys(policy.models.Client?.fields ?? {})).toEqual(['id', 'b', 'a', 'notes'])
  })

  it('is plain data that survives JSON', () => {
    const policy = compilePolicy(schemaOf([model('Client', [column('a', 'String', '@encrypted')])]), 'digest')
    expect(JSON.parse(JSON.stringify(policy))).toEqual(policy)
  })

  it('describes a column', () => {
    const policy = compiled([column('role', 'Role', null, { kind: 'enum', dbName: 'r', isUnique: true, ...OPTIONAL })])
    expect(policy.fields.role).toEqual({
      kind: 'scalar',
      name: 'role',
      dbName: 'r',
      type: 'Role',
      list: false,
      optional: true,
      unique: true,
      hasDefault: false,
    })
  })

  it.each([
    [{ default: { kind: 'constant', value: 1 } }],
    [{ default: { kind: 'function', name: 'now', args: [] } }],
    [{ isUpdatedAt: true }],
  ] as const)('knows that a create may leave a field out: %j', (rest) => {
    expect(scalar(compiled([column('a', 'Int', null, rest)]), 'a').hasDefault).toBe(true)
  })

  it('knows that the database numbers a column', () => {
    const numbered = { default: { kind: 'function', name: 'autoincrement', args: [] } } as const
    expect(scalar(compiled([column('a', 'Int', null, numbered)]), 'a')).toMatchObject({ autoincrement: true })
    const made = { default: { kind: 'function', name: 'dbgenerated', args: ['next()'] } } as const
    expect(scalar(compiled([column('a', 'Int', null, made)]), 'a')).not.toHaveProperty('autoincrement')
  })

  it('describes both sides of a relation', () => {
    const policy = compiled([relation('firm', 'Firm', ['firmId']), relation('notes', 'Note', [], { isList: true })])
    expect(policy.fields.firm).toEqual({
      kind: 'relation',
      name: 'firm',
      model: 'Firm',
      relationName: 'ToFirm',
      list: false,
      optional: false,
      fromFields: ['firmId'],
      toFields: ['id'],
    })
    expect(policy.fields.notes).toMatchObject({ list: true, fromFields: [], toFields: [] })
  })

  it('leaves out what Prisma does not read and composite types', () => {
    const policy = compiled([
      column('p', 'point', null, { kind: 'unsupported' }),
      column('c', 'Address', null, { kind: 'object' }),
    ])
    expect(Object.keys(policy.fields)).toEqual(['id'])
  })

  it('takes the table name from @@map, else the model', () => {
    expect(compiled([], { dbName: 'clients' }).dbName).toBe('clients')
    expect(compiled([]).dbName).toBe('Client')
  })

  it('names keys as WhereUnique does', () => {
    const policy = compiled([column('a', 'Int'), column('b', 'Int')], {
      primaryKey: { name: null, fields: ['a', 'b'] },
      uniques: [
        { name: 'pair', fields: ['a', 'b'] },
        { name: null, fields: ['b', 'a'] },
      ],
    })
    expect(policy.primaryKey).toEqual({ name: 'a_b', fields: ['a', 'b'] })
    expect(policy.uniques).toEqual([
      { name: 'pair', fields: ['a', 'b'] },
      { name: 'b_a', fields: ['b', 'a'] },
    ])
    expect(compiled([]).primaryKey).toEqual({ name: 'id', fields: ['id'] })
    expect(compiled([], { fields: [] }).primaryKey).toEqual({ name: '', fields: [] })
  })

  it('lists all problems of all models at once, each with its place', () => {
    const position = (line: number) => ({ position: { file: 'schema.prisma', line } })
    const schema = schemaOf([
      model('A', [column('x', 'Int', '@encrypted', position(3)), column('y', 'String', '@encrytped')], position(1)),
      model('B', [column('z', 'String', '@encrypted(mode: mixed)')], { documentation: '@tenant(nowhere)' }),
    ])
    let error: unknown
    try {
      compilePolicy(schema, 'digest')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(PolicyError)
    expect(error).toMatchObject({
      code: 'INVALID_POLICY',
      problems: [
        { model: 'A', field: 'y', file: 'schema.prisma', line: 1 },
        { model: 'B' },
        { model: 'A', field: 'x', file: 'schema.prisma', line: 3 },
        { model: 'B', field: 'z' },
      ],
    })
    expect(String(error)).toContain('schema.prisma:3: A.x: a column of type Int cannot hold a cell')
  })

  it('lists every problem of one field', () => {
    const field = column('a', 'String', '@encrypted(mode: mixed, id: "")', { isUnique: true })
    expect(() => compilePolicy(schemaOf([model('A', [field])]), 'digest')).toThrow(
      expect.objectContaining({ problems: expect.objectContaining({ length: 3 }) }),
    )
  })

  it('is not confused by names that objects have anyway', () => {
    const policy = compiled([
      column('constructor', 'String', '@encrypted'),
      column('toString', 'String', '@blindIndex(constructor)', OPTIONAL),
    ])
    expect(scalar(policy, 'constructor').encrypted?.fieldId).toBe('Client.constructor')
    expect(scalar(policy, 'toString').blindIndex?.primary).toBe(true)
  })
})
