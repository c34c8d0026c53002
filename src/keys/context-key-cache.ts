import { type CacheEntry, type KeyCacheLimits, keyCache } from './key-cache.js'
import type { LeasedKey } from './leased-key.js'
import type { Counters, EvictionReason } from './statistics.js'

/** Keys that live as long as one context, and how long its operations wait for more. */
export interface ContextKeyCache {
  readonly ended: boolean
  /** Ends the KMS calls of the context, or of one inside it; see `within`. */
  readonly signal: AbortSignal | undefined
  /** The key, not retained; `undefined` if it is not there or has reached the hard TTL. */
  get(id: string): LeasedKey | undefined
  /** Retains the key; does nothing once the context has ended. */
  put(id: string, key: LeasedKey): void
  remove(id: string, reason: EvictionReason): void
  removeTenant(tenant: string, reason: EvictionReason): void
  /** The same keys, for a context inside this one whose KMS calls `signal` ends. */
  within(signal: AbortSignal): ContextKeyCache
  /** Releases every key; nothing is kept afterwards. */
  end(): void
}

/** An empty cache for one context. `onEnd` is called once. */
export function contextKeyCache(
  limits: KeyCacheLimits,
  counters: Counters,
  onEnd: (cache: ContextKeyCache) => void = () => undefined,
): ContextKeyCache {
  const entries = keyCache<CacheEntry>(limits, counters)
  let ended = false
  const open = (signal: AbortSignal | undefined): ContextKeyCache => ({
    get ended() {
      return ended
    },
    signal,
    get: (id) => entries.get(id)?.key,
    put(id, key) {
      if (!ended && entries.peek(id)?.key !== key) entries.put(id, { key })
    },
    remove: entries.remove,
    removeTenant: entries.removeTenant,
    within: open,
    end() {
      if (ended) return
      ended = true
      entries.clear()
      onEnd(outermost)
    },
  })
  const outermost = open(undefined)
  return outermost
}
