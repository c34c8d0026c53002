import type { GetKeyOptions, KeyVaultKey } from '@azure/keyvault-keys'
import {
  type ErrorDetails,
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsError,
  KmsReplyError,
  KmsRequestError,
  UnwrapFailedError,
} from '../../errors/index.js'
import { retryAfterMs } from '../retry-after.js'
import type { AzureClients } from './clients.js'
import { denied, type Failure, failureOf, type Observed } from './failure.js'
import type { VaultKey } from './kek-uri.js'

type CallOptions = Pick<GetKeyOptions, 'abortSignal' | 'onResponse'>
type RawResponse = Parameters<NonNullable<CallOptions['onResponse']>>[0]

/** Whose keys are used on whose behalf. */
export interface Asking {
  readonly clients: AzureClients
  readonly key: VaultKey
  readonly details: ErrorDetails
  readonly signal: AbortSignal
}

export interface Answer<T> {
  readonly result: T
  /** With Azure's id of the request. */
  readonly details: ErrorDetails
}

/** What Azure says of a key: of its current version, or of the one that a wrapped key names. */
export async function readKey(asking: Asking, version?: string): Promise<Answer<KeyVaultKey>> {
  const sent = await attempt(asking, readerOf(asking, version), false)
  if ('ask' in sent) {
    throw sent.ask === 'forbidden'
      ? denied(sent.details)
      : await absenceOf(asking, version, version !== undefined, sent.details)
  }
  const { result, observed, details } = sent
  const { version: current } = result.properties
  if (current === undefined || !isOfKey(observed.keyId, asking.key, current)) {
    throw new KmsReplyError('it describes another key', details)
  }
  if (version !== undefined && version !== current) throw new KmsReplyError('it describes another version', details)
  return { result, details }
}

/** Whether a key that is not there was deleted and can be recovered. */
export async function isRecoverable({ clients, key, signal, details }: Asking): Promise<boolean> {
  const client = clients.ofVault(key)
  const asking = { clients, key, signal, details }
  try {
    return !('ask' in (await attempt(asking, (options) => client.getDeletedKey(key.name, options), false)))
  } catch (error) {
    // Whoever may not look at deleted keys is told what he can know.
    if (error instanceof KmsAccessDeniedError) return false
    throw error
  }
}

/**
 * Uses one version of a key.
 * @param opening whether this is to unwrap.
 * @throws KmsError
 */
export async function withKey<T>(
  asking: Asking,
  version: string,
  opening: boolean,
  work: (options: CallOptions) => Promise<T>,
): Promise<Answer<T>> {
  const sent = await attempt(asking, work, opening)
  if ('ask' in sent) {
    throw sent.ask === 'forbidden'
      ? await prohibitionOf(asking, version, sent.details)
      : await absenceOf(asking, version, opening, sent.details)
  }
  const { result, observed, details } = sent
  // The version is stored with the wrapped key: it must be the one that did the work.
  if (!isOfKey(observed.keyId, asking.key, version)) throw new KmsReplyError('it is of another key', details)
  return { result, details }
}

const readerOf =
  ({ clients, key }: Asking, version: string | undefined) =>
  (options: CallOptions): Promise<KeyVaultKey> =>
    clients.ofVault(key).getKey(key.name, version === undefined ? options : { ...options, version })

type Sent<T> =
  | { readonly result: T; readonly observed: Observed; readonly details: ErrorDetails }
  | { readonly ask: 'not found' | 'forbidden'; readonly details: ErrorDetails }

async function attempt<T>(
  { details, signal }: Asking,
  work: (options: CallOptions) => Promise<T>,
  opening: boolean,
): Promise<Sent<T>> {
  const replies: Observed[] = []
  const known = (): ErrorDetails => {
    const requestId = replies.at(-1)?.requestId
    return requestId === undefined ? details : { ...details, requestId }
  }
  try {
    const result = await work({ abortSignal: signal, onResponse: (raw) => void replies.push(observe(raw)) })
    const observed = replies.at(-1)
    if (observed === undefined) throw new KmsReplyError('none came', details)
    return { result, observed, details: known() }
  } catch (error) {
    const failure: Failure = failureOf(error, replies.at(-1), known(), opening)
    if ('ask' in failure) return { ask: failure.ask, details: known() }
    throw failure.error
  }
}

type Members = { readonly [name: string]: unknown }
const membersOf = (value: unknown): Members => Object(value)

function observe({ status, headers, parsedBody }: RawResponse): Observed {
  const body = membersOf(parsedBody)
  const codes: string[] = []
  // Version 4.9 of the SDK spells the inner error in its own way.
  for (let each = membersOf(body.error); codes.length < 5; each = membersOf(each.innererror ?? each.innerError)) {
    const { code } = each
    if (typeof code !== 'string' || !/^[A-Za-z]{1,80}$/.test(code)) break
    codes.push(code)
  }
  const kid = body.kid ?? membersOf(body.key).kid
  const requestId = headers.get('x-ms-request-id')
  return {
    status,
    requestId: requestId !== undefined && /^[\w-]{1,100}$/.test(requestId) ? requestId : undefined,
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
    codes,
    keyId: typeof kid === 'string' ? kid : undefined,
  }
}

/** Azure takes names of keys in any case, and answers with the one they were made in. */
function isOfKey(keyId: string | undefined, { name }: VaultKey, version: string): boolean {
  return keyId?.toLowerCase().endsWith(`/keys/${name}/${version}`.toLowerCase()) === true
}

/** Why a key was not found: it is gone, it is about to go, or it never had this version. */
async function absenceOf(
  asking: Asking,
  version: string | undefined,
  opening: boolean,
  details: ErrorDetails,
): Promise<KmsError> {
  if (version !== undefined) {
    const sent = await attempt(asking, readerOf(asking, undefined), false)
    if (!('ask' in sent)) {
      if (sent.result.properties.enabled === false) return new KekUnavailableError('disabled', details)
      return opening
        ? new UnwrapFailedError(
            details,
            'It was made with a version of the KEK or of the signing key that is not there',
          )
        : new KmsRequestError('404, no such version', details)
    }
    if (sent.ask === 'forbidden') return denied(details)
  }
  return new KekUnavailableError((await isRecoverable(asking)) ? 'pending deletion' : 'not found', details)
}

/** Why a version may not be used, where the reply leaves open whether that is for the key's sake or the caller's. */
async function prohibitionOf(asking: Asking, version: string, details: ErrorDetails): Promise<KmsError> {
  try {
    const { result } = await readKey(asking, version)
    return result.properties.enabled === false ? new KekUnavailableError('disabled', details) : denied(details)
  } catch (error) {
    return error instanceof KmsError && error.retryable ? error : denied(details)
  }
}
