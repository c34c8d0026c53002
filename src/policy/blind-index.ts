import type { AnnotatedModel } from './annotated-schema.js'
import { type Annotation, argument, positional } from './annotation.js'
import { readBoolean, readWord } from './argument-values.js'
import { compileParts, readSourceNames } from './blind-index-source.js'
import { columnWidth, suitableNativeTypes } from './column-width.js'
import type { FieldSurroundings } from './encrypted-field.js'
import type { BlindIndexPolicy } from './policy.js'
import type { Report } from './problem.js'
import type { SchemaField } from './schema.js'

/** Characters of a tag: key id, definition id, a dot, 128 bits in base32 (docs/format). */
const TAG_LENGTH = 45

/** The policy of a `@blindIndex` column; `undefined` if something stands against it, which is then reported. */
export function compileBlindIndex(
  field: SchemaField,
  annotation: Annotation,
  indexId: string,
  model: AnnotatedModel,
  surroundings: FieldSurroundings,
  report: Report,
): BlindIndexPolicy | undefined {
  refuseColumn(field, surroundings, report)
  const scopeValue = argument(annotation, 'scope')
  const scope = scopeValue === undefined ? 'tenant' : readWord('scope', scopeValue, ['tenant', 'global'], report)
  const equivalence = readFlag(annotation, 'equivalence', report)
  const primary = readFlag(annotation, 'primary', report)
  const expose = readFlag(annotation, 'expose', report)
  const names = readSourceNames(positional(annotation), report)
  const parts = names && compileParts(names, argument(annotation, 'normalize'), model, report)
  if (parts === undefined) return undefined

  const exact = parts.every((part) => part.normalisers.length === 0)
  if (equivalence === true && exact) {
    report(
      '"equivalence: true" says that values with the same normal form are the same, but nothing is normalised. Remove it.',
    )
  }
  if (primary !== undefined && parts.length > 1) {
    report('"primary" chooses among the indexes of one field, and this one is over several. Remove it.')
  }
  if (scope === undefined) return undefined
  const shown = expose === true ? { exposed: true as const } : {}
  const flags = { exact, equivalence: equivalence ?? false, primary: primary ?? false }
  return { indexId, scope, parts, ...flags, ...shown, bits: 128 }
}

/**
 * Which of a model's indexes is the primary one of its field: the only one, or the one that says so. `indexes` are
 * those over a single field, by column name.
 */
export function choosePrimary(
  model: AnnotatedModel,
  indexes: ReadonlyMap<string, BlindIndexPolicy>,
  reportAt: (column: string) => Report,
): ReadonlySet<string> {
  const columnsOf = new Map<string, string[]>()
  for (const [column, { parts }] of indexes) {
    const source = parts[0]?.field
    if (source === undefined || parts.length > 1) continue
    columnsOf.set(source, [...(columnsOf.get(source) ?? []), column])
  }
  const primary = new Set<string>()
  for (const [source, columns] of columnsOf) {
    const said = columns.filter((column) => indexes.get(column)?.primary)
    const [first = ''] = columns
    if (columns.length === 1) {
      primary.add(first)
      const annotation = model.fields.get(first)?.blindIndex
      if (annotation !== undefined && said.length === 0 && argument(annotation, 'primary') !== undefined) {
        reportAt(first)(`it is the only index of "${source}" and therefore its primary one. Remove "primary: false".`)
      }
    } else if (said.length === 1) {
      primary.add(said[0] ?? first)
    } else {
      reportAt(said[1] ?? columns[1] ?? first)(
        `"${source}" has several blind indexes (${columns.join(', ')}), of which ${said.length === 0 ? 'none' : said.join(', ')} ` +
          'should answer its filters. Write "primary: true" on exactly one.',
      )
    }
  }
  return primary
}

/** Nothing but this library writes the column, and it is NULL where the source is. */
function refuseColumn(
  field: SchemaField,
  { provider, model, isTenantColumn }: FieldSurroundings,
  report: Report,
): void {
  if (model.isView) report('a view is not written, so it holds no tags. Put @blindIndex on the table it reads.')
  if (field.kind !== 'scalar' || field.type !== 'String' || field.isList) {
    report(`tags are text, and this is ${field.isList ? `${field.type}[]` : field.type}. Make the column \`String?\`.`)
    return
  }
  if (field.isId) report('a tag is NULL where its field is, so it cannot be the @id. Use another field as id.')
  else if (field.isRequired) report('a tag is NULL where its field is. Make the column optional: `String?`.')
  if (field.default !== null) report('only fieldseal writes the column, so a @default would be no tag. Remove it.')
  if (field.isUpdatedAt) report('only fieldseal writes the column. Remove @updatedAt.')
  if (model.primaryKey?.fields.includes(field.name)) {
    report('a tag is NULL where its field is, so it cannot be part of @@id. Use other fields as id.')
  }
  if (model.fields.some(({ relation }) => relation?.fromFields.includes(field.name) ?? false)) {
    report('it refers to another model, but only fieldseal writes tags. Give the tags a column of their own.')
  }
  if (isTenantColumn) {
    report(
      'it says which tenant a row belongs to, but only fieldseal writes tags. Give the tags a column of their own.',
    )
  }
  const width = columnWidth(provider, 'String', field.nativeType)
  if (width === undefined) {
    const suitable = suitableNativeTypes(provider, 'String')
    const remedy = suitable.length === 0 ? 'Remove it.' : `Use one of ${suitable.join(', ')}.`
    report(`@db.${field.nativeType?.name} does not hold text unchanged. ${remedy}`)
  } else if (width.limit !== null && width.limit < TAG_LENGTH) {
    report(`${width.type} holds ${width.limit} characters, and a tag has ${TAG_LENGTH}. Widen the column.`)
  }
}

function readFlag(annotation: Annotation, name: string, report: Report): boolean | undefined {
  const value = argument(annotation, name)
  return value === undefined ? undefined : readBoolean(name, value, report)
}
