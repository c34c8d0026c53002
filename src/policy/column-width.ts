import { binaryCellLength, textCellLength } from '../message/size.js'
import type { ColumnType } from './policy.js'
import type { SchemaField } from './schema.js'

/** Databases whose columns this release knows. */
export const SUPPORTED_PROVIDERS = ['sqlite', 'postgresql', 'mysql'] as const
export type SupportedProvider = (typeof SUPPORTED_PROVIDERS)[number]

/** Most characters (Bytes columns: bytes) a column takes; null where 64 MiB of plaintext always fit. */
export interface ColumnWidth {
  readonly limit: number | null
  /** The type as the schema writes it, for messages. */
  readonly type: string
}

/** A number of characters or bytes, `null` for no limit, or `argument`: what the parentheses say, no limit without. */
type WidthRule = number | null | 'argument'

/** Native types that hold a cell unchanged. `default` is what Prisma makes of a field without `@db.…`. */
const NATIVE_TYPES: { readonly [provider in SupportedProvider]: { readonly [column in ColumnType]: Widths } } = {
  sqlite: { String: { default: null }, Json: { default: null }, Bytes: { default: null } },
  postgresql: {
    String: { default: null, Text: null, VarChar: 'argument' },
    Json: { default: null, Json: null, JsonB: null },
    Bytes: { default: null, ByteA: null },
  },
  mysql: {
    String: {
      default: 191,
      VarChar: 'argument',
      TinyText: 255,
      Text: 65_535,
      MediumText: 16_777_215,
      LongText: null,
    },
    Json: { default: null, Json: null },
    Bytes: {
      default: null,
      VarBinary: 'argument',
      TinyBlob: 255,
      Blob: 65_535,
      MediumBlob: 16_777_215,
      LongBlob: null,
    },
  },
}
type Widths = { readonly [nativeType: string]: WidthRule }

/** Whether this release can put cells into that database. */
export function isSupported(provider: string): provider is SupportedProvider {
  return SUPPORTED_PROVIDERS.some((supported) => supported === provider)
}

/** Native types of a column type that hold a cell, as a schema writes them. */
export function suitableNativeTypes(provider: SupportedProvider, column: ColumnType): readonly string[] {
  return Object.keys(NATIVE_TYPES[provider][column])
    .filter((name) => name !== 'default')
    .map((name) => `@db.${name}`)
}

/** The width of a field's column; `undefined` if its native type cannot hold a cell. */
export function columnWidth(
  provider: SupportedProvider,
  column: ColumnType,
  nativeType: SchemaField['nativeType'],
): ColumnWidth | undefined {
  const rules = NATIVE_TYPES[provider][column]
  const name = nativeType?.name ?? 'default'
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
  if (rule === undefined || (nativeType !== null && name === 'default')) return undefined
  const type = nativeType === null ? `${column} without @db type` : `@db.${name}${printArgs(nativeType.args)}`
  if (rule !== 'argument') return { limit: rule, type }
  const argument = nativeType?.args[0]
  if (argument === undefined) return { limit: null, type }
  const limit = Number(argument)
  return Number.isInteger(limit) && limit > 0 ? { limit, type } : undefined
}

/** Length of a cell of that many payload bytes in such a column: characters, or bytes in a Bytes column. */
export function cellLength(column: ColumnType, payloadBytes: number): number {
  return column === 'Bytes' ? binaryCellLength(payloadBytes) : textCellLength(payloadBytes)
}

/** Most payload bytes whose cell fits into `limit`; negative if not even an empty one does. */
export function largestPayload(column: ColumnType, limit: number): number {
  if (column === 'Bytes') return limit - binaryCellLength(0)
  let payload = Math.floor(((limit - textCellLength(0)) * 3) / 4) + 2
  while (payload >= 0 && textCellLength(payload) > limit) payload--
  return payload
}

function printArgs(args: readonly string[]): string {
  return args.length === 0 ? '' : `(${args.join(', ')})`
}
