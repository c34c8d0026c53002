import { randomKey } from '../../crypto/index.js'
import { KmsConfigurationError, KmsError, UnknownKekError } from '../../errors/index.js'
import { encryptionContextBytes } from '../context-bytes.js'
import type { EncryptionContext, InspectableKms, KekRequest } from '../kms.js'
import { attempt } from '../resilience/attempt.js'
import { detailsOf, erase, type RequestDetails } from '../resilience/contract.js'
import { realEnvironment } from '../resilience/environment.js'
import { type GcpCall, kmsErrorFor, readFailure } from './failure.js'
import { type GcpKek, parseGcpKekUri, parseGcpKeyName } from './kek-uri.js'
import { GCP_PERMISSIONS, gcpPolicy } from './policy.js'
import { checked, readDecrypted, readDescription, readEncrypted, sent } from './replies.js'
import { type GcpClientOptions, gcpRpc } from './rpc.js'

export type { GcpClientOptions } from './rpc.js'

export interface GcpKmsOptions {
  /** The default KEK: `projects/P/locations/L/keyRings/R/cryptoKeys/K`, or its `gcp-kms://` URI. */
  readonly key: string
  /** Projects whose KEKs this provider serves, where several `gcpKms()` share the work. Default: every project. */
  readonly projects?: readonly string[]
  /** Options of the SDK's client, such as `keyFilename` or `apiEndpoint`. Default: application default credentials. */
  readonly client?: GcpClientOptions
  /** Milliseconds after which a call is given up. Default 10 000; `resilience` ends attempts sooner. */
  readonly timeoutMs?: number
}

/** A call, as each of its requests needs it. */
interface Call {
  readonly signal: AbortSignal
  readonly details: RequestDetails
}

/**
 * Wraps keys with Google Cloud KMS: Encrypt and Decrypt of a symmetric key, the encryption context as additional
 * authenticated data, checksums verified both ways. Data keys come from this process's generator.
 * @throws KmsConfigurationError if `key` names no key.
 * @example
 * const kms = gcpKms({ key: 'projects/my-project/locations/europe-west3/keyRings/app/cryptoKeys/fieldseal' })
 */
export function gcpKms(options: GcpKmsOptions): InspectableKms {
  const { projects, timeoutMs = 10_000 } = options
  const defaultKek = `gcp-kms://${requireKey(options.key).name}`
  const rpc = gcpRpc(options.client ?? {}, timeoutMs)

  function isServed(kekUri: string, kek: GcpKek | undefined): kek is GcpKek {
    if (kek === undefined) return false
    return projects === undefined || kekUri === defaultKek || projects.includes(kek.project)
  }

  function kekOf(kekUri: string): GcpKek {
    const kek = parseGcpKekUri(kekUri)
    if (!isServed(kekUri, kek)) throw new UnknownKekError([defaultKek], { kekUri })
    return kek
  }

  /** Does the work, and ends in its result or in a typed error: at the caller's signal, or after its time. */
  function perform<T>(
    request: KekRequest & { readonly context?: EncryptionContext },
    work: (call: Call) => Promise<T>,
  ) {
    const details = detailsOf(request)
    return attempt((signal) => work({ signal, details }), {
      timeoutMs,
      signal: request.signal,
      details,
      after: realEnvironment.after,
      discard: erase,
    })
  }

  async function send(call: GcpCall, request: { readonly name: string }, { signal, details }: Call): Promise<unknown> {
    try {
      return await rpc.call(call, request, signal)
    } catch (error) {
      throw error instanceof KmsError ? error : kmsErrorFor(readFailure(error), call, details)
    }
  }

  async function encrypt(plaintext: Uint8Array, kek: GcpKek, context: EncryptionContext, call: Call) {
    const aad = encryptionContextBytes(context)
    const request = {
      name: kek.name,
      plaintext: sent(plaintext),
      plaintextCrc32c: checked(plaintext),
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: checked(aad),
    }
    return readEncrypted(await send('encrypt', request, call), kek, call.details)
  }

  async function decrypt(wrapped: Uint8Array, kek: GcpKek, context: EncryptionContext, call: Call) {
    const aad = encryptionContextBytes(context)
    const request = {
      name: kek.name,
      ciphertext: sent(wrapped),
      ciphertextCrc32c: checked(wrapped),
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: checked(aad),
    }
    return readDecrypted(await send('decrypt', request, call), call.details)
  }

  return {
    defaultKek,
    serves: (kekUri) => isServed(kekUri, parseGcpKekUri(kekUri)),

    async generateDataKey(request) {
      const kek = kekOf(request.kekUri)
      return perform(request, async (call) => {
        const plaintext = randomKey()
        try {
          return { plaintext, wrapped: await encrypt(plaintext, kek, request.context, call) }
        } catch (error) {
          plaintext.fill(0)
          throw error
        }
      })
    },

    async unwrap(request) {
      const kek = kekOf(request.kekUri)
      return perform(request, (call) => decrypt(request.wrapped, kek, request.context, call))
    },

    /** Cloud KMS has no call for it: the key passes through this process. */
    async rewrap(request) {
      const [from, to] = [kekOf(request.kekUri), kekOf(request.toKekUri)]
      return perform(request, async (call) => {
        const plaintext = await decrypt(request.wrapped, from, request.context, call)
        try {
          const details = { ...call.details, kekUri: request.toKekUri }
          return await encrypt(plaintext, to, request.context, { ...call, details })
        } finally {
          plaintext.fill(0)
        }
      })
    },

    permissionsFor: () => GCP_PERMISSIONS,

    async describe(request) {
      const kek = kekOf(request.kekUri)
      return perform(request, async (call) => {
        return readDescription(await send('getCryptoKey', { name: kek.name }, call), kek, call.details)
      })
    },

    policyFor: (kekUris) => gcpPolicy(kekUris.map(kekOf)),

    dispose: () => rpc.close(),
  }
}

function requireKey(name: string): GcpKek {
  const kek = parseGcpKekUri(name) ?? parseGcpKeyName(name)
  if (kek !== undefined) return kek
  throw new KmsConfigurationError(
    'key of gcpKms() names no key. Pass projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY, without a version.',
  )
}
