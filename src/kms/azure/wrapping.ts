import { KEY_BYTES, takeKey } from '../../crypto/index.js'
import {
  type ErrorDetails,
  KekUnavailableError,
  KmsConfigurationError,
  KmsReplyError,
  KmsRequestError,
  UnwrapFailedError,
} from '../../errors/index.js'
import { encryptionContextBytes } from '../context-bytes.js'
import type { EncryptionContext } from '../kms.js'
import { isKeyVersion, type VaultKey } from './kek-uri.js'
import { type AzureSettings, unsigned } from './options.js'
import { type Asking, readKey, withKey } from './send.js'
import type { Signer } from './signer.js'
import { parseWrapped, serialiseWrapped, signedBytes, type WrappedByAes, type WrappedByRsa } from './wrapped.js'

/** Wraps and unwraps data keys, by the scheme that the kind of the KEK allows. */
export interface Wrapping {
  wrap(asking: Asking, dataKey: Uint8Array, context: EncryptionContext): Promise<Uint8Array>
  /** The data key, in memory of its own. */
  unwrap(asking: Asking, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>
}

export function azureWrapping({ signingKey, acceptedSigners }: AzureSettings, signer: Signer): Wrapping {
  async function wrapByAes(asking: Asking, version: string, dataKey: Uint8Array, context: EncryptionContext) {
    const client = asking.clients.ofKey(asking.key, version)
    const additionalAuthenticatedData = encryptionContextBytes(context)
    const { result, details } = await withKey(asking, version, false, (options) =>
      client.encrypt({ algorithm: 'A256GCM', plaintext: dataKey, additionalAuthenticatedData }, options),
    )
    const { result: ciphertext, iv, authenticationTag: tag } = result
    if (ciphertext === undefined || iv === undefined || tag === undefined) throw incomplete(details)
    return readable(serialiseWrapped({ scheme: 'A256GCM', version, iv, ciphertext, tag }), details)
  }

  async function unwrapByAes(asking: Asking, wrapped: WrappedByAes, context: EncryptionContext) {
    const { version, iv, ciphertext, tag: authenticationTag } = wrapped
    const client = asking.clients.ofKey(asking.key, version)
    const additionalAuthenticatedData = encryptionContextBytes(context)
    const { result, details } = await withKey(asking, version, true, (options) =>
      client.decrypt({ algorithm: 'A256GCM', ciphertext, iv, authenticationTag, additionalAuthenticatedData }, options),
    )
    return dataKeyOf(result.result, details)
  }

  async function wrapByRsa(asking: Asking, version: string, dataKey: Uint8Array, context: EncryptionContext) {
    if (signingKey === undefined) throw unsigned(asking.key)
    const client = asking.clients.ofKey(asking.key, version)
    const { result, details } = await withKey(asking, version, false, (options) =>
      client.wrapKey('RSA-OAEP-256', dataKey, options),
    )
    const ciphertext: Uint8Array | undefined = result.result
    if (ciphertext === undefined) throw incomplete(details)
    const { kekUri } = asking.key
    const base = { version, ciphertext, signer: signingKey.kekUri }
    const signed = { ...base, kekUri, context: encryptionContextBytes(context), dataKey }
    const signature = await signer.sign(ofSigner(asking, signingKey), (signerVersion) =>
      signedBytes({ ...signed, signerVersion }),
    )
    return readable(serialiseWrapped({ scheme: 'RSA-OAEP-256', ...base, ...signature }), details)
  }

  async function unwrapByRsa(asking: Asking, wrapped: WrappedByRsa, context: EncryptionContext) {
    const { version, ciphertext } = wrapped
    const accepted = acceptedSigners.get(wrapped.signer)
    if (accepted === undefined) {
      if (acceptedSigners.size === 0) throw unsigned(asking.key)
      throw new UnwrapFailedError(asking.details, 'It is signed by none of signingKey and acceptSigningKeys')
    }
    const client = asking.clients.ofKey(asking.key, version)
    const { result, details } = await withKey(asking, version, true, (options) =>
      client.unwrapKey('RSA-OAEP-256', ciphertext, options),
    )
    const dataKey = dataKeyOf(result.result, details)
    try {
      const { kekUri } = asking.key
      const message = signedBytes({ ...wrapped, kekUri, context: encryptionContextBytes(context), dataKey })
      if (await signer.verify(ofSigner(asking, accepted), message, wrapped)) return dataKey
    } catch (error) {
      dataKey.fill(0)
      throw error
    }
    dataKey.fill(0)
    throw new UnwrapFailedError(details, 'Its signature does not fit')
  }

  return {
    async wrap(asking, dataKey, context) {
      const { result, details } = await readKey(asking)
      const { enabled, expiresOn, version } = result.properties
      if (enabled === false) throw new KekUnavailableError('disabled', details)
      if (expiresOn !== undefined && expiresOn.getTime() < Date.now()) {
        throw new KmsRequestError('its current version has expired; rotate the key', details)
      }
      if (version === undefined || !isKeyVersion(version)) throw new KmsReplyError('its version is unknown', details)
      const { keyType } = result
      if (keyType === 'oct-HSM' || keyType === 'oct') return wrapByAes(asking, version, dataKey, context)
      if (keyType === 'RSA' || keyType === 'RSA-HSM') return wrapByRsa(asking, version, dataKey, context)
      throw new KmsConfigurationError(
        `${asking.key.kekUri} is no key that can wrap. A KEK is an RSA key, or a symmetric key (oct-HSM) of 256 bits of a Managed HSM.`,
        details,
      )
    },
    async unwrap(asking, bytes, context) {
      const wrapped = parseWrapped(bytes)
      if (wrapped === undefined)
        throw new UnwrapFailedError(asking.details, 'The wrapped key has no form of azureKms()')
      return wrapped.scheme === 'A256GCM'
        ? unwrapByAes(asking, wrapped, context)
        : unwrapByRsa(asking, wrapped, context)
    },
  }
}

function ofSigner(asking: Asking, key: VaultKey): Asking {
  return { ...asking, key, details: { ...asking.details, kekUri: key.kekUri } }
}

function incomplete(details: ErrorDetails): KmsReplyError {
  return new KmsReplyError('it lacks what was asked for', details)
}

/** The stored form, unless the reply held something that could not be read again. */
function readable(wrapped: Uint8Array, details: ErrorDetails): Uint8Array {
  if (parseWrapped(wrapped) === undefined)
    throw new KmsReplyError('its parts have lengths of another algorithm', details)
  return wrapped
}

/** The data key of a reply, in memory of its own; the SDK's copy is erased. */
function dataKeyOf(reply: Uint8Array | undefined, details: ErrorDetails): Uint8Array {
  if (reply === undefined) throw incomplete(details)
  try {
    if (reply.length !== KEY_BYTES)
      throw new KmsReplyError(`a data key has ${KEY_BYTES} bytes, not ${reply.length}`, details)
    return takeKey(reply)
  } finally {
    reply.fill(0)
  }
}
