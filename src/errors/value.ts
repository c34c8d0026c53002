import { type ErrorDetails, FieldsealError, place } from './base.js'

/** A value does not fit the type it is to be sealed as. The message describes the fault, never the value. */
export class InvalidValueError extends FieldsealError {
  readonly code = 'INVALID_VALUE'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(`${place(details)}: ${reason}.`, details)
  }
}

/** The plaintext is longer than the column, or the format, can hold. */
export class ValueTooLongError extends FieldsealError {
  readonly code = 'VALUE_TOO_LONG'
  /** Largest allowed plaintext, in bytes. */
  readonly maxBytes: number
  constructor(maxBytes: number, details: ErrorDetails = {}) {
    super(
      `${place(details)}: the value is longer than ${maxBytes} bytes, the most this field takes. Shorten it, or widen the column and raise maxBytes.`,
      details,
    )
    this.maxBytes = maxBytes
  }
}
