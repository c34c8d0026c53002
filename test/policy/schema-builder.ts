import { PolicyError } from '../../src/errors/index.js'
import type {
  DatabaseProvider,
  ModelPolicy,
  ScalarFieldPolicy,
  SchemaDescription,
  SchemaField,
  SchemaModel,
} from '../../src/policy/index.js'
import { compilePolicy } from '../../src/policy/index.js'

/** A required column named and typed so; `documentation` is what its `///` comments say. */
export function column(
  name: string,
  type: string,
  documentation: string | null = null,
  rest: Partial<SchemaField> = {},
): SchemaField {
  return {
    name,
    dbName: null,
    kind: 'scalar',
    type,
    isList: false,
    isRequired: true,
    isId: false,
    isUnique: false,
    isUpdatedAt: false,
    default: null,
    nativeType: null,
    documentation,
    relation: null,
    ...rest,
  }
}

export const OPTIONAL = { isRequired: false } as const

/** A relation to `type`; with `fromFields` it is the side that holds the reference. */
export function relation(
  name: string,
  type: string,
  fromFields: readonly string[],
  rest: Partial<SchemaField> = {},
): SchemaField {
  const toFields = fromFields.length === 0 ? [] : ['id']
  return column(name, type, null, { kind: 'object', relation: { name: `To${type}`, fromFields, toFields }, ...rest })
}

export function native(name: string, ...args: readonly string[]): Partial<SchemaField> {
  return { nativeType: { name, args } }
}

/** A model with an `id` and the given fields. */
export function model(name: string, fields: readonly SchemaField[], rest: Partial<SchemaModel> = {}): SchemaModel {
  return {
    name,
    dbName: null,
    isView: false,
    documentation: null,
    fields: [column('id', 'String', null, { isId: true }), ...fields],
    primaryKey: null,
    uniques: [],
    indexes: [],
    ...rest,
  }
}

export function schemaOf(models: readonly SchemaModel[], provider: DatabaseProvider = 'sqlite'): SchemaDescription {
  return { provider, models, enums: [] }
}

/** Messages of everything that stands against the schema; empty if it compiles. */
export function problemsOf(schema: SchemaDescription): readonly string[] {
  try {
    compilePolicy(schema, 'digest')
  } catch (error) {
    if (error instanceof PolicyError) return error.problems.map((problem) => problem.message)
    throw error
  }
  return []
}

/** Problems of a model `Client` with these fields. */
export function problemsWith(
  fields: readonly SchemaField[],
  rest: Partial<SchemaModel> = {},
  provider: DatabaseProvider = 'sqlite',
): readonly string[] {
  return problemsOf(schemaOf([model('Client', fields, rest)], provider))
}

/** The compiled model `Client` with these fields. */
export function compiled(
  fields: readonly SchemaField[],
  rest: Partial<SchemaModel> = {},
  provider: DatabaseProvider = 'sqlite',
): ModelPolicy {
  const policy = compilePolicy(schemaOf([model('Client', fields, rest)], provider), 'digest')
  const client = policy.models.Client
  if (client === undefined) throw new Error('the model was not compiled')
  return client
}

/** One column of a compiled model. */
export function scalar(policy: ModelPolicy, name: string): ScalarFieldPolicy {
  const field = policy.fields[name]
  if (field?.kind !== 'scalar') throw new Error(`${name} is not a compiled column`)
  return field
}
