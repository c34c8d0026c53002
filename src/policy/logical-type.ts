import type { AnnotationValue } from './annotation.js'
import { readWord } from './argument-values.js'
import type { ColumnType, LogicalType } from './policy.js'
import type { Report } from './problem.js'

export const LOGICAL_TYPES: readonly LogicalType[] = [
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

/** Payload bytes of the types that always take the same number (docs/format); the others vary. */
const FIXED_BYTES: { readonly [type in LogicalType]?: number } = {
  Int: 8,
  BigInt: 8,
  Float: 8,
  DateTime: 8,
  Boolean: 1,
}

/** What a cell holds: a value of `type`, or a list of them. */
export interface CellContent {
  readonly type: LogicalType
  readonly list: boolean
}

/** Column types an encrypted field may stand on. */
export function isColumnType(type: string): type is ColumnType {
  return type === 'String' || type === 'Json' || type === 'Bytes'
}

/** Reads `type:`; without one, the column's own. `undefined`, and a report, if it cannot be. */
export function readCellContent(
  value: AnnotationValue | undefined,
  column: ColumnType,
  report: Report,
): CellContent | undefined {
  if (value === undefined) return { type: column, list: false }
  const list = value.kind === 'list'
  const item = list ? value.items[0] : value
  if (item === undefined || (list && (value.items.length > 1 || item.kind === 'list'))) {
    report('"type" names one type, or one type in brackets for a list: type: Int, or type: [Int].')
    return undefined
  }
  const type = readWord('type', item, LOGICAL_TYPES, report)
  if (type === undefined) return undefined
  if (column !== 'String' && (type !== column || list)) {
    report(
      `a ${column} column holds only type ${column}, not ${list ? `[${type}]` : type}. ` +
        `Leave "type" out, or make the column \`String\`.`,
    )
    return undefined
  }
  return { type, list }
}

/** Payload bytes of every cell with that content; `undefined` where they depend on the value. */
export function fixedBytes({ type, list }: CellContent): number | undefined {
  return list ? undefined : FIXED_BYTES[type]
}
