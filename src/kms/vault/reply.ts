import {
  type ErrorDetails,
  KekUnavailableError,
  KmsAccessDeniedError,
  type KmsError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
} from '../../errors/index.js'
import type { CutPlaintext } from './plaintext.js'
import type { VaultReply } from './transport.js'

export type Members = { readonly [name: string]: unknown }

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A successful reply, and whatever of it Vault's support and audit log can be asked about. */
export interface Answer {
  readonly data: Members
  readonly plaintext: CutPlaintext | undefined
  readonly details: ErrorDetails
}

/**
 * The `data` (or, of a login, `auth`) of a successful reply.
 * @throws KmsReplyError if it has none; otherwise the error that the status stands for.
 */
export function answerOf(reply: VaultReply, member: 'data' | 'auth', details: ErrorDetails): Answer {
  const { plaintext } = reply
  if (reply.status < 200 || reply.status > 299) {
    plaintext?.key.fill(0)
    throw failureOf(reply, details)
  }
  const { body } = reply
  const requestId = isObject(body) && typeof body.request_id === 'string' ? body.request_id : undefined
  const known = requestId === undefined ? details : { ...details, requestId }
  const data = isObject(body) ? body[member] : undefined
  if (isObject(data)) return { data, plaintext, details: known }
  plaintext?.key.fill(0)
  throw new KmsReplyError(`it has no ${member}`, known)
}

/**
 * The error a status stands for. Vault has no error codes: its documentation gives a meaning to the HTTP status alone,
 * and the text of a failure may change and may quote what was sent.
 */
export function failureOf({ status, retryAfterMs }: VaultReply, details: ErrorDetails): KmsError {
  switch (status) {
    case 401:
    case 403:
      return new KmsAccessDeniedError(
        details,
        'Check that the token is alive and has the policy that "npx fieldseal doctor" prints',
      )
    case 404:
      return new KekUnavailableError('not found', details)
    case 412:
      return new KmsUnavailableError('412, this node is behind', details, retryAfterMs)
    case 429:
      return new KmsUnavailableError('throttled', details, retryAfterMs)
    case 472:
    case 473:
      return new KmsUnavailableError(`${status}, this node is a standby`, details, retryAfterMs)
    case 503:
      return new KmsUnavailableError('503, sealed or in maintenance', details, retryAfterMs)
  }
  if (status >= 500) return new KmsUnavailableError(`server error ${status}`, details, retryAfterMs)
  if (status >= 300 && status < 400) {
    return new KmsRequestError(`${status}, a redirect, which would take the token to another host`, details)
  }
  return new KmsRequestError(`HTTP status ${status}`, details)
}
