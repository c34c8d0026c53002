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
  /** The same, if it is in a cache. */
  leaseCached(row: KeyRow, place: LeasePlace): LeasedKey | undefined
  /** Drops a key whose row may no longer be used. One on its way from the KMS is not kept when it comes. */
  dropKey(row: Pick<KeyRow, 'keyId' | 'tenant'>): void
  /** Drops a tenant's keys, those of open contexts and those on their way too. */
  dropTenant(tenant: string, reason: 'state' | 'invalidated'): void
  openContext(): ContextKeyCache
  /** Drops the keys that all contexts share, those on their way too. */
  dispose(): void
}

/** A key on its way from the KMS for one operation. */
interface Arrival {
  readonly keyId: string
  /** Whether a cache may keep it. */
  wanted: boolean
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
  const arrivals = new Map<string, Set<Arrival>>()

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

  /** Unwraps the row's key and has it kept, unless it is dropped before it comes. */
  async function fetch(row: KeyRow, place: LeasePlace): Promise<LeasedKey> {
    const arrival: Arrival = { keyId: row.keyId, wanted: true }
    const ofTenant = arrivals.get(row.tenant) ?? new Set()
    arrivals.set(row.tenant, ofTenant.add(arrival))
    try {
      const key = await loader.load(row, place.context?.signal)
      if (arrival.wanted) keep(key, place)
      return key
    } finally {
      ofTenant.delete(arrival)
      if (ofTenant.size === 0) arrivals.delete(row.tenant)
    }
  }

  /** @param keyId one key of the tenant; all if it is left out. */
  function turnAway(tenant: string, keyId?: string): void {
    for (const arrival of arrivals.get(tenant) ?? []) {
      if (keyId === undefined || arrival.keyId === keyId) arrival.wanted = false
    }
  }

  function leaseCached(row: KeyRow, place: LeasePlace): LeasedKey | undefined {
    const known = take(row, place)
    if (known !== undefined) counters.hits++
    return known
  }

  return {
    leaseCached,
    async lease(row, place) {
      const known = leaseCached(row, place)
      if (known !== undefined) return known
      counters.misses++
      return fetch(row, place)
    },
    dropKey({ keyId, tenant }) {
      turnAway(tenant, keyId)
      ofProcess?.remove(keyId, 'state')
      for (const context of contexts) context.remove(keyId, 'state')
    },
    dropTenant(tenant, reason) {
      turnAway(tenant)
      ofProcess?.removeTenant(tenant, reason)
      for (const context of contexts) context.removeTenant(tenant, reason)
    },
    openContext() {
      const context = contextKeyCache(limits, counters, (ended) => contexts.delete(ended))
      contexts.add(context)
      return context
    },
    dispose() {
      if (ofProcess === undefined) return
      for (const tenant of arrivals.keys()) turnAway(tenant)
      ofProcess.clear()
    },
  }
}

function fromContext(context: ContextKeyCache | undefined, row: KeyRow, transaction: string): LeasedKey | undefined {
  const key = context?.get(transaction + row.keyId)
  return key?.isOf(row) === true ? key.retain() : undefined
}
