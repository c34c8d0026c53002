import { type ErrorDetails, KmsUnavailableError } from '../../errors/index.js'
import type { Environment } from './environment.js'
import type { ResilienceOptions } from './options.js'

/** How an attempt ended, as a breaker sees it: the KMS answered, whatever it said; it failed; or nobody waited for it. */
export type AttemptOutcome = 'answered' | 'failed' | 'abandoned'

/** Withholds attempts for a KEK while its KMS fails, and lets one through now and then to see whether it still does. */
export interface CircuitBreaker {
  /** Why no attempt may begin now, or `undefined` if one may. */
  refusal(details: ErrorDetails & { readonly kekUri: string }): KmsUnavailableError | undefined
  /** An attempt begins, which `refusal` allowed. What is returned must be told how it ended. */
  enter(kekUri: string): (outcome: AttemptOutcome) => void
}

/** A KEK whose last attempts failed; a healthy one has no such state. */
interface Failing {
  failures: number
  /** When the next attempt may go through; `undefined` while the circuit is closed. */
  probeAt: number | undefined
  /** One attempt is finding out whether the KMS is back. */
  probing: boolean
}

/** Closed until failures come in a row, then open, then half-open for one attempt that decides. */
export function createCircuitBreaker(
  { breakerFailures, breakerOpenMs }: Pick<ResilienceOptions, 'breakerFailures' | 'breakerOpenMs'>,
  { now, random }: Pick<Environment, 'now' | 'random'>,
): CircuitBreaker {
  const failing = new Map<string, Failing>()

  function failed(kekUri: string): void {
    const state = failing.get(kekUri) ?? { failures: 0, probeAt: undefined, probing: false }
    state.failures++
    // Random, so that processes which lost the KMS together do not come back together.
    if (state.failures >= breakerFailures) state.probeAt = now() + breakerOpenMs * (1 + random() / 2)
    failing.set(kekUri, state)
  }

  return {
    refusal(details) {
      const state = failing.get(details.kekUri)
      if (state?.probeAt === undefined) return undefined
      const waitMs = state.probeAt - now()
      if (waitMs <= 0 && !state.probing) return undefined
      return new KmsUnavailableError('circuit open', details, waitMs > 0 ? Math.ceil(waitMs) : undefined)
    },
    enter(kekUri) {
      const state = failing.get(kekUri)
      const probed = state?.probeAt === undefined ? undefined : state
      if (probed !== undefined) probed.probing = true
      return (outcome) => {
        if (probed !== undefined) probed.probing = false
        if (outcome === 'answered') failing.delete(kekUri)
        else if (outcome === 'failed') failed(kekUri)
      }
    },
  }
}
