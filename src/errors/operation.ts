import { type ErrorDetails, FieldsealError, place } from './base.js'

const inOperation = (details: ErrorDetails): string =>
  details.operation === undefined ? '' : ` (in ${details.operation})`

/** The operation needs something that encrypted or tenant-scoped data cannot give. Nothing reached the database. */
export class UnsupportedOperationError extends FieldsealError {
  readonly code = 'UNSUPPORTED_OPERATION'
  constructor(reason: string, remedy: string, details: ErrorDetails = {}) {
    super(`${place(details)}${inOperation(details)}: ${reason}. ${remedy}.`, details)
  }
}

/** A call writes, filters or selects a blind-index column, which only this library does. */
export class ReservedFieldError extends FieldsealError {
  readonly code = 'RESERVED_FIELD'
  /** @param source the field, or fields, that the index is of. */
  constructor(source: string, details: ErrorDetails = {}, remedy = `Write and filter ${source} instead`) {
    super(
      `${place(details)}${inOperation(details)} holds the blind index of ${source} and is kept by fieldseal. ${remedy}.`,
      details,
    )
  }
}

/** Operations that find a row and write it in one statement, so that it is checked when it is written. */
const CHECKED_AFTER_WRITING: readonly (string | undefined)[] = ['update', 'upsert', 'delete']

/** A row found through a blind index holds another value than was asked for: its tag was moved. */
export class IndexIntegrityError extends FieldsealError {
  readonly code = 'INDEX_INTEGRITY'
  constructor(details: ErrorDetails = {}) {
    const written = CHECKED_AFTER_WRITING.includes(details.operation)
      ? ' The operation was carried out on that row, unless the transaction it is in is rolled back: undo it.'
      : ''
    super(
      `${place(details)}${inOperation(details)}: the row found by this blind index holds another value. Its tag was changed by someone who can write to the database; restore the row.${written}`,
      details,
    )
  }
}

/** A row of another tenant was met where only the context's own may be. */
export class TenantWallError extends FieldsealError {
  readonly code = 'TENANT_WALL'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(`${place(details)}${inOperation(details)}: ${reason}.`, details)
  }
}

/** The database would not keep what is stored in it, or would mix tenants up. Nothing was read or written. */
export class UnsafeDatabaseError extends FieldsealError {
  readonly code = 'UNSAFE_DATABASE'
  constructor(reason: string, remedy: string, details: ErrorDetails = {}) {
    super(`${details.model === undefined ? 'Database' : place(details)}: ${reason}. ${remedy}.`, details)
  }
}
