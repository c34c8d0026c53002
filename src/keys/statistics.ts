/** Why a key left a cache before its context or the process ended. */
export type EvictionReason =
  /** It reached the hard TTL. */
  | 'expired'
  /** It was the one used longest ago when `maxEntries` was reached. */
  | 'capacity'
  /** It was used `maxUses` times. */
  | 'uses'
  /** The KMS refused to unwrap it again: denied, disabled, deleted, altered. */
  | 'refused'
  /** Its row, or its tenant, may no longer be used. */
  | 'state'
  /** `invalidate()` was called for its tenant. */
  | 'invalidated'

/** What the key cache and the KMS have done since the start. Counts only: no tenant, no key id. */
export interface KeyStatistics {
  /** Keys that an operation found in a cache. */
  readonly hits: number
  /** Keys that an operation had to wait for; those that shared one KMS call count once each. */
  readonly misses: number
  /** Calls to a KMS; one that was tried several times counts once. */
  readonly kmsCalls: { readonly generateDataKey: number; readonly unwrap: number; readonly failed: number }
  /** Keys that were unwrapped again in the background, in scope `process`. */
  readonly refreshes: number
  /** Refreshes that failed for the moment, so that the key at hand was kept. */
  readonly bridged: number
  readonly evictions: { readonly [reason in EvictionReason]: number }
  /** Unwrapped keys in caches now. */
  readonly entries: number
}

/** The numbers while they are counted. */
export interface Counters {
  hits: number
  misses: number
  readonly kmsCalls: { generateDataKey: number; unwrap: number; failed: number }
  refreshes: number
  bridged: number
  readonly evictions: { [reason in EvictionReason]: number }
  entries: number
}

/** All zero. */
export function createCounters(): Counters {
  return {
    hits: 0,
    misses: 0,
    kmsCalls: { generateDataKey: 0, unwrap: 0, failed: 0 },
    refreshes: 0,
    bridged: 0,
    evictions: { expired: 0, capacity: 0, uses: 0, refused: 0, state: 0, invalidated: 0 },
    entries: 0,
  }
}

/** The numbers as they are now, apart from those that go on counting. */
export function snapshot(counters: Counters): KeyStatistics {
  return { ...counters, kmsCalls: { ...counters.kmsCalls }, evictions: { ...counters.evictions } }
}
