import { KekNotAllowedError, UnknownKekError } from '../errors/index.js'
import type { DataKey, EncryptionContext, Kms } from '../kms/kms.js'
import { requireKeyCheck } from './key-check.js'
import type { KeyRow } from './key-row.js'
import { LeasedKey } from './leased-key.js'
import { sharedCalls } from './shared-calls.js'
import type { Counters } from './statistics.js'

export interface KeyLoaderOptions {
  /** Name of the application in every encryption context. */
  readonly app: string
  readonly kms: readonly Kms[]
  readonly kekFor: (tenant: string) => string
  readonly acceptKeks: readonly string[]
  readonly now: () => number
  readonly counters: Counters
}

/** What a KMS call needs of a row. */
export type WrappedRow = Pick<KeyRow, 'keyId' | 'tenant' | 'purpose' | 'kekUri' | 'wrapped' | 'kcv'>

/** Turns key rows into keys: checks who wrapped them, unwraps, and checks what came back. */
export interface KeyLoader {
  /** The KEK that new keys of the tenant are wrapped with. */
  kekFor(tenant: string): string
  /**
   * A new data key for a row to be; its plain bytes are the caller's to erase.
   * @throws UnknownKekError, KmsError
   */
  generate(row: Pick<KeyRow, 'keyId' | 'tenant' | 'purpose' | 'kekUri'>, signal: AbortSignal): Promise<DataKey>
  /**
   * The unwrapped bytes, checked; the caller's to erase.
   * @throws KekNotAllowedError, UnknownKekError, KeyCheckError, KmsError
   */
  unwrap(row: WrappedRow, signal: AbortSignal): Promise<Uint8Array>
  /**
   * The unwrapped key, which the caller holds. Concurrent calls for one row share one KMS call; `signal` ends the waiting
   * of this caller, and the KMS call once nobody waits for it.
   * @throws KekNotAllowedError, UnknownKekError, KeyCheckError, KmsError
   */
  load(row: KeyRow, signal?: AbortSignal): Promise<LeasedKey>
}

export function createKeyLoader({ app, kms, kekFor, acceptKeks, now, counters }: KeyLoaderOptions): KeyLoader {
  const share = sharedCalls<LeasedKey>({ hand: (key) => key.retain(), done: (key) => key.release() })

  const contextOf = ({ tenant, purpose, keyId }: Pick<KeyRow, 'tenant' | 'purpose' | 'keyId'>): EncryptionContext => {
    return { app, tenant, purpose, keyId, v: '1' }
  }

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

  async function counted<T>(call: 'generateDataKey' | 'unwrap', work: () => Promise<T>): Promise<T> {
    counters.kmsCalls[call]++
    try {
      return await work()
    } catch (error) {
      counters.kmsCalls.failed++
      throw error
    }
  }

  const loader: KeyLoader = {
    kekFor,
    async generate(row, signal) {
      const provider = kmsOf(row.kekUri)
      return counted('generateDataKey', () =>
        provider.generateDataKey({ kekUri: row.kekUri, context: contextOf(row), signal }),
      )
    },
    async unwrap(row, signal) {
      const { keyId, tenant, kekUri, wrapped } = row
      const expected = kekFor(tenant)
      if (kekUri !== expected && !acceptKeks.includes(kekUri)) {
        throw new KekNotAllowedError(expected, { keyId, tenant, kekUri })
      }
      const provider = kmsOf(kekUri)
      const bytes = await counted('unwrap', () =>
        provider.unwrap({ kekUri, context: contextOf(row), wrapped: wrapped ?? new Uint8Array(0), signal }),
      )
      requireKeyCheck(bytes, row)
      return bytes
    },
    load(row, signal) {
      // A rewrapped row is another call, and so is one whose tenant or purpose was altered.
      const id = [row.keyId, row.rev, row.purpose, row.tenant].join(':')
      const { keyId, tenant, kekUri } = row
      const start = async (shared: AbortSignal): Promise<LeasedKey> => {
        const unwrappedAt = now()
        return new LeasedKey(row, await loader.unwrap(row, shared), unwrappedAt)
      }
      return share(id, start, { signal, details: { keyId, tenant, kekUri } })
    },
  }
  return loader
}
