import { type ErrorDetails, FieldsealError, place } from './base.js'

/** The value lies in the reserved space of cells but breaks the format. */
export class MalformedCellError extends FieldsealError {
  readonly code = 'MALFORMED_CELL'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(
      `${place(details)} holds a malformed cell: ${reason}. The stored value was truncated or altered; restore it from a backup.`,
      details,
    )
  }
}

/** The cell names a format (suite) that this release does not open. */
export class UnknownFormatError extends FieldsealError {
  readonly code = 'UNKNOWN_FORMAT'
  constructor(suite: string, details: ErrorDetails = {}) {
    super(
      `${place(details)} holds a cell of format ${suite}, which this release cannot open. Upgrade fieldseal, or restore the value if it was altered.`,
      details,
    )
  }
}

/** No key row has the id that the cell or tag names. */
export class UnknownKeyError extends FieldsealError {
  readonly code = 'UNKNOWN_KEY'
  constructor(details: ErrorDetails = {}) {
    super(
      `${place(details)} names the key ${details.keyId ?? '?'}, which the key store does not hold. Check that this process uses the key store the value was sealed with, and that the value was not altered.`,
      details,
    )
  }
}

/** The cell names a key that belongs to a tenant other than the one in context. */
export class ForeignTenantKeyError extends FieldsealError {
  readonly code = 'FOREIGN_TENANT_KEY'
  constructor(details: ErrorDetails = {}) {
    super(
      `${place(details)} is sealed with the key ${details.keyId ?? '?'} of another tenant. Open it in that tenant's context; if the row belongs to this tenant, the value was moved.`,
      details,
    )
  }
}

/** AES-GCM refused the cell. Which cause it was, the cipher cannot say. */
export class AuthenticationFailedError extends FieldsealError {
  readonly code = 'AUTHENTICATION_FAILED'
  constructor(details: ErrorDetails = {}) {
    super(
      `${place(details)} failed authentication: the cell was altered, or sealed for another field, row or key. Restore the value, or seal it again from its source.`,
      details,
    )
  }
}

/** The cell opened, but holds a value of another type than the policy says. */
export class CodecMismatchError extends FieldsealError {
  readonly code = 'CODEC_MISMATCH'
  constructor(expected: string, found: string, details: ErrorDetails = {}) {
    super(
      `${place(details)} should hold ${expected} but its cell holds ${found}. The field's type changed after the value was sealed; restore the old type, or re-encrypt the column.`,
      details,
    )
  }
}

/** A column in `strict` mode holds a value that is not a cell. */
export class PlaintextFoundError extends FieldsealError {
  readonly code = 'PLAINTEXT_FOUND'
  constructor(details: ErrorDetails = {}) {
    super(
      `${place(details)} holds a value that is not a cell: it was written without encryption, or its prefix was altered. Encrypt what is stored before using the field in strict mode.`,
      details,
    )
  }
}
