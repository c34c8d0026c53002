/** Bounds the retries of all calls together. */
export interface RetryBudget {
  /** Whether one more retry may be made; if so, it is paid for. */
  take(): boolean
  /** A call succeeded. */
  earn(): void
}

/** What a success puts back. */
const EARNED = 0.1

/**
 * A token bucket that a retry costs one token and a success gives a tenth of one: in the long run retries add at most a
 * tenth to the calls that succeed, and in an outage they end after `capacity` (as retry throttling of gRPC, proposal A6).
 */
export function createRetryBudget(capacity: number): RetryBudget {
  let tokens = capacity
  return {
    take() {
      if (tokens < 1) return false
      tokens--
      return true
    },
    earn() {
      tokens = Math.min(capacity, tokens + EARNED)
    },
  }
}
