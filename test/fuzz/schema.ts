import { commonModels, type Provider } from '../support/schema.js'
import { type Field, type Index, MODELS, type Model, type Relation, STAGES } from './models.js'

/** The models with their annotations, and those that hold keys. */
export function sealedSchema(provider: Provider): string {
  const common = commonModels(provider)
  return `${render(provider, sealedLines)}\n${common.slice(common.indexOf('model FieldsealKey'))}`
}

/**
 * The plain twin: the same columns in their logical types, the same uniques. The column of a normalising index is kept,
 * and holds the normal form in plaintext; all other index columns are gone.
 */
export function plainSchema(provider: Provider): string {
  return render(provider, plainLines)
}

/** The normalising indexes of a field: their columns are in the plain twin, too. */
export function normalIndexes({ index, folded }: Field): Index[] {
  return [index, folded].filter((one) => one !== undefined).filter(({ normalise }) => normalise !== undefined)
}

type Lines = (model: Model, name: string, field: Field) => string[]

function render(provider: Provider, linesOf: Lines): string {
  const models = [...MODELS.values()].map((model) => block(provider, model, linesOf))
  return [`enum Stage {\n${STAGES.map((stage) => `  ${stage}\n`).join('')}}\n`, ...models].join('\n')
}

function block(provider: Provider, model: Model, linesOf: Lines): string {
  const isSealed = linesOf === sealedLines
  const fields = Object.entries(model.fields).filter(([, { list }]) => list !== true || provider === 'postgresql')
  const lines = [
    ...fields.flatMap(([name, field]) => linesOf(model, name, field)),
    ...Object.entries(model.relations).map(([name, relation]) => relationLine(name, relation)),
    ...compoundLines(model, isSealed),
    ...(model.key === undefined ? [] : [`@@id([${model.key.join(', ')}])`]),
    ...Object.entries(model.uniques ?? {}).map(([name, members]) => uniqueLine(model, name, members, isSealed)),
    ...(model.map === undefined ? [] : [`@@map("${model.map}")`]),
  ]
  const tenant = [model.tenant ?? []].flat().join('.')
  const annotation = isSealed && tenant !== '' ? `/// @tenant(${tenant})\n` : ''
  return `${annotation}model ${model.name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`
}

function sealedLines(_: Model, name: string, field: Field): string[] {
  if (field.encrypted !== true) return [columnLine(name, field.type, field)]
  const column = field.type === 'Json' || field.type === 'Bytes' ? field.type : 'String'
  const cell = columnLine(name, column, field)
  const primary = field.folded === undefined ? [] : ['primary: true']
  const indexes = [
    ...(field.index === undefined ? [] : [indexLine(name, field.index, primary)]),
    ...(field.folded === undefined ? [] : [indexLine(name, field.folded, [])]),
  ]
  return [`${cell} /// ${encryptedAnnotation(field)}`, ...indexes]
}

function encryptedAnnotation({ type }: Field): string {
  if (type === 'Json' || type === 'Bytes') return '@encrypted'
  const logical = type === 'String' ? [] : [`type: ${type}`]
  const limit = type === 'String' || type === 'Decimal' || type === '[String]' ? ['maxBytes: 99'] : []
  return `@encrypted(${[...logical, ...limit].join(', ')})`
}

function indexLine(source: string, index: Index, primary: readonly string[]): string {
  const options = [
    ...primary,
    ...(index.normalise === undefined ? [] : [`normalize: [${index.normalise}]`]),
    ...(index.scope === undefined ? [] : [`scope: ${index.scope}`]),
    ...(index.equivalence === true ? ['equivalence: true'] : []),
  ]
  const unique = `${index.unique === true ? ' @unique' : ''}${index.map === undefined ? '' : ` @map("${index.map}")`}`
  return `${index.column} String?${unique} /// @blindIndex(${[source, ...options].join(', ')})`
}

function plainLines(_: Model, name: string, field: Field): string[] {
  const type = field.type === '[String]' ? 'Json' : field.type
  const isUnique = field.unique === true || (field.index?.unique === true && field.index.normalise === undefined)
  const own = columnLine(name, type, { ...field, ...(isUnique && { unique: true }) })
  const normal = normalIndexes(field).map(
    ({ column, unique }) => `${column} String?${unique === true ? ' @unique' : ''}`,
  )
  return [own, ...normal]
}

function columnLine(name: string, type: string, field: Field): string {
  const attributes = [
    ...(field.id === true ? ['@id'] : []),
    ...(field.unique === true ? ['@unique'] : []),
    ...(field.default === undefined ? [] : [`@default(${field.default})`]),
    ...(field.map === undefined ? [] : [`@map("${field.map}")`]),
  ]
  const suffix = field.list === true ? '[]' : field.optional === true ? '?' : ''
  return [name, `${type}${suffix}`, ...attributes].join(' ')
}

function relationLine(name: string, relation: Relation): string {
  const suffix = relation.many === true ? '[]' : relation.optional === true ? '?' : ''
  const quoted = relation.name === undefined ? [] : [`"${relation.name}"`]
  const columns =
    relation.fields === undefined
      ? []
      : [`fields: [${relation.fields.join(', ')}]`, `references: [${(relation.references ?? []).join(', ')}]`]
  const onDelete = relation.onDelete === undefined ? [] : [`onDelete: ${relation.onDelete}`]
  const options = [...quoted, ...columns, ...onDelete]
  return `${name} ${relation.model}${suffix}${options.length === 0 ? '' : ` @relation(${options.join(', ')})`}`
}

function compoundLines({ compound }: Model, isSealed: boolean): string[] {
  if (compound === undefined) return []
  const members = compound.fields.join(', ')
  return isSealed ? [`${compound.column} String? @unique /// @blindIndex([${members}])`] : [`@@unique([${members}])`]
}

/** In the sealed schema a cell cannot be unique: its index column is. */
function uniqueLine(model: Model, name: string, members: readonly string[], isSealed: boolean): string {
  const columns = members.map((member) => (isSealed ? model.fields[member]?.index?.column : undefined) ?? member)
  const named = name === members.join('_') ? '' : `, name: "${name}"`
  return `@@unique([${columns.join(', ')}]${named})`
}
