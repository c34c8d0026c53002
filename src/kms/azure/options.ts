import type { CryptographyClientOptions, KeyClient } from '@azure/keyvault-keys'
import { KmsConfigurationError } from '../../errors/index.js'
import { isManagedHsm, parseVaultKey, type VaultKey } from './kek-uri.js'

/** Any credential of `@azure/identity`, or another `TokenCredential`. */
export type AzureCredential = ConstructorParameters<typeof KeyClient>[1]

export interface AzureKmsOptions {
  /** KEK for tenants without one of their own: `azure-kv://VAULT-HOST/keys/NAME`. Its current version wraps. */
  readonly kek: string
  readonly credential: AzureCredential
  /**
   * EC key of curve P-256 that signs what RSA keys wrapped, `azure-kv://VAULT-HOST/keys/NAME`. Needed for every KEK but
   * the symmetric keys of a Managed HSM: with the public half of an RSA key anyone can wrap a key of his own.
   */
  readonly signingKey?: string
  /** Further signing keys whose signatures count, such as the one before the present. */
  readonly acceptSigningKeys?: readonly string[]
  /** Milliseconds after which one call is given up; default 10 000. */
  readonly timeoutMs?: number
  /** Options of the SDK's clients: proxy, TLS, telemetry. Retries and redirects stay off. */
  readonly clientOptions?: CryptographyClientOptions
}

export interface AzureSettings {
  readonly kek: VaultKey
  readonly credential: AzureCredential
  readonly signingKey: VaultKey | undefined
  readonly acceptedSigners: ReadonlyMap<string, VaultKey>
  readonly timeoutMs: number
  readonly clientOptions: CryptographyClientOptions
}

/** @throws KmsConfigurationError */
export function readOptions(options: AzureKmsOptions): AzureSettings {
  const { credential, acceptSigningKeys = [], timeoutMs = 10_000, clientOptions = {} } = options
  const kek = requireVaultKey(options.kek, 'kek')
  const signingKey = options.signingKey === undefined ? undefined : requireVaultKey(options.signingKey, 'signingKey')
  if (signingKey === undefined && !isManagedHsm(kek)) throw unsigned(kek)
  if (typeof credential?.getToken !== 'function') {
    throw new KmsConfigurationError(
      'azureKms() needs a credential with getToken(), such as new DefaultAzureCredential() of @azure/identity.',
    )
  }
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) {
    throw new KmsConfigurationError('timeoutMs of azureKms() must be a whole number of milliseconds above 0.')
  }
  const accepted = acceptSigningKeys.map((uri) => requireVaultKey(uri, 'acceptSigningKeys'))
  const signers = signingKey === undefined ? accepted : [signingKey, ...accepted]
  const acceptedSigners = new Map(signers.map((signer) => [signer.kekUri, signer]))
  return { kek, credential, signingKey, acceptedSigners, timeoutMs, clientOptions }
}

/** The error for an RSA key without a signing key. */
export function unsigned({ kekUri }: VaultKey): KmsConfigurationError {
  return new KmsConfigurationError(
    `azureKms() has no signingKey, and ${kekUri} is not known to be a symmetric key of a Managed HSM: with the public half of an RSA key anyone can wrap a key of his own. Pass signingKey, an EC key of curve P-256 that this application may sign with.`,
    { kekUri },
  )
}

function requireVaultKey(uri: string, option: string): VaultKey {
  const key = parseVaultKey(uri)
  if (key !== undefined) return key
  throw new KmsConfigurationError(
    `${option} of azureKms() must be azure-kv://VAULT-HOST/keys/NAME, the host in lower case and without a version, such as azure-kv://app.vault.azure.net/keys/app.`,
  )
}
