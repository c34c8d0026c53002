import type { EncryptionPolicy } from '../policy/policy.js'
import {
  dialectOf,
  identifier,
  isCellSql,
  literal,
  type SealedColumn,
  type SqlDialect,
  sealedColumns,
} from './sealed-columns.js'

/** Longest identifier that PostgreSQL keeps (63 bytes); MySQL keeps 64 characters. */
const MAX_IDENTIFIER = 63

/**
 * SQL that makes the database itself refuse anything but cells in encrypted columns, whoever writes: a client without
 * the extension, a seed script, raw SQL. CHECK constraints on PostgreSQL and MySQL/MariaDB; on SQLite, which adds no
 * CHECK to a table that exists, triggers of the same effect. Rows stored already are checked on PostgreSQL and MySQL.
 * @returns one statement a string, without the final semicolon, in the policy's order.
 * @throws UnsupportedOperationError for other databases.
 */
export function constraintStatements(policy: EncryptionPolicy): string[] {
  const dialect = dialectOf(policy)
  return sealedColumns(policy).flatMap((column) => (dialect === 'sqlite' ? triggers(column) : [check(dialect, column)]))
}

function check(dialect: SqlDialect, { table, column, type }: SealedColumn): string {
  const name = identifier(dialect, constraintName(table, column))
  const quoted = identifier(dialect, column)
  return `ALTER TABLE ${identifier(dialect, table)} ADD CONSTRAINT ${name} CHECK (${quoted} IS NULL OR ${isCellSql(dialect, type, quoted)})`
}

function triggers({ model, field, table, column, type }: SealedColumn): string[] {
  const fresh = `NEW.${identifier('sqlite', column)}`
  const message = literal('sqlite', `fieldseal: ${model}.${field} takes encrypted values only`)
  return ['INSERT', `UPDATE OF ${identifier('sqlite', column)}`].map((event, at) => {
    const name = identifier('sqlite', constraintName(table, `${column}_${at === 0 ? 'insert' : 'update'}`))
    return `CREATE TRIGGER ${name} BEFORE ${event} ON ${identifier('sqlite', table)} WHEN ${fresh} IS NOT NULL AND NOT coalesce(${isCellSql('sqlite', type, fresh)}, 0) BEGIN SELECT RAISE(ABORT, ${message}); END`
  })
}

function constraintName(table: string, column: string): string {
  const name = `${table}_${column}_sealed`
  return name.length <= MAX_IDENTIFIER ? name : `${name.slice(0, MAX_IDENTIFIER - 7)}_sealed`
}
