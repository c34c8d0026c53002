/** The three times that key states rely on, in milliseconds. */
export interface KeyTiming {
  /** State lease: nothing is sealed, tagged or filtered on a view of the keys' states older than this. */
  readonly stateLeaseMs: number
  /** Longest time an unwrapped key stays in memory after its KMS call began. */
  readonly hardTtlMs: number
  /** Longest time from sealing a value to its commit; declared, since a library cannot see it. */
  readonly commitMs: number
}

export const DEFAULT_TIMING: KeyTiming = { stateLeaseMs: 60_000, hardTtlMs: 300_000, commitMs: 600_000 }

/** After this, no process can still commit something sealed on an older view of the states. */
export function writeBarrierMs({ stateLeaseMs, commitMs }: KeyTiming): number {
  return 1.1 * (stateLeaseMs + commitMs)
}

/** After this, no process can still hold a key, or a look-up, of an older view. */
export function readBarrierMs({ stateLeaseMs, hardTtlMs, commitMs }: KeyTiming): number {
  return 1.1 * (Math.max(hardTtlMs, stateLeaseMs) + commitMs)
}

/** Setting a timer for longer, Node.js lets it fire at once. */
const LONGEST_MS = 2 ** 31 - 2

/**
 * The defaults with the given times over them.
 * @throws RangeError if one is not positive or longer than 2^31 - 2 ms.
 */
export function resolveTiming(given: Partial<KeyTiming> = {}): KeyTiming {
  const timing: KeyTiming = { ...DEFAULT_TIMING, ...given }
  for (const [name, value] of Object.entries(timing)) {
    if (!(value > 0 && value <= LONGEST_MS))
      throw new RangeError(`timing.${name} must be positive and at most 2^31 - 2`)
  }
  return timing
}

/** The age at which a view of the states is read anew in the background. */
export function refreshAgeMs({ stateLeaseMs }: KeyTiming): number {
  return stateLeaseMs / 3
}

/**
 * The age up to which an operation may begin on a view. The tenth of the lease that is left is its time from there to
 * the first value it seals: a view that was fresh when keys were handed out is still so when they are used.
 */
export function beginAgeMs({ stateLeaseMs }: KeyTiming): number {
  return 0.9 * stateLeaseMs
}
