import { Buffer } from 'node:buffer'
import { KEY_BYTES, takeKey } from '../../crypto/index.js'
import { type ErrorDetails, KmsReplyError, UnknownKekError, UnwrapFailedError } from '../../errors/index.js'
import { encryptionContextBytes } from '../context-bytes.js'
import type { EncryptionContext, InspectableKms, KekRequest, WrapRequest } from '../kms.js'
import { detailsOf } from '../resilience/contract.js'
import { parseWrapped, type WrappedText } from './ciphertext.js'
import { openClient } from './client.js'
import { parseTransitKey, type TransitKey } from './kek-uri.js'
import { readOptions, type VaultKmsOptions } from './options.js'
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
  const transit = async (verb: string, asking: Asking, body: object, wrapped?: WrappedText): Promise<Answer> => {
    await requireKek(asking)
    const { key, details, signal } = asking
    const reply = await client.send({ method: 'POST', path: `${key.mount}/${verb}/${key.name}`, body, details, signal })
    if (reply.status === 400) throw await refusalOf(asking, reply, wrapped?.version)
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
    const { data, details } = await transit('decrypt', asking, body, text)
    return dataKeyOf(data.plaintext, details)
  }

  return {
    defaultKek,
    serves,
    generateDataKey: (request) =>
      within(request, async (asking) => {
        const body = { bits: KEY_BYTES * 8, context: contextText(request.context) }
        const { data, details } = await transit('datakey/plaintext', asking, body)
        const wrapped = wrappedOf(data.ciphertext, details)
        return { plaintext: dataKeyOf(data.plaintext, details), wrapped }
      }),
    unwrap: (request) => within(request, (asking) => decrypt(asking, request.wrapped, request.context)),
    rewrap: (request) =>
      within(request, async (asking) => {
        const context = contextText(request.context)
        const to = keyOf(request.toKekUri)
        if (to.kekUri === asking.key.kekUri) {
          const text = requireWrapped(request.wrapped, asking.details)
          const { data, details } = await transit('rewrap', asking, { ciphertext: text.text, context }, text)
          return wrappedOf(data.ciphertext, details)
        }
        // Transit's own rewrap knows newer versions of the same key only.
        const target = { ...asking, key: to, details: { ...asking.details, kekUri: to.kekUri } }
        await requireKek(target)
        const plaintext = await decrypt(asking, request.wrapped, request.context)
        const body = { plaintext: Buffer.from(plaintext).toString('base64'), context }
        plaintext.fill(0)
        const { data, details } = await transit('encrypt', target, body)
        return wrappedOf(data.ciphertext, details)
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
function wrappedOf(ciphertext: unknown, details: ErrorDetails): Uint8Array {
  const text = typeof ciphertext === 'string' ? parseWrapped(ciphertext) : undefined
  if (text === undefined) throw new KmsReplyError('it has no wrapped data key', details)
  return Uint8Array.from(Buffer.from(text.text, 'latin1'))
}

/** The data key of a reply, in memory of its own. */
function dataKeyOf(plaintext: unknown, details: ErrorDetails): Uint8Array {
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext, 'base64') : undefined
  if (bytes === undefined) throw new KmsReplyError('it has no data key', details)
  try {
    if (bytes.length !== KEY_BYTES)
      throw new KmsReplyError(`a data key has ${KEY_BYTES} bytes, not ${bytes.length}`, details)
    return takeKey(bytes)
  } finally {
    // Small buffers are slices of memory that others are given next.
    bytes.fill(0)
  }
}
