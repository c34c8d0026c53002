import {
  type ErrorDetails,
  KekUnavailableError,
  KmsConfigurationError,
  type KmsError,
  KmsReplyError,
  KmsRequestError,
  UnwrapFailedError,
} from '../../errors/index.js'
import type { VaultClient } from './client.js'
import type { TransitKey } from './kek-uri.js'
import { answerOf } from './reply.js'
import type { VaultReply } from './transport.js'

/** What Vault says of a transit key. */
export interface TransitKeyState {
  readonly type: string
  /** Whether each context has a key of its own, derived from this one. */
  readonly derived: boolean
  readonly latestVersion: number
  /** Older versions unwrap nothing any more. */
  readonly oldestVersion: number
  /** Deleted so that it can be restored (OpenBao). */
  readonly softDeleted: boolean
  readonly exportable: boolean
  readonly deletionAllowed: boolean
  /** Vault's id of the request that said so. */
  readonly details: ErrorDetails
}

export interface Asking {
  readonly client: VaultClient
  readonly key: TransitKey
  readonly details: ErrorDetails
  readonly signal: AbortSignal
}

/** @throws KmsError; KekUnavailableError `not found` if there is no such key. */
export async function readTransitKey({ client, key, details, signal }: Asking): Promise<TransitKeyState> {
  const reply = await client.send({ method: 'GET', path: `${key.mount}/keys/${key.name}`, details, signal })
  const { data, details: known } = answerOf(reply, 'data', details)
  const { type, derived, latest_version: latest, min_decryption_version: oldest } = data
  if (typeof type !== 'string' || typeof derived !== 'boolean' || typeof latest !== 'number') {
    throw new KmsReplyError('it does not describe a transit key', known)
  }
  // Vault repeats the name: another one is the answer to another question.
  if (data.name !== key.name) throw new KmsReplyError('it describes another key', known)
  return {
    type,
    derived,
    latestVersion: latest,
    oldestVersion: typeof oldest === 'number' ? oldest : 1,
    softDeleted: data.soft_deleted === true,
    exportable: data.exportable === true,
    deletionAllowed: data.deletion_allowed === true,
    details: known,
  }
}

/** Kinds of key with authenticated encryption that wrap a data key to 60 bytes. */
const SUITABLE = ['aes256-gcm96', 'chacha20-poly1305']

/**
 * Refuses a key that would not bind the encryption context: Vault takes a context for any key, and ignores it unless the
 * key is a derived one.
 * @throws KmsConfigurationError
 */
export function requireSuitable({ kekUri, mount, name }: TransitKey, state: TransitKeyState): void {
  const make = `Make one with "vault write -f ${mount}/keys/NAME type=aes256-gcm96 derived=true"; a key cannot be changed into one.`
  if (!SUITABLE.includes(state.type)) {
    throw new KmsConfigurationError(
      `The transit key ${name} of ${mount} has the type ${state.type}; fieldseal needs ${SUITABLE.join(' or ')}. ${make}`,
      { ...state.details, kekUri },
    )
  }
  if (!state.derived) {
    throw new KmsConfigurationError(
      `The transit key ${name} of ${mount} is not derived, so Vault would ignore the encryption context: one tenant's data key could be unwrapped as another's. ${make}`,
      { ...state.details, kekUri },
    )
  }
}

/**
 * Why Vault answered 400. The status says only that it refuses; the state of the key says why, and no text needs to be
 * understood.
 * @param version version of the KEK that wrapped what was to be unwrapped; `undefined` if nothing was.
 */
export async function refusalOf(asking: Asking, reply: VaultReply, version: number | undefined): Promise<KmsError> {
  const state = await readTransitKey(asking)
  const details = { ...asking.details, ...state.details }
  if (state.softDeleted) return new KekUnavailableError('disabled', details)
  requireSuitable(asking.key, state)
  if (version === undefined) return new KmsRequestError(`HTTP status ${reply.status}`, details)
  if (version < state.oldestVersion) return new KekUnavailableError('disabled', details)
  return new UnwrapFailedError(details, 'Check that the KEK was not deleted and made anew under its old name')
}
