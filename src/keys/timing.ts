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
