import { type ErrorDetails, FieldsealError } from './base.js'

/** Base of what a KMS call can end in. */
export abstract class KmsError extends FieldsealError {
  /** Whether the same call may succeed later without anyone changing anything. */
  abstract readonly retryable: boolean
}

/** The provider is not set up: a key, a variable or an option is missing or malformed. */
export class KmsConfigurationError extends KmsError {
  readonly code = 'KMS_CONFIGURATION'
  readonly retryable = false
}

/** No configured provider knows the KEK URI. */
export class UnknownKekError extends KmsError {
  readonly code = 'UNKNOWN_KEK'
  readonly retryable = false
  constructor(known: readonly string[], details: ErrorDetails = {}) {
    super(
      `No configured KMS knows the KEK ${details.kekUri ?? '?'}. Known: ${known.join(', ') || 'none'}. Configure its provider, or correct kekFor().`,
      details,
    )
  }
}

/** The KMS refused to unwrap: wrong key, wrong context, or altered material. */
export class UnwrapFailedError extends KmsError {
  readonly code = 'UNWRAP_FAILED'
  readonly retryable = false
  constructor(details: ErrorDetails = {}, hint = 'Check that this process has the KEK the row was wrapped with') {
    super(
      `The KMS could not unwrap the key ${details.keyId ?? '?'} with ${details.kekUri ?? '?'}: another master key, another application name or tenant, or an altered key row. ${hint}.`,
      details,
    )
  }
}

/** The KMS says that this process may not use the KEK. */
export class KmsAccessDeniedError extends KmsError {
  readonly code = 'KMS_ACCESS_DENIED'
  readonly retryable = false
  constructor(details: ErrorDetails = {}) {
    super(`The KMS denies the use of ${details.kekUri ?? '?'}. Grant this process access to it.`, details)
  }
}

/** The KEK is disabled, pending deletion or gone. */
export class KekUnavailableError extends KmsError {
  readonly code = 'KEK_UNAVAILABLE'
  readonly retryable = false
  constructor(reason: 'disabled' | 'pending deletion' | 'not found', details: ErrorDetails = {}) {
    super(
      `The KEK ${details.kekUri ?? '?'} is ${reason}. Restore it in the KMS; no data key can be opened without it.`,
      details,
    )
  }
}

/** The KMS did not answer, timed out or throttled. */
export class KmsUnavailableError extends KmsError {
  readonly code = 'KMS_UNAVAILABLE'
  readonly retryable = true
  constructor(reason: string, details: ErrorDetails = {}) {
    super(
      `The KMS of ${details.kekUri ?? '?'} is not available (${reason}). The operation was not carried out; try again.`,
      details,
    )
  }
}
