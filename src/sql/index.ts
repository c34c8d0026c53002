export { databaseClockSql } from './clock.js'
export { constraintStatements } from './constraints.js'
export {
  dialectOf,
  identifier,
  isCellSql,
  literal,
  type SealedColumn,
  type SqlDialect,
  sealedColumns,
  tableOf,
} from './sealed-columns.js'
