import {
  type ErrorDetails,
  KekUnavailableError,
  KmsAccessDeniedError,
  type KmsError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../errors/index.js'

/** Names of the status codes of gRPC, by number. */
const STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

/** What an error of the SDK says in codes and numbers. Its messages and metadata are not looked at. */
export interface GcpFailure {
  /** `undefined` for errors that are not of gRPC. */
  readonly status?: (typeof STATUS)[number]
  /** Types of google.rpc.PreconditionFailure: `KEY_DISABLED` … */
  readonly violations: readonly string[]
  /** From google.rpc.RetryInfo. */
  readonly retryAfterMs?: number
  /** From google.rpc.RequestInfo. */
  readonly requestId?: string
}

type Unknown<Key extends string> = { readonly [key in Key]?: unknown }

export function readFailure(error: unknown): GcpFailure {
  const { code, statusDetails }: Unknown<'code' | 'statusDetails'> = Object(error)
  const details: readonly Unknown<'violations' | 'retryDelay' | 'requestId'>[] = listOf(statusDetails).map(Object)
  const status = typeof code === 'number' ? STATUS[code] : undefined
  const retryAfterMs = details.map(({ retryDelay }) => milliseconds(retryDelay)).find((delay) => delay !== undefined)
  const requestId = details.map((detail) => detail.requestId).find((id) => typeof id === 'string' && id !== '')
  return {
    violations: details.flatMap(({ violations }) => listOf(violations).flatMap(typeOf)),
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(typeof requestId === 'string' && { requestId }),
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function typeOf(violation: unknown): string[] {
  const { type }: Unknown<'type'> = Object(violation)
  return typeof type === 'string' && /^[A-Z][A-Z0-9_]{0,79}$/.test(type) ? [type] : []
}

/** A google.protobuf.Duration; its seconds are a number, a string or a Long. */
function milliseconds(duration: unknown): number | undefined {
  if (typeof duration !== 'object' || duration === null) return undefined
  const { seconds, nanos }: Unknown<'seconds' | 'nanos'> = duration
  const total = Number(String(seconds ?? 0)) * 1000 + Number(nanos ?? 0) / 1e6
  return Number.isFinite(total) ? Math.max(0, total) : undefined
}

/** What was asked when it failed: a ciphertext that is refused is no request that is refused. */
export type GcpCall = 'encrypt' | 'decrypt' | 'getCryptoKey'

/** The error for a call to Cloud KMS that failed, chosen by gRPC's status and the types of its details. */
export function kmsErrorFor(failure: GcpFailure, call: GcpCall, about: ErrorDetails): KmsError {
  const { status, retryAfterMs, requestId } = failure
  const details = requestId === undefined ? about : { ...about, requestId }
  switch (status) {
    case 'NOT_FOUND':
      return new KekUnavailableError('not found', details)
    case 'FAILED_PRECONDITION':
      return preconditionError(failure.violations, details)
    case 'INVALID_ARGUMENT':
      return call === 'decrypt' ? new UnwrapFailedError(details) : new KmsRequestError(status, details)
    case 'PERMISSION_DENIED':
      return new KmsAccessDeniedError(details, 'Grant it in IAM, on the key or above')
    case 'UNAUTHENTICATED':
      return new KmsAccessDeniedError(details, 'Renew the Google Cloud credentials (UNAUTHENTICATED)')
    case 'RESOURCE_EXHAUSTED':
      return new KmsUnavailableError('throttled', details, retryAfterMs)
    case 'DEADLINE_EXCEEDED':
      return new KmsUnavailableError('timed out', details, retryAfterMs)
    case 'ALREADY_EXISTS':
    case 'OUT_OF_RANGE':
    case 'UNIMPLEMENTED':
      return new KmsRequestError(status, details)
    case undefined:
      return new KmsUnavailableError('unexpected error of the Google Cloud SDK', details)
    default:
      return new KmsUnavailableError(status, details, retryAfterMs)
  }
}

function preconditionError(violations: readonly string[], details: ErrorDetails): KmsError {
  if (violations.includes('KEY_DESTROY_SCHEDULED')) return new KekUnavailableError('pending deletion', details)
  if (violations.includes('KEY_DESTROYED')) return new KekUnavailableError('not found', details)
  const [other] = violations.filter((type) => type !== 'KEY_DISABLED')
  // Without a word on why, it is the key's state: for requests like these there is no other precondition.
  return other === undefined ? new KekUnavailableError('disabled', details) : new KmsRequestError(other, details)
}
