import { Buffer } from 'node:buffer'
import { KEY_BYTES } from '../../crypto/index.js'
import { type ErrorDetails, KmsReplyError, UnknownKekError, UnwrapFailedError } from '../../errors/index.js'
import { encryptionContextBytes } from '../context-bytes.js'
import type { EncryptionContext, InspectableKms, KekRequest, WrapRequest } from '../kms.js'
import { detailsOf } from '../resilience/contract.js'
import { parseWrapped, type WrappedText } from './ciphertext.js'
import { openClient } from './client.js'
import { parseTransitKey, type TransitKey } from './kek-uri.js'
import { readOptions, type VaultKmsOptions } from './options.js'
import { asterisksFor } from './plaintext.js'
import { permissionsOf, policyOf } from './policy.js'
import { type Answer, answerOf } from './reply.js'
import { type Asking, readTransitKey, refusalOf, requireSuitable } from './transit-key.js'

export type {
  AppRoleAuth,
  KubernetesAuth,
  TokenAuth,
  VaultAuth,
  VaultKmsOptions,
  VaultTls,
} from './options.js'

/** What else a call of the transit engine is about. */
interface TransitMore {
  /** The wrapped key in the body. */
  readonly wrapped?: WrappedText
  /** A data key to be sent. */
  readonly plaintext?: Uint8Array
}

/** How long a KEK that was found suitable is taken to be: it could be deleted and made anew as one that is not. */
const SUITABLE_FOR_MS = 3_600_000

/**
 * Wraps data keys with the transit engine of HashiCorp Vault or OpenBao. The KEK must be a derived one, of type
 * `aes256-gcm96` or `chacha20-poly1305`; this is looked up before it is first used, and hourly.
 * @throws KmsConfigurationError if the options are wrong.
 * @example
 * const kms = vaultKms({
 *   address: 'https://vault.example.com:8200',
 *   kek: 'vault-transit://transit/app',
 *   auth: { method: 'kubernetes', role: 'app' },
 * })
 */
export function vaultKms(options: VaultKmsOptions): InspectableKms {
  const settings = readOptions(options)
  const client = openClient(settings)
  const defaultKek = settings.kek.kekUri
  const { mounts } = settings
  /** When each KEK was last found suitable, by `performance.now()`. */
  const suitableSince = new Map<string, number>()

  const serves = (kekUri: string): boolean => {
    const key = parseTransitKey(kekUri)
    if (key === undefined) return false
    return mounts === undefined || kekUri === defaultKek || mounts.includes(key.mount)
  }
  const keyOf = (kekUri: string): TransitKey => {
    const key = parseTransitKey(kekUri)
    if (key === undefined || !serves(kekUri)) throw new UnknownKekError([defaultKek], { kekUri })
    return key
  }
  const requireKek = async (asking: Asking): Promise<void> => {
    const since = suitableSince.get(asking.key.kekUri)
    if (since !== undefined && performance.now() - since < SUITABLE_FOR_MS) return
    requireSuitable(asking.key, await readTransitKey(asking))
    suitableSince.set(asking.key.kekUri, performance.now())
  }
  /** One call of the transit engine about a KEK that is known to bind the context. */
  const transit = async (verb: string, asking: Asking, body: object, more: TransitMore = {}): Promise<Answer> => {
    await requireKek(asking)
    const { key, details, signal } = asking
    const path = `${key.mount}/${verb}/${key.name}`
    const reply = await client.send({ method: 'POST', path, body, plaintext: more.plaintext, details, signal })
    if (reply.status === 400) throw await refusalOf(asking, reply, more.wrapped?.version)
    return answerOf(reply, 'data', details)
  }
  const within = async <T>(request: WrapRequest, work: (asking: Asking) => Promise<T>): Promise<T> => {
    const details = detailsOf(request)
    const key = keyOf(request.kekUri)
    return client.within(request.signal, details, (signal) => work({ client, key, details, signal }))
  }
  const decrypt = async (asking: Asking, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> => {
    const text = requireWrapped(wrapped, asking.details)
    const body = { ciphertext: text.text, context: contextText(context) }
    return dataKeyOf(await transit('decrypt', asking, body, { wrapped: text }))
  }

  return {
    defaultKek,
    serves,
    generateDataKey: (request) =>
      within(request, async (asking) => {
        const body = { bits: KEY_BYTES * 8, context: contextText(request.context) }
        const answer = await transit('datakey/plaintext', asking, body)
        const plaintext = dataKeyOf(answer)
        try {
          return { plaintext, wrapped: wrappedOf(answer) }
        } catch (error) {
          plaintext.fill(0)
          throw error
        }
      }),
    unwrap: (request) => within(request, (asking) => decrypt(asking, request.wrapped, request.context)),
    rewrap: (request) =>
      within(request, async (asking) => {
        const context = contextText(request.context)
        const to = keyOf(request.toKekUri)
        if (to.kekUri === asking.key.kekUri) {
          const text = requireWrapped(request.wrapped, asking.details)
          const body = { ciphertext: text.text, context }
          return wrappedOf(await transit('rewrap', asking, body, { wrapped: text }))
        }
        // Transit's own rewrap knows newer versions of the same key only.
        const target = { ...asking, key: to, details: { ...asking.details, kekUri: to.kekUri } }
        await requireKek(target)
        const plaintext = await decrypt(asking, request.wrapped, request.context)
        try {
          const body = { plaintext: asterisksFor(plaintext.length), context }
          return wrappedOf(await transit('encrypt', target, body, { plaintext }))
        } finally {
          plaintext.fill(0)
        }
      }),
    permissionsFor: (kekUri) => permissionsOf(keyOf(kekUri)),
    async describe({ kekUri, signal }: KekRequest) {
      const key = keyOf(kekUri)
      return client.within(signal, { kekUri }, async (signal) => {
        const state = await readTransitKey({ client, key, details: { kekUri }, signal })
        return {
          kekUri,
          state: state.softDeleted ? 'disabled' : 'enabled',
          facts: {
            algorithm: state.type,
            derived: yesOrNo(state.derived),
            version: `${state.latestVersion}`,
            'oldest usable version': `${state.oldestVersion}`,
            exportable: yesOrNo(state.exportable),
            'deletion allowed': yesOrNo(state.deletionAllowed),
            server: settings.address.host,
            ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
          },
        }
      })
    },
    policyFor: (kekUris) => policyOf(kekUris.map(keyOf)),
    dispose: () => client.close(),
  }
}

const yesOrNo = (fact: boolean): string => (fact ? 'yes' : 'no')

const contextText = (context: EncryptionContext): string => encryptionContextBytes(context).toString('base64')

function requireWrapped(wrapped: Uint8Array, details: ErrorDetails): WrappedText {
  const text = parseWrapped(wrapped)
  if (text === undefined) throw new UnwrapFailedError(details, 'The wrapped key is not as Vault writes it')
  return text
}

/** The wrapped key of a reply, stored as the text that Vault gave. */
function wrappedOf({ data, details }: Answer): Uint8Array {
  const text = typeof data.ciphertext === 'string' ? parseWrapped(data.ciphertext) : undefined
  if (text === undefined) throw new KmsReplyError('it has no wrapped data key', details)
  return Uint8Array.from(Buffer.from(text.text, 'latin1'))
}

/** The data key of a reply. */
function dataKeyOf({ data, plaintext, details }: Answer): Uint8Array {
  if (plaintext === undefined) throw new KmsReplyError('it has no data key', details)
  const { key, asterisks } = plaintext
  if (data.plaintext === asterisks && key.length === KEY_BYTES) return key
  key.fill(0)
  const isThere = data.plaintext === asterisks
  throw new KmsReplyError(
    isThere ? `a data key has ${KEY_BYTES} bytes, not ${key.length}` : 'it has no data key',
    details,
  )
}
