import { type ErrorDetails, KmsUnavailableError } from '../../errors/index.js'
import { abortError } from '../abort.js'
import type { Environment } from './environment.js'

export interface AttemptOptions<T> {
  readonly timeoutMs: number
  /** The caller's. Nothing stays behind on it. */
  readonly signal: AbortSignal | undefined
  readonly details: ErrorDetails
  readonly after: Environment['after']
  /** Takes a result that came too late: a key nobody waits for is to be erased. */
  readonly discard: (late: T) => void
}

/**
 * Carries out `work` until its result, its time or its caller ends it, whichever comes first. The work gets a signal of
 * its own that fires in the last two cases; work that does not mind it is left to itself.
 * @throws KmsUnavailableError `timed out`, KmsCancelledError, or what the work throws.
 */
export function attempt<T>(work: (signal: AbortSignal) => Promise<T>, options: AttemptOptions<T>): Promise<T> {
  const { timeoutMs, signal, details, after, discard } = options
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortError(signal, details))
    const ending = new AbortController()
    let over = false
    const close = (): void => {
      over = true
      stopClock()
      signal?.removeEventListener('abort', cancel)
    }
    const end = (error: Error): void => {
      if (over) return
      close()
      reject(error)
      ending.abort(error)
    }
    const cancel = (): void => {
      if (signal !== undefined) end(abortError(signal, details))
    }
    const stopClock = after(timeoutMs, () => end(new KmsUnavailableError('timed out', details)))
    signal?.addEventListener('abort', cancel, { once: true })
    // Work that throws before it returns a promise is taken like work that rejects.
    Promise.resolve(ending.signal)
      .then(work)
      .then(
        (result) => {
          if (over) return discard(result)
          close()
          resolve(result)
        },
        (error: unknown) => {
          if (over) return
          close()
          reject(error)
        },
      )
  })
}
