import type { ProcessCacheLimits } from './cache-options.js'
import { type ContextKeyCache, contextKeyCache } from './context-key-cache.js'
import type { KeyCacheLimits } from './key-cache.js'
import type { KeyLoader } from './key-loader.js'
import type { KeyRow } from './key-row.js'
import type { LeasedKey } from './leased-key.js'
import { processKeyCache } from './process-key-cache.js'
import type { Counters } from './statistics.js'

/** Where a key is looked for before the KMS is asked, and how long that may take. */
export interface LeasePlace {
  readonly context: ContextKeyCache | undefined
  /** Names the transaction the row was read through: it may yet be rolled back, so its key is kept apart. */
  readonly transaction?: string
}

/** Unwrapped data keys in front of the KMS. */
export interface DekCache {
  /**
   * The key of a row, held by the caller: from a cache, or unwrapped.
   * @throws KekNotAllowedError, UnknownKekError, KeyCheckError, KmsError
   */
  lease(row: KeyRow, place: LeasePlace): Promise<LeasedKey>
  /** Drops a key whose row may no longer be used. */
  dropKey(keyId: string): void
  /** Drops a tenant's keys, those of open contexts too. */
  dropTenant(tenant: string, reason: 'state' | 'invalidated'): void
  openContext(): ContextKeyCache
  /** Drops the keys that all contexts share. */
  dispose(): void
}

/** @param shared limits of the cache that all contexts share; `undefined` to have none. */
export function createDekCache(
  loader: KeyLoader,
  limits: KeyCacheLimits,
  shared: ProcessCacheLimits | undefined,
  counters: Counters,
): DekCache {
  const ofProcess = shared && processKeyCache(limits, shared, counters, (row) => loader.load(row))
  const contexts = new Set<ContextKeyCache>()

  /** A key in a cache, retained. */
  function take(row: KeyRow, { context, transaction }: LeasePlace): LeasedKey | undefined {
    const isDurable = transaction === undefined
    const durable = ofProcess === undefined ? fromContext(context, row, '') : ofProcess.take(row, isDurable)
    return durable ?? (isDurable ? undefined : fromContext(context, row, transaction))
  }

  function keep(key: LeasedKey, { context, transaction }: LeasePlace): void {
    if (transaction !== undefined) context?.put(transaction + key.keyId, key)
    else if (ofProcess !== undefined) ofProcess.put(key)
    else context?.put(key.keyId, key)
  }

  return {
    async lease(row, place) {
      const known = take(row, place)
      if (known !== undefined) {
        counters.hits++
        return known
      }
      counters.misses++
      const key = await loader.load(row, place.context?.signal)
      keep(key, place)
      return key
    },
    dropKey(keyId) {
      ofProcess?.remove(keyId, 'state')
      for (const context of contexts) context.remove(keyId, 'state')
    },
    dropTenant(tenant, reason) {
      ofProcess?.removeTenant(tenant, reason)
      for (const context of contexts) context.removeTenant(tenant, reason)
    },
    openContext() {
      const context = contextKeyCache(limits, counters, (ended) => contexts.delete(ended))
      contexts.add(context)
      return context
    },
    dispose: () => ofProcess?.clear(),
  }
}

function fromContext(context: ContextKeyCache | undefined, row: KeyRow, transaction: string): LeasedKey | undefined {
  const key = context?.get(transaction + row.keyId)
  return key?.isOf(row) === true ? key.retain() : undefined
}
