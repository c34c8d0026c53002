import {
  type ErrorDetails,
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsCancelledError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../errors/index.js'
import type { KmsOperation } from '../kms/kms.js'

const ERRORS = {
  // May be tried again.
  throttled: (details: ErrorDetails, retryAfterMs?: number) =>
    new KmsUnavailableError('throttled', details, retryAfterMs),
  unavailable: (details: ErrorDetails) => new KmsUnavailableError('fault injected', details),
  'timed out': (details: ErrorDetails) => new KmsUnavailableError('timed out', details),
  'no connection': (details: ErrorDetails) => new KmsUnavailableError('no connection', details),
  'invalid reply': (details: ErrorDetails) => new KmsReplyError('fault injected', details),
  // Stay as they are until somebody does something.
  'access denied': (details: ErrorDetails) => new KmsAccessDeniedError(details),
  disabled: (details: ErrorDetails) => new KekUnavailableError('disabled', details),
  'pending deletion': (details: ErrorDetails) => new KekUnavailableError('pending deletion', details),
  'not found': (details: ErrorDetails) => new KekUnavailableError('not found', details),
  'unwrap failed': (details: ErrorDetails) => new UnwrapFailedError(details),
  'request refused': (details: ErrorDetails) => new KmsRequestError('fault injected', details),
  cancelled: (details: ErrorDetails) => new KmsCancelledError(details),
  // What no provider should throw, and a faulty one does.
  'foreign error': () => new TypeError('fault injected'),
} as const

/** Replies that look like success. */
const GARBAGE = ['wrong key', 'wrong length', 'not bytes'] as const

/** A reply that is not what was asked for. */
export type GarbageKind = (typeof GARBAGE)[number]

/**
 * What can go wrong with a call: each error a provider may end in; `foreign error`, one it must not end in; the replies
 * `wrong key`, `wrong length` and `not bytes`; and `hang`, which never answers until the call's signal aborts it.
 */
export type KmsFaultKind = keyof typeof ERRORS | GarbageKind | 'hang'

/** Every kind of fault, for tests that try them all. */
export const KMS_FAULTS: readonly KmsFaultKind[] = [
  'throttled',
  'unavailable',
  'timed out',
  'no connection',
  'invalid reply',
  'access denied',
  'disabled',
  'pending deletion',
  'not found',
  'unwrap failed',
  'request refused',
  'cancelled',
  'foreign error',
  ...GARBAGE,
  'hang',
]

/** A fault for one call. */
export type KmsFault =
  | {
      readonly kind: KmsFaultKind
      /** For `throttled`: milliseconds the KMS asks to wait. */
      readonly retryAfterMs?: number
    }
  /** The call rejects with this error. */
  | { readonly kind: 'error'; readonly error: Error }

/** Which calls meet a fault: all, unless narrowed. */
export interface KmsFaultScope {
  readonly operation?: KmsOperation
  readonly kekUri?: string
  /** How many calls meet it; without a number, all until `recover()`. */
  readonly times?: number
}

/** The error a fault ends a call in, or `undefined` if it is of another nature. */
export function errorOfFault(fault: KmsFault, details: ErrorDetails): Error | undefined {
  if (fault.kind === 'error') return fault.error
  const { kind, retryAfterMs } = fault
  return isGarbage(kind) || kind === 'hang' ? undefined : ERRORS[kind](details, retryAfterMs)
}

/** Whether a fault spoils the reply of a call that otherwise succeeds. */
export function isGarbage(kind: string): kind is GarbageKind {
  return GARBAGE.some((known) => known === kind)
}
