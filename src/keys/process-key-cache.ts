import { FieldsealError, KmsError } from '../errors/index.js'
import { type ProcessCacheLimits, SOFT_TTL_JITTER } from './cache-options.js'
import { type CacheEntry, type KeyCacheLimits, keyCache } from './key-cache.js'
import type { KeyRow } from './key-row.js'
import type { LeasedKey } from './leased-key.js'
import type { Counters, EvictionReason } from './statistics.js'

/** Keys that all contexts of a process share. */
export interface ProcessKeyCache {
  /**
   * The key of the row, retained for the caller; `undefined` if it must be unwrapped. Past the soft TTL it is refreshed in
   * the background.
   * @param isDurable a row that may yet be rolled back is no reason to refresh.
   */
  take(row: KeyRow, isDurable: boolean): LeasedKey | undefined
  /** Retains a key that an operation has just taken from the KMS. */
  put(key: LeasedKey): void
  remove(keyId: string, reason: EvictionReason): void
  removeTenant(tenant: string, reason: EvictionReason): void
  clear(): void
}

interface SharedEntry extends CacheEntry {
  uses: number
  /** Monotonic milliseconds. */
  refreshAt: number
}

/** Attempts to refresh a key between its soft and its hard TTL, if each fails for the moment. */
const REFRESH_ATTEMPTS = 10

/** An empty cache. `load` unwraps a row's key, for one holder. */
export function processKeyCache(
  { hardTtlMs, now }: KeyCacheLimits,
  { maxEntries, maxUses, softTtlMs }: ProcessCacheLimits,
  counters: Counters,
  load: (row: KeyRow) => Promise<LeasedKey>,
): ProcessKeyCache {
  const entries = keyCache<SharedEntry>({ hardTtlMs, now }, counters, maxEntries)
  const pauseMs = (hardTtlMs - softTtlMs) / REFRESH_ATTEMPTS

  function put(key: LeasedKey, uses: number): void {
    // Keys that were unwrapped together, after a deployment, must not be refreshed together for ever after.
    const jitter = 1 - SOFT_TTL_JITTER * Math.random()
    entries.put(key.keyId, { key, uses, refreshAt: key.unwrappedAt + softTtlMs * jitter })
  }

  async function refresh(row: KeyRow, entry: SharedEntry): Promise<void> {
    entry.refreshAt = Number.POSITIVE_INFINITY
    const isKept = (): boolean => entries.peek(row.keyId) === entry
    try {
      const key = await load(row)
      counters.refreshes++
      if (isKept()) put(key, 0)
      key.release()
    } catch (error) {
      if (!isRefusal(error)) {
        counters.bridged++
        entry.refreshAt = now() + pauseMs
      } else if (isKept()) {
        entries.remove(row.keyId, 'refused')
      }
    }
  }

  return {
    take(row, isDurable) {
      const entry = entries.get(row.keyId)
      if (entry?.key.isOf(row) !== true) return undefined
      if (entry.uses >= maxUses) {
        entries.remove(row.keyId, 'uses')
        return undefined
      }
      entry.uses++
      if (isDurable && now() >= entry.refreshAt) void refresh(row, entry)
      return entry.key.retain()
    },
    put(key) {
      const entry = entries.peek(key.keyId)
      if (entry?.key === key) entry.uses++
      else put(key, 1)
    },
    remove: entries.remove,
    removeTenant: entries.removeTenant,
    clear: entries.clear,
  }
}

/** Whether trying again is no use: the KMS, or the row itself, says that this process may not have the key. */
function isRefusal(error: unknown): boolean {
  return error instanceof KmsError ? !error.retryable : error instanceof FieldsealError
}
