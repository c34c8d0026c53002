import type { ErrorDetails } from '../errors/index.js'
import { abortError } from '../kms/abort.js'

/** Who waits for a call. */
export interface Caller {
  /** Ends the waiting of this caller; the call itself goes on as long as anybody else waits. */
  readonly signal?: AbortSignal | undefined
  /** What an error that ends the waiting says. */
  readonly details: ErrorDetails
}

/**
 * Calls that concurrent callers share: the one that runs for `id`, or a new one that `start` begins. `start` is given a
 * signal that is aborted when the last caller has gone.
 */
export type SharedCalls<T> = (id: string, start: (signal: AbortSignal) => Promise<T>, caller: Caller) => Promise<T>

/** What becomes of a result. */
export interface Handing<T> {
  /** The share of one caller. */
  readonly hand: (result: T) => T
  /** Called last, after every caller that still waits has its share. */
  readonly done: (result: T) => void
}

interface Waiter<T> {
  readonly resolve: (result: T) => void
  readonly reject: (error: unknown) => void
  readonly leave: () => void
}

interface Call<T> {
  readonly controller: AbortController
  readonly waiters: Set<Waiter<T>>
}

/** No calls yet. */
export function sharedCalls<T>({ hand, done }: Handing<T>): SharedCalls<T> {
  const running = new Map<string, Call<T>>()

  function forget(id: string, call: Call<T>): void {
    if (running.get(id) === call) running.delete(id)
  }

  function begin(id: string, start: (signal: AbortSignal) => Promise<T>): Call<T> {
    const call: Call<T> = { controller: new AbortController(), waiters: new Set() }
    const settle = (tell: (waiter: Waiter<T>) => void): void => {
      forget(id, call)
      for (const waiter of call.waiters) {
        waiter.leave()
        tell(waiter)
      }
    }
    running.set(id, call)
    start(call.controller.signal).then(
      (result) => {
        settle(({ resolve }) => resolve(hand(result)))
        done(result)
      },
      (error: unknown) => settle(({ reject }) => reject(error)),
    )
    return call
  }

  return async (id, start, { signal, details }) => {
    if (signal?.aborted === true) throw abortError(signal, details)
    const call = running.get(id) ?? begin(id, start)
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        call.waiters.delete(waiter)
        if (signal === undefined) return
        reject(abortError(signal, details))
        if (call.waiters.size > 0) return
        // Nobody joins a call that is about to end: who comes now begins another.
        forget(id, call)
        call.controller.abort(signal.reason)
      }
      const waiter: Waiter<T> = { resolve, reject, leave: () => signal?.removeEventListener('abort', onAbort) }
      call.waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
