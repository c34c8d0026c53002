import pLimit from 'p-limit'
import { KmsError } from '../../errors/index.js'
import { abortError } from '../abort.js'
import type { EncryptionContext, KekRequest, Kms } from '../kms.js'
import { attempt } from './attempt.js'
import { pauseBefore } from './backoff.js'
import { type AttemptOutcome, createCircuitBreaker } from './circuit-breaker.js'
import { detailsOf, enforceContract, erase, type RequestDetails } from './contract.js'
import { type Environment, realEnvironment } from './environment.js'
import { type ResilienceOptions, resolveResilience } from './options.js'
import { createRetryBudget } from './retry-budget.js'

/**
 * The provider behind timeouts, retries, a limit of calls at one time and a circuit breaker for each KEK. Retryable
 * errors are retried, others pass as they are. The caller's signal ends waiting and working alike.
 *
 * Errors that are no `KmsError`, and replies that the port does not allow, become KmsUnavailableError and KmsReplyError;
 * with `false` that is all it does.
 * @throws RangeError for an option that is out of range.
 */
export function resilientKms(
  kms: Kms,
  given: Partial<ResilienceOptions> | false = {},
  environment: Environment = realEnvironment,
): Kms {
  const inner = enforceContract(kms)
  if (given === false) return inner
  const options = resolveResilience(given)
  const { now, after } = environment
  const limit = pLimit(options.concurrency)
  const breaker = createCircuitBreaker(options, environment)
  const budget = createRetryBudget(options.retryBudget)

  /** Waits for its turn, unless the circuit is open, and makes one attempt. */
  async function inTurn<T>({ details, signal, work }: Call<T>): Promise<Ended<T>> {
    const refusal = breaker.refusal(details)
    if (refusal !== undefined) return { error: refusal, refused: true }
    return limit(async (): Promise<Ended<T>> => {
      // In the queue, the caller may have left and the circuit may have opened.
      if (signal.aborted) return { error: abortError(signal, details), refused: false }
      const late = breaker.refusal(details)
      if (late !== undefined) return { error: late, refused: true }
      const settle = breaker.enter(details.kekUri)
      let outcome: AttemptOutcome = 'answered'
      try {
        const bounds = { timeoutMs: options.attemptTimeoutMs, details, signal, after, discard: erase }
        return { result: await attempt(work, bounds) }
      } catch (error) {
        if (signal.aborted) outcome = 'abandoned'
        else if (isRetryable(error)) outcome = 'failed'
        return { error, refused: false }
      } finally {
        settle(outcome)
      }
    })
  }

  async function withRetries<T>(call: Call<T>): Promise<T> {
    const { details, signal } = call
    const deadline = now() + options.deadlineMs
    let last: unknown
    for (let retry = 0; ; retry++) {
      const ended = await inTurn(call)
      if ('result' in ended) {
        budget.earn()
        return ended.result
      }
      // What the KMS said tells more than that it is not asked again.
      if (ended.refused) throw last ?? ended.error
      last = ended.error
      if (signal.aborted || !isRetryable(last) || retry + 1 >= options.attempts) throw last
      const pauseMs = pauseBefore(retry, last, options, environment)
      if (now() + pauseMs >= deadline || !budget.take()) throw last
      await pause(pauseMs, signal, after)
      if (signal.aborted) throw abortError(signal, details)
    }
  }

  /** The whole of it ends with the deadline or the caller's signal, wherever it is. */
  function call<R extends KekRequest & { readonly context: EncryptionContext }, T>(
    request: R,
    work: (request: R) => Promise<T>,
  ): Promise<T> {
    const details = detailsOf(request)
    const whole = (signal: AbortSignal): Promise<T> =>
      withRetries({ details, signal, work: (attempted) => work({ ...request, signal: attempted }) })
    const { deadlineMs: timeoutMs } = options
    return attempt(whole, { timeoutMs, details, signal: request.signal, after, discard: erase })
  }

  return {
    ...inner,
    generateDataKey: (request) => call(request, inner.generateDataKey),
    unwrap: (request) => call(request, inner.unwrap),
    rewrap: (request) => call(request, inner.rewrap),
  }
}

/** A call under way. */
interface Call<T> {
  readonly details: RequestDetails
  readonly signal: AbortSignal
  readonly work: (signal: AbortSignal) => Promise<T>
}

/** How a turn ended; `refused` by the breaker, without an attempt. */
type Ended<T> = { readonly result: T } | { readonly error: unknown; readonly refused: boolean }

function isRetryable(error: unknown): boolean {
  return error instanceof KmsError && error.retryable
}

/** Lets the time pass, or until the signal fires. */
function pause(milliseconds: number, signal: AbortSignal, after: Environment['after']): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      stop()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const stop = after(milliseconds, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
