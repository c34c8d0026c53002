import { randomKey } from '../../crypto/index.js'
import { UnknownKekError } from '../../errors/index.js'
import type { InspectableKms, KekRequest, WrapRequest } from '../kms.js'
import { attempt } from '../resilience/attempt.js'
import { detailsOf, erase } from '../resilience/contract.js'
import { realEnvironment } from '../resilience/environment.js'
import { azureClients } from './clients.js'
import { describeKek } from './description.js'
import { parseVaultKey, type VaultKey } from './kek-uri.js'
import { type AzureKmsOptions, readOptions } from './options.js'
import { permissionsOf, policyOf } from './policy.js'
import type { Asking } from './send.js'
import { signer } from './signer.js'
import { azureWrapping } from './wrapping.js'

export type { AzureCredential, AzureKmsOptions } from './options.js'

/**
 * Wraps data keys with Azure Key Vault or Managed HSM. Symmetric keys of a Managed HSM encrypt them with AES-256-GCM and
 * the encryption context as additional authenticated data; RSA keys wrap them with RSA-OAEP-256, and `signingKey` signs
 * what they wrapped together with the context. Data keys are made in this process.
 * @throws KmsConfigurationError if the options are wrong, or if there is no `signingKey` and the KEK may be an RSA key.
 * @example
 * const kms = azureKms({
 *   kek: 'azure-kv://app.vault.azure.net/keys/fieldseal',
 *   signingKey: 'azure-kv://app.vault.azure.net/keys/fieldseal-signer',
 *   credential: new DefaultAzureCredential(),
 * })
 */
export function azureKms(options: AzureKmsOptions): InspectableKms {
  const settings = readOptions(options)
  const { kek, signingKey, timeoutMs } = settings
  const clients = azureClients(settings)
  const { wrap, unwrap } = azureWrapping(settings, signer())

  const keyOf = (kekUri: string): VaultKey => {
    const key = parseVaultKey(kekUri)
    if (key === undefined) throw new UnknownKekError([kek.kekUri], { kekUri })
    return key
  }
  const within = async <T>(request: KekRequest | WrapRequest, work: (asking: Asking) => Promise<T>): Promise<T> => {
    const key = keyOf(request.kekUri)
    const details = detailsOf(request)
    const { signal } = request
    return attempt((signal) => work({ clients, key, details, signal }), {
      ...{ timeoutMs, signal, details },
      ...{ after: realEnvironment.after, discard: erase },
    })
  }

  return {
    defaultKek: kek.kekUri,
    serves: (kekUri) => parseVaultKey(kekUri) !== undefined,
    generateDataKey: (request) =>
      within(request, async (asking) => {
        const plaintext = randomKey()
        try {
          return { plaintext, wrapped: await wrap(asking, plaintext, request.context) }
        } catch (error) {
          plaintext.fill(0)
          throw error
        }
      }),
    unwrap: (request) => within(request, (asking) => unwrap(asking, request.wrapped, request.context)),
    rewrap: (request) =>
      within(request, async (asking) => {
        const key = keyOf(request.toKekUri)
        const plaintext = await unwrap(asking, request.wrapped, request.context)
        try {
          const target = { ...asking, key, details: { ...asking.details, kekUri: key.kekUri } }
          return await wrap(target, plaintext, request.context)
        } finally {
          plaintext.fill(0)
        }
      }),
    permissionsFor: (kekUri) => permissionsOf(keyOf(kekUri), signingKey),
    describe: (request) => within(request, describeKek),
    policyFor: (kekUris) => policyOf(kekUris.map(keyOf), signingKey),
  }
}
