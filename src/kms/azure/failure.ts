import {
  type ErrorDetails,
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsConfigurationError,
  KmsError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../errors/index.js'
import { connectionError } from '../connection-error.js'
import { CredentialFailure } from './credential.js'

/** What a reply said in codes and numbers. Its texts and its body are not kept. */
export interface Observed {
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  /** `error.code` and the codes within it, outermost first. */
  readonly codes: readonly string[]
  /** Id of the key version that did the work. */
  readonly keyId: string | undefined
}

/**
 * Why a call failed: an error, or a question that only the state of the key answers (`ask`): 404 may mean the key or its
 * version, and 403 without a code that says more may mean a disabled key.
 */
export type Failure = { readonly error: KmsError } | { readonly ask: 'not found' | 'forbidden' }

/** Codes below `Forbidden` that say that it is about the caller. Azure Key Vault: REST API error codes. */
const DENIED = ['AccessDenied', 'ForbiddenByPolicy', 'ForbiddenByRbac', 'ForbiddenByFirewall', 'ForbiddenByConnection']

/**
 * @param error what the SDK threw; an error of ours stands.
 * @param observed its last reply; `undefined` if none came.
 * @param opening whether something was to be unwrapped: then a bad request means bad material.
 */
export function failureOf(
  error: unknown,
  observed: Observed | undefined,
  details: ErrorDetails,
  opening: boolean,
): Failure {
  if (error instanceof KmsError) return { error }
  if (error instanceof CredentialFailure) return { error: withoutToken(error, details) }
  if (observed === undefined) return { error: withoutReply(error, details) }
  const { status, codes, retryAfterMs } = observed
  const code = codes.at(-1)
  const reason = code === undefined ? `HTTP status ${status}` : `${status}, ${code}`
  if (status >= 200 && status < 300) return { error: new KmsReplyError('it is not as Key Vault answers', details) }
  switch (status) {
    case 400:
      return { error: opening ? new UnwrapFailedError(details) : new KmsRequestError(reason, details) }
    case 401:
      return {
        error: new KmsAccessDeniedError(details, 'Check that the credential is of the tenant that owns the vault'),
      }
    case 403:
      if (codes.includes('KeyDisabled')) return { error: new KekUnavailableError('disabled', details) }
      if (codes.some((each) => DENIED.includes(each))) return { error: denied(details) }
      return { ask: 'forbidden' }
    case 404:
      return { ask: 'not found' }
    case 409:
      return { error: new KekUnavailableError('pending deletion', details) }
    case 429:
      return { error: new KmsUnavailableError('throttled', details, retryAfterMs) }
  }
  const passing = status === 408 || status >= 500
  return {
    error: passing
      ? new KmsUnavailableError(`server error ${reason}`, details, retryAfterMs)
      : new KmsRequestError(reason, details),
  }
}

export function denied(details: ErrorDetails): KmsAccessDeniedError {
  return new KmsAccessDeniedError(
    details,
    'Assign the role that "npx fieldseal doctor" prints, and let this network through the firewall of the vault',
  )
}

function withoutToken({ passing }: CredentialFailure, details: ErrorDetails): KmsError {
  return passing
    ? new KmsUnavailableError('the credential could not get a token', details)
    : new KmsAccessDeniedError(details, 'The credential got no token: check how this process signs in to Azure')
}

type Unknown<Key extends string> = { readonly [key in Key]?: unknown }

function withoutReply(error: unknown, details: ErrorDetails): KmsError {
  const { name, code }: Unknown<'name' | 'code'> = Object(error)
  if (name === 'RestError') return connectionError(code, 'clientOptions.tlsOptions.ca', details)
  // The SDK refuses to show its token to a host whose challenge names another one.
  return new KmsConfigurationError(
    `The SDK of Azure will not talk to the host of ${details.kekUri ?? '?'}: it does not answer as a key vault of its name does. Check the KEK URI and clientOptions.`,
    details,
  )
}
