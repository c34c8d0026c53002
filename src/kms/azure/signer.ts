import type { KeyVaultKey } from '@azure/keyvault-keys'
import { LRUCache } from 'lru-cache'
import { type EcPublicKey, sha256, verifyEs256 } from '../../crypto/index.js'
import { KekUnavailableError, KmsConfigurationError, KmsReplyError } from '../../errors/index.js'
import { isKeyVersion, type VaultKey } from './kek-uri.js'
import { type Answer, type Asking, readKey, withKey } from './send.js'

/**
 * How long a version of a signing key and its public half are taken as they were. A new version signs after this time at
 * the latest, and a disabled one vouches for nothing any more.
 */
const KNOWN_FOR_MS = 3_600_000
const MAX_KNOWN = 100

export interface Signature {
  readonly signerVersion: string
  readonly signature: Uint8Array
}

/** Signs and verifies with EC keys of curve P-256. */
export interface Signer {
  /** Signs what `message` makes of the version of the signing key. */
  sign(asking: Asking, message: (signerVersion: string) => Uint8Array): Promise<Signature>
  /**
   * Whether this version of the key made the signature. Verified here: a public key that came over TLS from the vault is
   * as good as the vault's own answer, and saves a call for each data key.
   */
  verify(asking: Asking, message: Uint8Array, signature: Signature): Promise<boolean>
}

interface KnownSigner {
  readonly version: string
  readonly publicKey: EcPublicKey
}

export function signer(): Signer {
  const known = new LRUCache<string, KnownSigner>({ max: MAX_KNOWN, ttl: KNOWN_FOR_MS })
  const current = new LRUCache<string, string>({ max: MAX_KNOWN, ttl: KNOWN_FOR_MS })

  const idOf = ({ kekUri }: VaultKey, version: string): string => `${kekUri}/${version}`
  const read = async (asking: Asking, version?: string): Promise<KnownSigner> => {
    const signer = signerOf(await readKey(asking, version), asking.key)
    known.set(idOf(asking.key, signer.version), signer)
    return signer
  }
  const currentOf = async (asking: Asking): Promise<KnownSigner> => {
    const version = current.get(asking.key.kekUri)
    const signer = version === undefined ? undefined : known.get(idOf(asking.key, version))
    if (signer !== undefined) return signer
    const newest = await read(asking)
    current.set(asking.key.kekUri, newest.version)
    return newest
  }

  return {
    async sign(asking, messageFor) {
      const { version, publicKey } = await currentOf(asking)
      const message = messageFor(version)
      const client = asking.clients.ofKey(asking.key, version)
      const { result, details } = await withKey(asking, version, false, (options) =>
        client.sign('ES256', sha256(message), options),
      )
      const signature = Uint8Array.from(result.result ?? [])
      // What does not verify now would make the data key unusable later.
      if (!verifyEs256(publicKey, message, signature)) throw new KmsReplyError('its signature is not genuine', details)
      return { signerVersion: version, signature }
    },
    async verify(asking, message, { signerVersion, signature }) {
      const { publicKey } = known.get(idOf(asking.key, signerVersion)) ?? (await read(asking, signerVersion))
      return verifyEs256(publicKey, message, signature)
    },
  }
}

/** @throws KekUnavailableError if it is disabled; KmsConfigurationError if it is a key of another kind. */
function signerOf({ result, details }: Answer<KeyVaultKey>, { kekUri }: VaultKey): KnownSigner {
  const { key, properties } = result
  if (properties.enabled === false) throw new KekUnavailableError('disabled', { ...details, kekUri })
  if (
    (key?.kty !== 'EC' && key?.kty !== 'EC-HSM') ||
    key.crv !== 'P-256' ||
    key.x === undefined ||
    key.y === undefined
  ) {
    throw new KmsConfigurationError(
      `The signing key ${kekUri} is not an EC key of curve P-256. Make one with "az keyvault key create --kty EC --curve P-256 --ops sign verify".`,
      { ...details, kekUri },
    )
  }
  const { version } = properties
  if (version === undefined || !isKeyVersion(version)) throw new KmsReplyError('its version is unknown', details)
  return { version, publicKey: { x: Uint8Array.from(key.x), y: Uint8Array.from(key.y) } }
}
