import { positionsOf, readSource, type SchemaDescription, type SourceFile } from '../policy/index.js'
import type { SchemaConstant, SchemaDefault, SchemaField, SchemaModel, SchemaRelation } from '../policy/schema.js'
import { providerOf } from './configuration.js'
import { arrayAt, booleanAt, type JsonObject, objectAt, optionalTextAt, textAt, textsAt } from './json.js'

/** What Prisma says of a schema, and its text: the DMMF knows neither views nor lines. */
export interface DescribedSchema {
  /** Prisma's own description of the schema (DMMF), as it came. */
  readonly dmmf: unknown
  /** The whole schema's text, as Prisma hands it to generators and keeps it in the client. */
  readonly datamodel: string
  /** The schema's files, for the places that errors name. */
  readonly files: readonly SourceFile[]
}

/**
 * Turns Prisma's DMMF into the schema the policy is compiled from.
 * @throws GenerateError if it does not have the form that Prisma 6.16 to 7 gives it.
 */
export function describeSchema({ dmmf, datamodel, files }: DescribedSchema): SchemaDescription {
  const described = objectAt(objectAt(dmmf, 'dmmf').datamodel, 'dmmf.datamodel')
  const indexes = indexesByModel(arrayAt(described.indexes ?? [], 'dmmf indexes'))
  const views = viewsIn(datamodel)
  const positions = positionsOf(files)
  const models = arrayAt(described.models, 'dmmf models').map((model) => {
    const { name, ...rest } = readModel(model)
    const position = positions.get(name)
    const fields = rest.fields.map((field) => {
      const at = positions.get(`${name}.${field.name}`)
      return at === undefined ? field : { ...field, position: at }
    })
    return {
      ...rest,
      name,
      fields,
      isView: views.has(name),
      indexes: indexes.get(name) ?? [],
      ...(position === undefined ? {} : { position }),
    }
  })
  const enums = arrayAt(described.enums, 'dmmf enums').map((item) => textAt(objectAt(item, 'an enum').name, 'an enum'))
  return { provider: providerOf(datamodel), models, enums }
}

type ModelIndexes = SchemaModel['indexes'][number]

function indexesByModel(indexes: readonly unknown[]): ReadonlyMap<string, readonly ModelIndexes[]> {
  const byModel = new Map<string, ModelIndexes[]>()
  for (const item of indexes) {
    const index = objectAt(item, 'an index')
    const { type } = index
    if (type !== 'normal' && type !== 'fulltext') continue
    const model = textAt(index.model, 'the model of an index')
    const fields = arrayAt(index.fields, 'the fields of an index').map((field) =>
      textAt(objectAt(field, 'a field of an index').name, 'a field of an index'),
    )
    byModel.set(model, [...(byModel.get(model) ?? []), { type, fields }])
  }
  return byModel
}

function viewsIn(datamodel: string): ReadonlySet<string> {
  const { blocks } = readSource([{ path: 'schema.prisma', text: datamodel }])
  return new Set(blocks.filter(({ kind }) => kind === 'view').map(({ name }) => name))
}

function readModel(value: unknown): Omit<SchemaModel, 'isView' | 'indexes'> {
  const model = objectAt(value, 'a model')
  const name = textAt(model.name, 'the name of a model')
  const dbSchema = optionalTextAt(model.schema, `the schema of ${name}`)
  return {
    name,
    dbName: optionalTextAt(model.dbName, `the table of ${name}`),
    ...(dbSchema === null ? {} : { dbSchema }),
    documentation: optionalTextAt(model.documentation, `the comment of ${name}`),
    fields: arrayAt(model.fields, `the fields of ${name}`).map((field) => readField(field, name)),
    primaryKey: isAbsent(model.primaryKey) ? null : readGroup(model.primaryKey, `the key of ${name}`),
    uniques: arrayAt(model.uniqueIndexes, `@@unique of ${name}`).map((group) =>
      readGroup(group, `@@unique of ${name}`),
    ),
  }
}

function readGroup(value: unknown, what: string): { readonly name: string | null; readonly fields: readonly string[] } {
  const group = objectAt(value, what)
  return { name: optionalTextAt(group.name, what), fields: textsAt(group.fields, what) }
}

function readField(value: unknown, model: string): SchemaField {
  const field = objectAt(value, `a field of ${model}`)
  const name = textAt(field.name, `the name of a field of ${model}`)
  const place = `${model}.${name}`
  return {
    name,
    dbName: optionalTextAt(field.dbName, `the column of ${place}`),
    kind: readKind(field.kind, place),
    type: textAt(field.type, `the type of ${place}`),
    isList: booleanAt(field.isList, `isList of ${place}`),
    isRequired: booleanAt(field.isRequired, `isRequired of ${place}`),
    isId: booleanAt(field.isId, `isId of ${place}`),
    isUnique: booleanAt(field.isUnique, `isUnique of ${place}`),
    isUpdatedAt: booleanAt(field.isUpdatedAt ?? false, `isUpdatedAt of ${place}`),
    default: isAbsent(field.default) ? null : readDefault(field.default, place),
    nativeType: isAbsent(field.nativeType) ? null : readNativeType(field.nativeType, place),
    documentation: optionalTextAt(field.documentation, `the comment of ${place}`),
    relation: readRelation(field, place),
  }
}

const KINDS: readonly SchemaField['kind'][] = ['scalar', 'object', 'enum', 'unsupported']

function readKind(value: unknown, place: string): SchemaField['kind'] {
  const text = textAt(value, `the kind of ${place}`)
  // What a later Prisma may call something else is a column whose values nobody here knows.
  return KINDS.find((kind) => kind === text) ?? 'unsupported'
}

function readDefault(value: unknown, place: string): SchemaDefault {
  if (isConstant(value)) return { kind: 'constant', value }
  if (Array.isArray(value) && value.every(isConstant)) return { kind: 'constant', value }
  const call = objectAt(value, `the default of ${place}`)
  const name = textAt(call.name, `the default of ${place}`)
  return { kind: 'function', name, args: arrayAt(call.args, `the default of ${place}`) }
}

function readNativeType(value: unknown, place: string): NonNullable<SchemaField['nativeType']> {
  const [name, args] = arrayAt(value, `the native type of ${place}`)
  return {
    name: textAt(name, `the native type of ${place}`),
    args: arrayAt(args, `the native type of ${place}`).map(String),
  }
}

/** Composite types of MongoDB are objects without a relation. */
function readRelation(field: JsonObject, place: string): SchemaRelation | null {
  const name = optionalTextAt(field.relationName, `the relation of ${place}`)
  if (name === null) return null
  return {
    name,
    fromFields: textsAt(field.relationFromFields ?? [], `the relation of ${place}`),
    toFields: textsAt(field.relationToFields ?? [], `the relation of ${place}`),
  }
}

function isConstant(value: unknown): value is SchemaConstant {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}
