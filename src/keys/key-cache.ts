import { LRUCache } from 'lru-cache'
import type { LeasedKey } from './leased-key.js'
import type { Counters, EvictionReason } from './statistics.js'

export interface KeyCacheLimits {
  /** Milliseconds after the KMS call began at which a key may no longer be taken from a cache. */
  readonly hardTtlMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** What a cache keeps: something with a key, of which it is one holder. */
export interface CacheEntry {
  readonly key: LeasedKey
}

/** Unwrapped keys kept for reuse. What leaves, for whatever reason, is released. */
export interface KeyCache<E extends CacheEntry> {
  /** The entry, if its key is younger than the hard TTL. */
  get(id: string): E | undefined
  /** The entry as it is, without being a use of it. */
  peek(id: string): E | undefined
  /** Takes the entry in, in place of the one with this id, and retains its key. */
  put(id: string, entry: E): void
  remove(id: string, reason: EvictionReason): void
  removeTenant(tenant: string, reason: EvictionReason): void
  clear(): void
}

/**
 * A cache whose entries are released at the hard TTL even if nobody asks for them; its timers keep no process alive.
 * @param maxEntries the entries used longest ago leave beyond it; default no limit.
 */
export function keyCache<E extends CacheEntry>(
  { hardTtlMs, now }: KeyCacheLimits,
  counters: Counters,
  maxEntries?: number,
): KeyCache<E> {
  const entries = new LRUCache<string, E>({
    ...(maxEntries === undefined ? {} : { max: maxEntries }),
    ttl: Math.ceil(hardTtlMs),
    ttlAutopurge: true,
    dispose({ key }, _, reason) {
      counters.entries--
      if (reason === 'evict') counters.evictions.capacity++
      if (reason === 'expire') counters.evictions.expired++
      key.release()
    },
  })
  const age = ({ key }: E): number => now() - key.unwrappedAt
  const cache: KeyCache<E> = {
    get(id) {
      const entry = entries.get(id)
      if (entry === undefined || age(entry) < hardTtlMs) return entry
      cache.remove(id, 'expired')
      return undefined
    },
    peek: (id) => entries.peek(id),
    put(id, entry) {
      entry.key.retain()
      counters.entries++
      entries.set(id, entry, { ttl: Math.max(1, Math.ceil(hardTtlMs - age(entry))) })
    },
    remove(id, reason) {
      if (entries.delete(id)) counters.evictions[reason]++
    },
    removeTenant(tenant, reason) {
      for (const [id, { key }] of [...entries.entries()]) if (key.tenant === tenant) cache.remove(id, reason)
    },
    clear: () => entries.clear(),
  }
  return cache
}
