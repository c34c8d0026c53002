import { sha256, utf8 } from '../crypto/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import {
  dialectOf,
  identifier,
  isCellSql,
  literal,
  type SealedColumn,
  type SqlDialect,
  sealedColumns,
  tableOf,
} from './sealed-columns.js'

/** Longest identifier that PostgreSQL keeps, in bytes; MySQL keeps 64 characters. */
const MAX_IDENTIFIER = 63

/**
 * SQL that makes the database itself refuse anything but cells in encrypted columns, whoever writes: a client without
 * the extension, a seed script, raw SQL. CHECK constraints on PostgreSQL and MySQL/MariaDB, where rows stored already
 * are checked, too; on SQLite, which adds no CHECK to a table that exists, triggers of the same effect, which end with
 * the table when Prisma Migrate rebuilds it.
 * @returns one statement a string, without the final semicolon, in the policy's order.
 * @throws UnsupportedOperationError for other databases.
 */
export function constraintStatements(policy: EncryptionPolicy): string[] {
  const dialect = dialectOf(policy)
  return sealedColumns(policy).flatMap((column) => (dialect === 'sqlite' ? triggers(column) : [check(dialect, column)]))
}

function check(dialect: SqlDialect, sealed: SealedColumn): string {
  const { table, column, type } = sealed
  const name = identifier(dialect, objectName(table, column, 'sealed'))
  const quoted = identifier(dialect, column)
  return `ALTER TABLE ${tableOf(dialect, sealed)} ADD CONSTRAINT ${name} CHECK (${quoted} IS NULL OR ${isCellSql(dialect, type, quoted)})`
}

function triggers({ model, field, table, column, type }: SealedColumn): string[] {
  const fresh = `NEW.${identifier('sqlite', column)}`
  const message = literal('sqlite', `fieldseal: ${model}.${field} takes encrypted values only`)
  const events = { insert: 'INSERT', update: `UPDATE OF ${identifier('sqlite', column)}` }
  return Object.entries(events).map(([role, event]) => {
    const name = identifier('sqlite', objectName(table, column, `${role}_sealed`))
    return `CREATE TRIGGER ${name} BEFORE ${event} ON ${identifier('sqlite', table)} WHEN ${fresh} IS NOT NULL AND NOT ${isCellSql('sqlite', type, fresh)} BEGIN SELECT RAISE(ABORT, ${message}); END`
  })
}

/**
 * The same for the same column ever after, and another for every other: SQLite's triggers share one name space, as do
 * MySQL's constraints. Names that would be too long, or could be read as those of another column, carry a digest.
 */
function objectName(table: string, column: string, role: string): string {
  const name = `${table}_${column}_${role}`
  const isPlain = /^[A-Za-z0-9]+$/.test(table) && /^[A-Za-z0-9]+$/.test(column)
  if (isPlain && name.length <= MAX_IDENTIFIER) return name
  const ending = `_${sha256(utf8(JSON.stringify([table, column])))
    .toString('hex')
    .slice(0, 8)}_${role}`
  let start = `${table}_${column}`
  while (utf8(start + ending).length > MAX_IDENTIFIER) start = [...start].slice(0, -1).join('')
  return start + ending
}
