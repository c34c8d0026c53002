import type { DeclarationKind } from './declaration-kinds.js'
import type { FieldTyping } from './field-typing.js'
import { type FilterType, filterType, groupFilterType } from './filter-types.js'
import { hasOwnType, inputType, type Names, outputType } from './value-types.js'

/** What becomes of the type of a field's member: another text, or nothing, so that the member goes. */
export type Retyped = { readonly type: string; readonly declarations?: FilterType['declarations'] } | 'gone' | undefined

/** What retyping needs to know of the client. */
export interface ClientNames extends Names {
  /** The database knows `mode: 'insensitive'`. */
  readonly hasModes: boolean
}

/**
 * The new type of an encrypted field's member.
 * @param type as the client has it, without what `strictUndefinedChecks` adds.
 * @returns undefined if the text is not what this release knows.
 */
export function retype(kind: DeclarationKind, field: FieldTyping, type: string, names: ClientNames): Retyped {
  switch (kind) {
    case 'filter':
      return FILTER.test(type) ? filterType(field, names, names.hasModes) : undefined
    case 'unique filter':
      if (FILTER.test(type)) return filterType(field, names, names.hasModes)
      return type === 'string' ? { type: inputType(field, names) } : undefined
    case 'aggregate filter':
      return FILTER.test(type) ? groupFilterType(field, names) : undefined
    case 'compound unique':
      return type === 'string' ? { type: inputType(field, names) } : undefined
    case 'order':
      return ORDER.test(type) ? { type: 'never' } : undefined
    case 'extremes':
    case 'references':
    case 'relevance':
      return 'gone'
    case 'field names':
      return field.answer === 'equality' ? { type } : 'gone'
    case 'create':
      return retypeValue(field, type, CREATED[field.column], inputType(field, names))
    case 'update':
      return retypeUpdate(field, type, names)
    case 'rows':
    case 'row groups':
      return retypeValue(field, type, STORED[field.column], outputType(field, names))
    case 'order of counts':
      return ORDER.test(type) ? { type } : undefined
    case 'group arguments':
    case 'counts':
    case 'selection':
    case 'omission':
      return { type }
  }
}

const FILTER =
  /^(?:Prisma\.)?(?:String|Json|Bytes)(?:Nullable)?(?:WithAggregates)?Filter<"\w+">(?: \| [\w.]+)?(?: \| null)?$/
const ORDER = /^(?:Prisma\.)?SortOrder(?:Input \| (?:Prisma\.)?SortOrder)?$/
const BYTES = /^(?:(?:runtime\.|Prisma\.)?Bytes|Uint8Array(?:<\w+>)?)(?: \| null)?$/
const CREATED = {
  String: /^string(?: \| null)?$/,
  Bytes: BYTES,
  Json: /^(?:Prisma\.)?(?:Nullable)?JsonNullValueInput \| (?:runtime\.)?InputJsonValue$/,
}
const STORED = {
  String: CREATED.String,
  Bytes: BYTES,
  Json: /^(?:runtime\.|Prisma\.)?JsonValue(?: \| null)?$/,
}
const UPDATED =
  /^(?:Prisma\.)?(?:Nullable)?(?:String|Bytes)FieldUpdateOperationsInput \| (?:string|(?:runtime\.|Prisma\.)?Bytes|Uint8Array(?:<\w+>)?)(?: \| null)?$/

/** A value whose type is the column's keeps its text. */
function retypeValue(field: FieldTyping, type: string, expected: RegExp, value: string): Retyped {
  if (!expected.test(type)) return undefined
  if (!hasOwnType(field)) return { type }
  return { type: field.column === 'Json' ? withJsonType(type, value) : `${value}${orNull(type)}` }
}

function retypeUpdate(field: FieldTyping, type: string, names: ClientNames): Retyped {
  if (field.column === 'Json') return retypeValue(field, type, CREATED.Json, inputType(field, names))
  if (!UPDATED.test(type)) return undefined
  if (!hasOwnType(field)) return { type }
  const value = `${inputType(field, names)}${orNull(type)}`
  return { type: `{ set?: ${value}${names.skip} } | ${value}` }
}

function orNull(type: string): string {
  return type.endsWith('| null') ? ' | null' : ''
}

/** `Prisma.DbNull` and its like may still be given. */
function withJsonType(type: string, value: string): string {
  return type.replace(/(?:runtime\.|Prisma\.)?(?:Input)?JsonValue/, value)
}
