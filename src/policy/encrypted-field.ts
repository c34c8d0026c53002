import { Buffer } from 'node:buffer'
import { MAX_PAYLOAD_BYTES } from '../message/size.js'
import { type Annotation, argument } from './annotation.js'
import { readInteger, readWord } from './argument-values.js'
import { cellLength, columnWidth, largestPayload, type SupportedProvider, suitableNativeTypes } from './column-width.js'
import { type CellContent, fixedBytes, isColumnType, readCellContent } from './logical-type.js'
import { readNamedType } from './named-type.js'
import type { ColumnType, EncryptedFieldPolicy, FieldMode } from './policy.js'
import type { Report } from './problem.js'
import type { SchemaField, SchemaModel } from './schema.js'

const MODES: readonly FieldMode[] = ['strict', 'mixed', 'shadow', 'decrypting']

/** What the rules need to know beside the field itself. */
export interface FieldSurroundings {
  readonly provider: SupportedProvider
  readonly model: SchemaModel
  /** Whether a `@tenant` path, of this or another model, ends at the field. */
  readonly isTenantColumn: boolean
}

/** The policy of an `@encrypted` field; `undefined` if something stands against it, which is then reported. */
export function compileEncryptedField(
  field: SchemaField,
  annotation: Annotation,
  fieldId: string,
  surroundings: FieldSurroundings,
  report: Report,
): EncryptedFieldPolicy | undefined {
  refuseRoles(field, surroundings, report)
  const mode = readMode(annotation, report)
  const column = columnOf(field, report)
  if (column === undefined) return undefined
  const content = readCellContent(argument(annotation, 'type'), column, report)
  if (content === undefined) return undefined
  const maxBytes = readMaxBytes(field, annotation, column, content, surroundings.provider, report)
  const constant = readDefault(field, column, content, maxBytes ?? null, report)
  const ts = readNamedType(argument(annotation, 'ts'), content, report)
  if (mode === undefined || maxBytes === undefined || constant === undefined) return undefined
  const named = ts === undefined ? {} : { ts }
  return { fieldId, column, type: content.type, list: content.list, ...named, mode, maxBytes, default: constant }
}

function columnOf(field: SchemaField, report: Report): ColumnType | undefined {
  const type = field.type
  if (field.kind === 'object') {
    report('a relation has no column to encrypt. Put @encrypted on the fields of the related model.')
  } else if (field.kind === 'enum') {
    report(
      `the database checks the values of the enum ${type}. Make the column \`String\` and check them before writing.`,
    )
  } else if (field.kind === 'unsupported') {
    report(`Prisma does not read or write columns of type ${type}. Make the column \`String\`.`)
  } else if (field.isList) {
    report(`a list column cannot hold a cell. Make it \`String\` and write @encrypted(type: [${type}]).`)
  } else if (isColumnType(type)) return type
  else report(`a column of type ${type} cannot hold a cell. Make it \`String\` and write @encrypted(type: ${type}).`)
  return undefined
}

/** A cell differs on every write, so nothing the database compares, fills in or refers to can be one. */
function refuseRoles(field: SchemaField, { model, isTenantColumn }: FieldSurroundings, report: Report): void {
  const inside = (group: { readonly fields: readonly string[] }): boolean => group.fields.includes(field.name)
  const index = `@blindIndex(${field.name}) on a \`String?\` column`
  if (model.isView) report('a view is not written, so it has nothing to encrypt. Put @encrypted on the table it reads.')
  if (field.isId) report('@id is compared by the database, and a cell differs on every write. Use another field as id.')
  if (field.isUnique) {
    report(`@unique compares values, and a cell differs on every write. Remove it, and add @unique ${index}.`)
  }
  if (model.primaryKey !== null && inside(model.primaryKey)) {
    report('it is part of @@id, and a cell differs on every write. Use other fields as id.')
  }
  if (model.uniques.some(inside)) {
    report(`it is part of @@unique, and a cell differs on every write. Put ${index}, and that column into @@unique.`)
  }
  for (const { type } of model.indexes.filter(inside)) {
    report(
      type === 'normal'
        ? `it is part of @@index, but cells have no useful order. Put ${index}, and that column into @@index.`
        : 'it is part of @@fulltext, but the database cannot search words in cells. Take it out.',
    )
  }
  if (model.fields.some(({ relation }) => relation?.fromFields.includes(field.name) ?? false)) {
    report('it refers to another model, so the database compares it. Leave the reference in plaintext.')
  }
  if (field.isUpdatedAt) report('Prisma fills @updatedAt in plaintext. Remove @updatedAt and set the value yourself.')
  if (isTenantColumn) report('it says which tenant a row belongs to and is filtered by. Leave it in plaintext.')
}

function readMode(annotation: Annotation, report: Report): FieldMode | undefined {
  const value = argument(annotation, 'mode')
  if (value === undefined) return 'strict'
  const mode = readWord('mode', value, MODES, report)
  if (mode === undefined || mode === 'strict') return mode
  report(`"mode: ${mode}" arrives with the migration tools of a later release. Use strict, which is the default.`)
  return undefined
}

/** The limit on plaintext bytes: null for none, `undefined` if the column and the annotation do not go together. */
function readMaxBytes(
  field: SchemaField,
  annotation: Annotation,
  column: ColumnType,
  content: CellContent,
  provider: SupportedProvider,
  report: Report,
): number | null | undefined {
  const width = columnWidth(provider, column, field.nativeType)
  if (width === undefined) {
    const suitable = suitableNativeTypes(provider, column)
    report(
      `@db.${field.nativeType?.name} cannot hold a cell unchanged. ` +
        (suitable.length === 0 ? 'Remove it.' : `Use one of ${suitable.join(', ')}.`),
    )
  }
  const given = argument(annotation, 'maxBytes')
  const fixed = fixedBytes(content)
  if (fixed !== undefined && given !== undefined) {
    report(`a ${content.type} always takes ${fixed} bytes, so "maxBytes" would have no effect. Remove it.`)
    return undefined
  }
  const maxBytes = given === undefined ? null : readInteger('maxBytes', given, 1, MAX_PAYLOAD_BYTES, report)
  if (maxBytes === undefined || width === undefined) return undefined
  if (width.limit === null) return maxBytes

  const unit = column === 'Bytes' ? 'bytes' : 'characters'
  const largest = largestPayload(column, width.limit)
  const most = `${width.type} holds ${width.limit} ${unit}`
  const needed = fixed ?? maxBytes
  if (needed === null) {
    report(
      largest < 1
        ? `${most}, too few for any cell. Widen it to at least ${cellLength(column, 1)}.`
        : `${most}, so the field needs a limit on its plaintext. Write maxBytes: ${largest} (the largest that fits) or less, or widen the column.`,
    )
    return undefined
  }
  if (needed <= largest) return maxBytes
  const fits = largest < 1 ? 'too few for any cell' : `enough for ${largest} bytes of plaintext at most`
  report(
    `${most}, ${fits}; ${needed} bytes need ${cellLength(column, needed)} ${unit}. Widen the column${fixed === undefined && largest >= 1 ? ' or lower maxBytes' : ''}.`,
  )
  return undefined
}

/** The constant default, which the adapter must supply itself: null for none, `undefined` if it cannot. */
function readDefault(
  field: SchemaField,
  column: ColumnType,
  content: CellContent,
  maxBytes: number | null,
  report: Report,
): string | null | undefined {
  if (field.default === null) return null
  if (field.default.kind === 'function') {
    report(
      `Prisma or the database fills @default(${field.default.name}()) in plaintext. Remove it and set the value yourself.`,
    )
    return undefined
  }
  const { value } = field.default
  if (typeof value !== 'string' || content.list || content.type !== column) {
    report(
      `@default is of the column's type ${column}, not ${content.list ? `[${content.type}]` : content.type}. Remove it and set the value yourself.`,
    )
    return undefined
  }
  const bytes = Buffer.byteLength(value, column === 'Bytes' ? 'base64' : 'utf8')
  if (maxBytes === null || bytes <= maxBytes) return value
  report(`its @default has ${bytes} bytes, more than maxBytes allows (${maxBytes}). Shorten it, or raise maxBytes.`)
  return undefined
}
