import { KmsUnavailableError } from '../../errors/index.js'
import type { Environment } from './environment.js'
import type { ResilienceOptions } from './options.js'

/**
 * The pause before a retry, in milliseconds: "full jitter", `random(0, min(cap, base · 2^n))`, which spreads the calls
 * of many processes evenly (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). A time that the
 * KMS asks to wait comes before that pause.
 * @param retry 0 for the first retry.
 */
export function pauseBefore(
  retry: number,
  error: unknown,
  { baseDelayMs, maxDelayMs }: ResilienceOptions,
  { random }: Pick<Environment, 'random'>,
): number {
  const asked = error instanceof KmsUnavailableError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(0, asked) + random() * Math.min(maxDelayMs, baseDelayMs * 2 ** retry)
}
