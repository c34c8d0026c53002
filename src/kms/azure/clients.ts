import { CryptographyClient, type CryptographyClientOptions, KeyClient } from '@azure/keyvault-keys'
import { LRUCache } from 'lru-cache'
import { guardedCredential } from './credential.js'
import { keyIdOf, type VaultKey } from './kek-uri.js'
import type { AzureSettings } from './options.js'

/** Clients kept: one for each vault and one for each version of a key in use. */
const MAX_CLIENTS = 1000

export interface AzureClients {
  /** For reading what a vault says of its keys. */
  ofVault(key: VaultKey): KeyClient
  /** For using one version of a key, in the service and nowhere else. */
  ofKey(key: VaultKey, version: string): CryptographyClient
}

export function azureClients({ credential, clientOptions }: AzureSettings): AzureClients {
  const guarded = guardedCredential(credential)
  /** New ones each time, since the SDK writes into them. A redirect would take the token to another host. */
  const options = (): CryptographyClientOptions => ({
    ...clientOptions,
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
  })
  const vaults = new LRUCache<string, KeyClient>({ max: MAX_CLIENTS })
  const keys = new LRUCache<string, CryptographyClient>({ max: MAX_CLIENTS })
  return {
    ofVault: ({ host }) => kept(vaults, host, () => new KeyClient(`https://${host}`, guarded, options())),
    ofKey(key, version) {
      const id = keyIdOf(key, version)
      // Given the id alone, the SDK would fetch the key, encrypt with its public half here, and refuse an expired version
      // that the service would still unwrap with. Given a key without material, it leaves all of that to the service.
      const { host, name } = key
      const bare = { id, name, properties: { id, name, version, vaultUrl: `https://${host}` } }
      return kept(keys, id, () => new CryptographyClient(bare, guarded, options()))
    },
  }
}

function kept<T extends object>(cache: LRUCache<string, T>, id: string, make: () => T): T {
  const known = cache.get(id)
  if (known !== undefined) return known
  const made = make()
  cache.set(id, made)
  return made
}
