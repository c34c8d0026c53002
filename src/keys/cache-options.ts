import type { KeyTiming } from './timing.js'

/** How long unwrapped keys are kept for reuse. */
export type KeyCacheScope = 'request' | 'process'

export interface KeyCacheOptions {
  /**
   * `request` (default): keys live as long as the context they were loaded in; outside any context each operation
   * unwraps anew. `process`: keys are shared by all contexts; the options below are for this scope.
   */
  readonly scope?: KeyCacheScope
  /** Keys kept; beyond them the one used longest ago leaves. Default 1000. */
  readonly maxEntries?: number
  /**
   * Operations that may take one unwrapped key from the cache; the next has it unwrapped anew. Operations that wait for
   * one KMS call together all get the key. Default: no limit.
   */
  readonly maxUses?: number
  /**
   * Milliseconds after which a key in use is unwrapped again in the background, up to a fifth less, drawn for each key.
   * Default: a fifth of the hard TTL. No tenant in use notices an outage of the KMS that is shorter than what lies between
   * it and the hard TTL.
   */
  readonly softTtlMs?: number
}

/** The options of scope `process`, complete. */
export interface ProcessCacheLimits {
  readonly maxEntries: number
  readonly maxUses: number
  readonly softTtlMs: number
}

const DEFAULT_MAX_ENTRIES = 1000
/**
 * Of an outage, four fifths of the hard TTL are bridged for certain. Shorter ones would gain little more: each halving
 * doubles the KMS calls.
 */
const SOFT_SHARE = 1 / 5
/** The share of the soft TTL by which a key's own may be shorter. Never longer: the time bridged could be. */
export const SOFT_TTL_JITTER = 0.2

/**
 * What the process-wide cache is bounded by; `undefined` in scope `request`.
 * @throws RangeError for a limit that is not positive, or counts in fractions, or is given in scope `request`, or for a
 *   soft TTL that is no shorter than the hard one.
 */
export function resolveCacheOptions(given: KeyCacheOptions, { hardTtlMs }: KeyTiming): ProcessCacheLimits | undefined {
  const { scope = 'request', ...limits } = given
  if (scope === 'request') {
    for (const [name, value] of Object.entries(limits)) {
      if (value !== undefined) throw new RangeError(`cache.${name} needs cache.scope 'process'`)
    }
    return undefined
  }
  if (scope !== 'process') throw new RangeError("cache.scope must be 'request' or 'process'")
  const {
    maxEntries = DEFAULT_MAX_ENTRIES,
    maxUses = Number.POSITIVE_INFINITY,
    softTtlMs = hardTtlMs * SOFT_SHARE,
  } = limits
  for (const [name, value] of Object.entries({ maxEntries, maxUses, softTtlMs })) {
    if (!(value > 0)) throw new RangeError(`cache.${name} must be positive`)
  }
  if (!Number.isInteger(maxEntries)) throw new RangeError('cache.maxEntries must be a whole number')
  if (maxUses % 1 > 0) throw new RangeError('cache.maxUses must be a whole number')
  if (softTtlMs >= hardTtlMs) throw new RangeError('cache.softTtlMs must be less than timing.hardTtlMs')
  return { maxEntries, maxUses, softTtlMs }
}
