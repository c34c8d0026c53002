import type { SqlDialect } from './sealed-columns.js'

/** A query for the database's own clock: one row, one column `now`, milliseconds since 1970-01-01 UTC. */
export function databaseClockSql(dialect: SqlDialect): string {
  return {
    sqlite: `SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS now`,
    postgresql: `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS now`,
    mysql: `SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now`,
  }[dialect]
}
