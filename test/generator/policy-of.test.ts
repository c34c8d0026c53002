import { getDMMF } from '@prisma/get-dmmf'
import { describe, expect, it } from 'vitest'
import { PolicyError } from '../../src/errors/index.js'
import { describeSchema } from '../../src/generator/dmmf.js'
import { policyOf } from '../../src/generator/policy-of.js'
import { unseenAnnotations } from '../../src/generator/unseen-annotations.js'
import { digestOfSource, type SchemaDescription } from '../../src/policy/index.js'

const DATASOURCE = 'datasource db {\n  provider = "sqlite"\n}\n'
const MODEL = 'model Client {\n  id Int @id\n  /// @encrypted\n  ssn String\n}\n'

async function described(models: string, provider = 'sqlite') {
  const datamodel = `${DATASOURCE.replace('sqlite', provider)}${models}`
  return { dmmf: await getDMMF({ datamodel }), datamodel, files: [{ path: 'a.prisma', text: datamodel }] }
}

async function schemaOf(models: string, provider?: string): Promise<SchemaDescription> {
  return describeSchema(await described(models, provider))
}

async function fieldOf(models: string, name: string, provider?: string) {
  const schema = await schemaOf(models, provider)
  return schema.models.flatMap(({ fields }) => fields).find((field) => field.name === name)
}

function messagesOf(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof PolicyError) return error.problems.map(({ message }) => message)
    throw error
  }
  return []
}

describe('the policy of a schema', () => {
  it('has what the annotations say, the digest of the text, and the provider of the datasource', async () => {
    const { dmmf, datamodel } = await described(MODEL)
    const policy = policyOf({ dmmf, datamodel })
    expect(policy.models.Client?.fields.ssn).toMatchObject({ encrypted: { fieldId: 'Client.ssn', mode: 'strict' } })
    expect(policy).toMatchObject({ provider: 'sqlite', digest: digestOfSource([{ path: 'x', text: datamodel }]) })
  })

  it('is refused with every problem, each with its file and line', async () => {
    const { dmmf, datamodel } = await described(`${MODEL.replace('@encrypted', '@encrytped')}// @encrypted\n`)
    const files = [{ path: 'prisma/a.prisma', text: datamodel }]
    expect(messagesOf(() => policyOf({ dmmf, datamodel, files }))).toEqual([
      expect.stringMatching(/^prisma\/a\.prisma:7: Client\.ssn: @encrytped is not an annotation/),
      expect.stringMatching(/^prisma\/a\.prisma:9: @encrypted stands in a \/\/ comment/),
    ])
  })

  it('is refused when Prisma did not report an annotation that stands at a field', async () => {
    const { datamodel } = await described(MODEL)
    const { dmmf } = await described(MODEL.replace('/// @encrypted', ''))
    expect(() => policyOf({ dmmf, datamodel })).toThrow(
      '@encrypted is written at Client.ssn, but Prisma does not report',
    )
  })

  it.each([undefined, null, {}, { datamodel: { models: [{}], enums: [] } }, { datamodel: { models: 1 } }])(
    'is refused for a description that is not of the known form: %j',
    (dmmf) => {
      expect(() => policyOf({ dmmf, datamodel: DATASOURCE })).toThrow('does not fit this version of fieldseal')
    },
  )

  it('is refused for a schema without a datasource that is known', async () => {
    const { dmmf } = await described(MODEL)
    expect(() => policyOf({ dmmf, datamodel: MODEL })).toThrow('no datasource with a provider that is known')
  })
})

describe("Prisma's description of a schema", () => {
  it('takes "postgres" for postgresql', async () => {
    expect((await schemaOf(MODEL, 'postgres')).provider).toBe('postgresql')
  })

  it('is not misled by a provider in a comment or a generator', async () => {
    const generator = 'generator client {\n  provider = "mysql"\n}\n// provider = "mysql"\n'
    const { dmmf, datamodel, files } = await described(MODEL)
    expect(describeSchema({ dmmf, datamodel: `${generator}${datamodel}`, files }).provider).toBe('sqlite')
  })

  it('tells views from models, which Prisma does not', async () => {
    const preview =
      'generator client {\n  provider = "prisma-client"\n  output = "x"\n  previewFeatures = ["views"]\n}\n'
    const { models } = await schemaOf(`${preview}${MODEL}view V {\n  id Int @unique\n}\n`)
    expect(models.map(({ name, isView }) => [name, isView])).toEqual([
      ['Client', false],
      ['V', true],
    ])
  })

  it('names the file and line of models and fields', async () => {
    const schema = await schemaOf(MODEL)
    expect(schema.models[0]?.position).toEqual({ file: 'a.prisma', line: 4 })
    expect(schema.models[0]?.fields[1]?.position).toEqual({ file: 'a.prisma', line: 7 })
  })

  it('gives names of tables and columns, keys, uniques and indexes', async () => {
    const { models } = await schemaOf(
      'model A {\n  x Int @map("y")\n  z String\n  w String\n  @@id([x, z])\n  @@unique([z, w], name: "zw")\n  @@unique([w])\n  @@index([w(sort: Desc)])\n  @@map("b")\n}\n',
    )
    expect(models[0]).toMatchObject({
      dbName: 'b',
      primaryKey: { name: null, fields: ['x', 'z'] },
      uniques: [
        { name: 'zw', fields: ['z', 'w'] },
        { name: null, fields: ['w'] },
      ],
      indexes: [{ type: 'normal', fields: ['w'] }],
    })
    expect(models[0]?.fields[0]).toMatchObject({ dbName: 'y', type: 'Int', kind: 'scalar' })
  })

  it('tells full-text indexes from others', async () => {
    const { models } = await schemaOf('model A {\n  id Int @id\n  b String\n  @@fulltext([b])\n}\n', 'mysql')
    expect(models[0]?.indexes).toEqual([{ type: 'fulltext', fields: ['b'] }])
  })

  it.each([
    ['@default("a")', 'String', { kind: 'constant', value: 'a' }],
    ['@default(1.5)', 'Float', { kind: 'constant', value: 1.5 }],
    ['@default(12)', 'BigInt', { kind: 'constant', value: '12' }],
    ['@default(true)', 'Boolean', { kind: 'constant', value: true }],
    ['@default(uuid(7))', 'String', { kind: 'function', name: 'uuid', args: [7] }],
    ['@default(dbgenerated("x"))', 'String', { kind: 'function', name: 'dbgenerated', args: ['x'] }],
    ['@default(["a", "b"])', 'String[]', { kind: 'constant', value: ['a', 'b'] }],
    ['', 'String', null],
  ])('reads the default %j of a %s', async (attribute, type, expected) => {
    const field = await fieldOf(`model A {\n  id Int @id\n  b ${type} ${attribute}\n}\n`, 'b', 'postgresql')
    expect(field?.default).toEqual(expected)
  })

  it('reads native types with their arguments, enums, and @updatedAt', async () => {
    const models =
      'enum E {\n  X\n}\nmodel A {\n  id Int @id\n  b String @db.VarChar(40)\n  e E\n  u DateTime @updatedAt\n}\n'
    expect((await fieldOf(models, 'b', 'postgresql'))?.nativeType).toEqual({ name: 'VarChar', args: ['40'] })
    expect(await fieldOf(models, 'e', 'postgresql')).toMatchObject({ kind: 'enum', type: 'E', nativeType: null })
    expect((await fieldOf(models, 'u', 'postgresql'))?.isUpdatedAt).toBe(true)
    expect((await schemaOf(models, 'postgresql')).enums).toEqual(['E'])
  })

  it('reads both sides of a relation', async () => {
    const models =
      'model A {\n  id Int @id\n  bs B[]\n}\nmodel B {\n  id Int @id\n  aId Int?\n  a A? @relation(fields: [aId], references: [id])\n}\n'
    expect(await fieldOf(models, 'a')).toMatchObject({
      kind: 'object',
      isRequired: false,
      relation: { name: 'AToB', fromFields: ['aId'], toFields: ['id'] },
    })
    expect(await fieldOf(models, 'bs')).toMatchObject({ isList: true, relation: { name: 'AToB', fromFields: [] } })
  })

  it('has no column of a sort that it does not know', async () => {
    const { dmmf, datamodel, files } = await described(MODEL)
    const text = JSON.stringify(dmmf).replaceAll('"kind":"scalar"', '"kind":"hologram"')
    const { models } = describeSchema({ dmmf: JSON.parse(text), datamodel, files })
    expect(models[0]?.fields.map(({ kind }) => kind)).toEqual(['unsupported', 'unsupported'])
  })
})

it('annotations that Prisma reports are not counted as unseen, whatever stands beside them', async () => {
  const text =
    '/// Of firms.\n/// @tenant(firmId)\nmodel A {\n  id Int @id\n  firmId String\n  /// @zod.string()\n  /// @encrypted\n  a String /// a remark\n}\n'
  const request = await described(text)
  expect(unseenAnnotations(request.files, describeSchema(request))).toEqual([])
})
