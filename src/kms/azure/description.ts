import type { KeyVaultKey } from '@azure/keyvault-keys'
import { KekUnavailableError } from '../../errors/index.js'
import type { KekDescription } from '../kms.js'
import { type Asking, readKey } from './send.js'

/** What Azure says of the current version of a KEK. A deleted one that can be recovered is described as such. */
export async function describeKek(asking: Asking): Promise<KekDescription> {
  const { kekUri } = asking.key
  try {
    const { result } = await readKey(asking)
    return { kekUri, state: result.properties.enabled === false ? 'disabled' : 'enabled', facts: factsOf(result) }
  } catch (error) {
    if (!(error instanceof KekUnavailableError) || error.reason !== 'pending deletion') throw error
    return { kekUri, state: 'pending deletion', facts: { 'key vault': asking.key.host } }
  }
}

function factsOf({ keyType = 'unknown', keyOperations = [], key, properties }: KeyVaultKey): KekDescription['facts'] {
  const { vaultUrl, version, expiresOn } = properties
  const bits = key?.n === undefined ? '' : ` ${key.n.length * 8}`
  return {
    'key vault': new URL(vaultUrl).host,
    'key type': `${keyType}${bits}`,
    protection: keyType.endsWith('-HSM') ? 'HSM' : 'software',
    operations: keyOperations.join(' ') || 'none',
    ...(version === undefined ? {} : { version }),
    ...(expiresOn === undefined ? {} : { expires: expiresOn.toISOString() }),
  }
}
