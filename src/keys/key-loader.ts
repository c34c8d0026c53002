import { KekNotAllowedError, UnknownKekError } from '../errors/index.js'
import type { EncryptionContext, Kms } from '../kms/kms.js'
import { requireKeyCheck } from './key-check.js'
import type { KeyRow } from './key-row.js'
import { LeasedKey } from './leased-key.js'

export interface KeyLoaderOptions {
  /** Name of the application in every encryption context. */
  readonly app: string
  readonly kms: readonly Kms[]
  readonly kekFor: (tenant: string) => string
  readonly acceptKeks: readonly string[]
  readonly now: () => number
}

/** Turns key rows into keys: checks who wrapped them, unwraps, and checks what came back. */
export interface KeyLoader {
  /** The KEK that new keys of the tenant are wrapped with. */
  kekFor(tenant: string): string
  /**
   * The provider of a KEK.
   * @throws UnknownKekError
   */
  kmsOf(kekUri: string): Kms
  contextOf(row: Pick<KeyRow, 'tenant' | 'purpose' | 'keyId'>): EncryptionContext
  /**
   * The unwrapped key; the caller is its one holder. Concurrent calls for one row share one KMS call.
   * @throws KekNotAllowedError, KeyCheckError, KmsError
   */
  load(row: KeyRow): Promise<LeasedKey>
}

interface Loading {
  readonly promise: Promise<LeasedKey>
  waiting: number
}

export function createKeyLoader({ app, kms, kekFor, acceptKeks, now }: KeyLoaderOptions): KeyLoader {
  const loading = new Map<string, Loading>()

  const contextOf: KeyLoader['contextOf'] = ({ tenant, purpose, keyId }) => ({ app, tenant, purpose, keyId, v: '1' })

  function kmsOf(kekUri: string): Kms {
    const provider = kms.find((candidate) => candidate.serves(kekUri))
    if (provider === undefined) {
      throw new UnknownKekError(
        kms.map((candidate) => candidate.defaultKek),
        { kekUri },
      )
    }
    return provider
  }

  async function unwrap(row: KeyRow): Promise<LeasedKey> {
    const { keyId, tenant, kekUri, wrapped } = row
    const expected = kekFor(tenant)
    if (kekUri !== expected && !acceptKeks.includes(kekUri)) {
      throw new KekNotAllowedError(expected, { keyId, tenant, kekUri })
    }
    const unwrappedAt = now()
    const bytes = await kmsOf(kekUri).unwrap({
      kekUri,
      context: contextOf(row),
      wrapped: wrapped ?? new Uint8Array(0),
    })
    requireKeyCheck(bytes, row)
    return new LeasedKey(row, bytes, unwrappedAt)
  }

  return {
    kekFor,
    kmsOf,
    contextOf,
    async load(row) {
      // A rewrapped row is another call, and so is one whose tenant or purpose was altered.
      const id = [row.keyId, row.rev, row.purpose, row.tenant].join(':')
      let entry = loading.get(id)
      if (entry === undefined) {
        entry = { promise: unwrap(row).finally(() => loading.delete(id)), waiting: 0 }
        loading.set(id, entry)
      }
      entry.waiting++
      const key = await entry.promise
      entry.waiting--
      // The key is born with one holder: the last waiter takes that place, the others make their own.
      return entry.waiting === 0 ? key : key.retain()
    },
  }
}
