import { UnsupportedOperationError } from '../errors/index.js'
import type { ColumnType, EncryptionPolicy, ModelPolicy, ScalarFieldPolicy } from '../policy/policy.js'

/** Databases whose SQL this library writes. */
export type SqlDialect = 'sqlite' | 'postgresql' | 'mysql'

/** An encrypted column as SQL sees it. */
export interface SealedColumn {
  readonly model: string
  readonly field: string
  readonly table: string
  /** The schema that the table is in, where the model names one. */
  readonly schema?: string
  readonly column: string
  readonly type: ColumnType
  /** The column takes NULL. */
  readonly optional: boolean
}

/** @throws UnsupportedOperationError for a database of which nothing is known. */
export function dialectOf({ provider }: EncryptionPolicy): SqlDialect {
  if (provider === 'sqlite' || provider === 'postgresql' || provider === 'mysql') return provider
  throw new UnsupportedOperationError(`no SQL is known for ${provider}`, 'Use sqlite, postgresql or mysql')
}

/** Every encrypted column of a policy, in its order. */
export function sealedColumns(policy: EncryptionPolicy): SealedColumn[] {
  return Object.values(policy.models).flatMap((model) =>
    Object.values(model.fields).flatMap((field) => (field.kind === 'scalar' ? sealedColumn(model, field) : [])),
  )
}

function sealedColumn(model: ModelPolicy, field: ScalarFieldPolicy): SealedColumn[] {
  if (field.encrypted === undefined) return []
  return [
    {
      model: model.name,
      field: field.name,
      table: model.dbName,
      ...(model.dbSchema === undefined ? {} : { schema: model.dbSchema }),
      column: field.dbName,
      type: field.encrypted.column,
      optional: field.optional,
    },
  ]
}

/** A quoted identifier: one name, without a schema in front. */
export function identifier(dialect: SqlDialect, name: string): string {
  const quote = dialect === 'mysql' ? '`' : '"'
  return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`
}

/** The quoted name of a column's table, in its schema if it has one. */
export function tableOf(dialect: SqlDialect, { schema, table }: SealedColumn): string {
  const name = identifier(dialect, table)
  return schema === undefined ? name : `${identifier(dialect, schema)}.${name}`
}

/** A quoted text constant. */
export function literal(dialect: SqlDialect, text: string): string {
  const escaped = dialect === 'mysql' ? text.replaceAll('\\', '\\\\') : text
  return `'${escaped.replaceAll("'", "''")}'`
}

/** What every cell of this release begins with, as hex of the binary form: magic and suite 1. */
const BINARY_PREFIX = '46534C01'
/** Shortest text form: the empty string's. */
const MIN_TEXT = 59
/** Shortest binary form. */
const MIN_BINARY = 45

/**
 * A condition that is true for cells and false for any other value that is not NULL. `expression` is the column, or
 * `NEW."column"` in a trigger.
 */
export function isCellSql(dialect: SqlDialect, type: ColumnType, expression: string): string {
  if (type === 'Bytes') return isBinaryCell(dialect, expression)
  const text = type === 'Json' ? jsonText(dialect, expression) : expression
  const isText = type === 'String' && dialect === 'sqlite' ? `typeof(${text}) = 'text' AND ` : ''
  const begins = {
    // SQLite's LIKE ignores the case of ASCII letters; GLOB does not. MySQL's follows the collation.
    sqlite: `${text} GLOB 'enc::1.*'`,
    postgresql: `${text} LIKE 'enc::1.%'`,
    mysql: `${text} LIKE BINARY 'enc::1.%'`,
  }[dialect]
  return `(${isText}${begins} AND ${dialect === 'mysql' ? 'CHAR_LENGTH' : 'length'}(${text}) >= ${MIN_TEXT})`
}

function isBinaryCell(dialect: SqlDialect, expression: string): string {
  return {
    sqlite: `(typeof(${expression}) = 'blob' AND hex(substr(${expression}, 1, 4)) = '${BINARY_PREFIX}' AND length(${expression}) >= ${MIN_BINARY})`,
    postgresql: `(encode(substring(${expression} from 1 for 4), 'hex') = '${BINARY_PREFIX.toLowerCase()}' AND length(${expression}) >= ${MIN_BINARY})`,
    mysql: `(HEX(LEFT(${expression}, 4)) = '${BINARY_PREFIX}' AND OCTET_LENGTH(${expression}) >= ${MIN_BINARY})`,
  }[dialect]
}

/** The string a Json column holds; any other JSON value, or what is no JSON, gives a text that is no cell. */
function jsonText(dialect: SqlDialect, expression: string): string {
  return {
    sqlite: `(CASE WHEN json_valid(${expression}) THEN coalesce(${expression} ->> '$', '') ELSE '' END)`,
    postgresql: `coalesce(${expression} #>> '{}', '')`,
    mysql: `coalesce(JSON_UNQUOTE(${expression}), '')`,
  }[dialect]
}
