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
  /** Everything that is wrong, one sentence or two each. */
  readonly problems: readonly string[]
  constructor(problems: string | readonly string[], details: ErrorDetails = {}) {
    const all = typeof problems === 'string' ? [problems] : problems
    super(
      all.length === 1 ? all.join() : `The KMS configuration has ${all.length} problems:\n- ${all.join('\n- ')}`,
      details,
    )
    this.problems = all
  }
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

/** The KMS says that this process may not use the KEK, or does not know who is asking. */
export class KmsAccessDeniedError extends KmsError {
  readonly code = 'KMS_ACCESS_DENIED'
  readonly retryable = false
  constructor(details: ErrorDetails = {}, remedy = 'Grant this process access to it') {
    super(`The KMS denies the use of ${details.kekUri ?? '?'}. ${remedy}.`, details)
  }
}

/** The KEK is disabled, pending deletion or gone. */
export class KekUnavailableError extends KmsError {
  readonly code = 'KEK_UNAVAILABLE'
  readonly retryable = false
  readonly reason: 'disabled' | 'pending deletion' | 'not found'
  constructor(reason: KekUnavailableError['reason'], details: ErrorDetails = {}) {
    super(
      `The KEK ${details.kekUri ?? '?'} is ${reason}. Restore it in the KMS; no data key can be opened without it.`,
      details,
    )
    this.reason = reason
  }
}

/** The KMS did not answer, timed out, throttled, or failed within. */
export class KmsUnavailableError extends KmsError {
  readonly code = 'KMS_UNAVAILABLE'
  readonly retryable = true
  /** Milliseconds the KMS asks to wait before the next call, if it said so. */
  readonly retryAfterMs?: number
  /** @param reason `throttled`, `timed out`, `no connection`, `server error 503` … */
  constructor(reason: string, details: ErrorDetails = {}, retryAfterMs?: number) {
    super(
      `The KMS of ${details.kekUri ?? '?'} is not available (${reason}). The operation was not carried out; try again.`,
      details,
    )
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
  }
}

/** The KMS answered with something that cannot be its answer: a damaged reply, a failed checksum, a key of wrong length. */
export class KmsReplyError extends KmsError {
  readonly code = 'KMS_INVALID_REPLY'
  readonly retryable = true
  constructor(reason: string, details: ErrorDetails = {}) {
    super(
      `The reply of the KMS of ${details.kekUri ?? '?'} cannot be used: ${reason}. Try again; if it stays, look for a proxy in between that alters replies.`,
      details,
    )
  }
}

/** The KMS refused the request itself: a KEK of another kind than this library needs, or a parameter it does not know. */
export class KmsRequestError extends KmsError {
  readonly code = 'KMS_REQUEST_REFUSED'
  readonly retryable = false
  /** @param reason the provider's error code or a description without values. */
  constructor(reason: string, details: ErrorDetails = {}) {
    super(
      `The KMS refuses the request for ${details.kekUri ?? '?'} (${reason}). Check the kind of the KEK and the provider's options; "npx fieldseal doctor" tells more.`,
      details,
    )
  }
}

/** The caller's AbortSignal ended the call. */
export class KmsCancelledError extends KmsError {
  readonly code = 'KMS_CANCELLED'
  readonly retryable = false
  constructor(details: ErrorDetails = {}) {
    super(`The call to the KMS of ${details.kekUri ?? '?'} was cancelled by its caller.`, details)
  }
}
