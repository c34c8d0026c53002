import {
  type ErrorDetails,
  KekUnavailableError,
  KmsAccessDeniedError,
  type KmsError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../errors/index.js'
import { connectionError } from '../connection-error.js'
import { retryAfterMs } from '../retry-after.js'

/** What an error of the AWS SDK says in codes and numbers. Its messages, headers and bodies are not looked at. */
export interface AwsFailure {
  /** The error code of the service (`__type`), or the class of what failed in this process. */
  readonly name: string
  /** HTTP status; `undefined` if no reply came. */
  readonly status?: number
  readonly requestId?: string
  readonly retryAfterMs?: number
  /** Node.js error code: `ECONNREFUSED`, `CERT_HAS_EXPIRED` … */
  readonly connection?: string
  /** Whether the SDK found this machine's clock wrong and will sign the next request by the server's. */
  readonly isClockCorrected: boolean
}

type Unknown<Key extends string> = { readonly [key in Key]?: unknown }

export function readFailure(error: unknown): AwsFailure {
  const { name, code, $metadata, $response }: Unknown<'name' | 'code' | '$metadata' | '$response'> = Object(error)
  const metadata: Unknown<'httpStatusCode' | 'requestId' | 'clockSkewCorrected'> = Object($metadata)
  const { headers }: Unknown<'headers'> = Object($response)
  const { 'retry-after': retryAfter }: Unknown<'retry-after'> = Object(headers)
  const { httpStatusCode: status, requestId } = metadata
  const waitMs = typeof retryAfter === 'string' ? retryAfterMs(retryAfter) : undefined
  return {
    name: identifier(name) ?? 'Error',
    isClockCorrected: metadata.clockSkewCorrected === true,
    ...(typeof status === 'number' && { status }),
    ...(typeof requestId === 'string' && { requestId }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    ...(typeof code === 'string' && { connection: code }),
  }
}

function identifier(text: unknown): string | undefined {
  return typeof text === 'string' && /^[A-Za-z][A-Za-z0-9_.:]{0,79}$/.test(text) ? text : undefined
}

const DENIED = new Set(['AccessDeniedException', 'AccessDenied', 'InvalidGrantTokenException', 'OptInRequired'])

/** The caller is not known, or its signature does not count. AWS: Common Errors, and the errors of AWS Signature V4. */
const UNKNOWN_CALLER = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
])

const THROTTLED = new Set([
  'RequestLimitExceeded',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
])

/** Errors of AWS KMS that pass, though their HTTP status may be one of the client's. */
const PASSING = new Set([
  'DependencyTimeoutException',
  'InternalFailure',
  'InternalServerError',
  'KeyUnavailableException',
  'KMSInternalException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
])

/** What the SDK throws when it finds no credentials; it may be the machine's metadata service that does not answer. */
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'ProviderError', 'TokenProviderError'])

/** The error for a call to AWS KMS that failed, chosen by AWS's error codes. */
export function kmsErrorFor(failure: AwsFailure, about: ErrorDetails): KmsError {
  const { name, status, requestId, retryAfterMs: waitMs, connection } = failure
  const details = requestId === undefined ? about : { ...about, requestId }
  if (name === 'NotFoundException') return new KekUnavailableError('not found', details)
  if (name === 'DisabledException') return new KekUnavailableError('disabled', details)
  if (name === 'IncorrectKeyException' || name === 'InvalidCiphertextException') return new UnwrapFailedError(details)
  if (DENIED.has(name)) return new KmsAccessDeniedError(details, 'Allow it in the key policy, in IAM, or by a grant')
  if (UNKNOWN_CALLER.has(name) && failure.isClockCorrected) {
    return new KmsUnavailableError('the clock of this machine is wrong', details)
  }
  if (UNKNOWN_CALLER.has(name)) return new KmsAccessDeniedError(details, `Renew the AWS credentials (${name})`)
  if (THROTTLED.has(name) || status === 429) return new KmsUnavailableError('throttled', details, waitMs)
  if (PASSING.has(name)) return new KmsUnavailableError(name, details, waitMs)
  if (status !== undefined && status >= 500) return new KmsUnavailableError(`server error ${status}`, details, waitMs)
  // Of a reply that is no JSON, older versions of the SDK do not tell the status.
  if (name === 'SyntaxError' || (status !== undefined && status < 300)) {
    return new KmsReplyError(`it is not of the protocol (${name})`, details)
  }
  if (NO_CREDENTIALS.has(name)) return new KmsUnavailableError('no AWS credentials were to be had', details)
  if (status === undefined) return connectionError(connection, 'requestHandler: { httpsAgent: { ca } }', details)
  return new KmsRequestError(name, details)
}
