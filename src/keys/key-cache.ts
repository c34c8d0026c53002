import { LRUCache } from 'lru-cache'
import type { LeasedKey } from './leased-key.js'

/** Unwrapped keys kept for reuse. Each entry is one holder of its key; what leaves the cache is released. */
export interface KeyCache {
  /** The key, if it is there and younger than the hard TTL; not retained. */
  get(id: string): LeasedKey | undefined
  /** Retains the key; a cache that has ended does nothing. */
  put(id: string, key: LeasedKey): void
  delete(id: string): void
  clear(): void
}

export interface KeyCacheLimits {
  /** Milliseconds after the KMS call began at which a key may no longer be taken from the cache. */
  readonly hardTtlMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Entries that are released at the hard TTL even if nobody asks for them; the timers keep no process alive. */
function expiringKeys(hardTtlMs: number, maxEntries?: number): LRUCache<string, LeasedKey> {
  return new LRUCache<string, LeasedKey>({
    ...(maxEntries === undefined ? {} : { max: maxEntries }),
    ttl: Math.ceil(hardTtlMs),
    ttlAutopurge: true,
    dispose: (key) => key.release(),
  })
}

/** A cache that all contexts share. */
export interface ProcessKeyCache extends KeyCache {
  deleteTenant(tenant: string): void
}

/** A cache for the whole process: the least recently used keys beyond `maxEntries` leave. */
export function processKeyCache({ hardTtlMs, now }: KeyCacheLimits, maxEntries: number): ProcessKeyCache {
  const entries = expiringKeys(hardTtlMs, maxEntries)
  return {
    get(id) {
      const key = entries.get(id)
      if (key === undefined || now() - key.unwrappedAt < hardTtlMs) return key
      entries.delete(id)
      return undefined
    },
    put: (id, key) => void (entries.peek(id) === key || entries.set(id, key.retain())),
    delete: (id) => void entries.delete(id),
    deleteTenant(tenant) {
      for (const [id, key] of [...entries.entries()]) if (key.tenant === tenant) entries.delete(id)
    },
    clear: () => entries.clear(),
  }
}

/** A cache that lives as long as one context. */
export interface ContextKeyCache extends KeyCache {
  readonly ended: boolean
  /** Releases every key; nothing is kept afterwards. */
  end(): void
}

/** An empty cache for one context. */
export function contextKeyCache({ hardTtlMs, now }: KeyCacheLimits): ContextKeyCache {
  const entries = expiringKeys(hardTtlMs)
  let ended = false
  return {
    get ended() {
      return ended
    },
    get(id) {
      const key = entries.get(id)
      if (key === undefined || now() - key.unwrappedAt < hardTtlMs) return key
      entries.delete(id)
      return undefined
    },
    put(id, key) {
      if (!ended && entries.peek(id) !== key) entries.set(id, key.retain())
    },
    delete: (id) => void entries.delete(id),
    clear: () => entries.clear(),
    end() {
      ended = true
      entries.clear()
    },
  }
}
