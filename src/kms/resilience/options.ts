/** How calls to one KMS provider are bounded, retried and, in an outage, withheld. */
export interface ResilienceOptions {
  /** Milliseconds one attempt may take. Default 2000. */
  readonly attemptTimeoutMs: number
  /** Milliseconds a call may take in all: waiting for its turn, attempts, and pauses between them. Default 10 000. */
  readonly deadlineMs: number
  /** Attempts of a call, the first included; 1 means no retry. Default 4. */
  readonly attempts: number
  /** Longest pause before the first retry, in milliseconds; it doubles with each further one. Default 100. */
  readonly baseDelayMs: number
  /** Longest pause before any retry, in milliseconds, unless the KMS asks for a longer one. Default 2000. */
  readonly maxDelayMs: number
  /** Retries that may be made in a row of failures, over all calls; ten successes earn one back. Default 20. */
  readonly retryBudget: number
  /** Attempts that may be under way at one time; further ones wait in order. Default 10. */
  readonly concurrency: number
  /** Retryable failures in a row, of one KEK, after which calls for it fail at once. Default 5. */
  readonly breakerFailures: number
  /** Milliseconds they do so, before one call is let through to try; up to half as much is added at random. Default 5000. */
  readonly breakerOpenMs: number
}

/** The defaults; docs/kms/README.md says how they were chosen. */
export const DEFAULT_RESILIENCE: ResilienceOptions = {
  attemptTimeoutMs: 2000,
  deadlineMs: 10_000,
  attempts: 4,
  baseDelayMs: 100,
  maxDelayMs: 2000,
  retryBudget: 20,
  concurrency: 10,
  breakerFailures: 5,
  breakerOpenMs: 5000,
}

const WHOLE: readonly (keyof ResilienceOptions)[] = ['attempts', 'concurrency', 'breakerFailures']

/**
 * The defaults with the given options over them.
 * @throws RangeError if a number is not positive, or is a fraction where it counts something; `retryBudget` may be 0.
 */
export function resolveResilience(given: Partial<ResilienceOptions>): ResilienceOptions {
  const options = { ...DEFAULT_RESILIENCE, ...given }
  for (const [name, value] of Object.entries(options)) {
    const least = name === 'retryBudget' ? value >= 0 : value > 0
    if (!least) throw new RangeError(`resilience.${name} must be positive`)
  }
  for (const name of WHOLE) {
    if (!Number.isInteger(options[name])) throw new RangeError(`resilience.${name} must be a whole number`)
  }
  return options
}
