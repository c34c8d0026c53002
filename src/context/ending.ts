import { setMaxListeners } from 'node:events'

/** How long the KMS calls of a context are waited for. Keys that are in a cache are used in any case. */
export interface ContextLimits {
  /** Once aborted, calls to a KMS end in KmsCancelledError: the `signal` of a request whose client may go away. */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds from the beginning of the context, at most 2^31 - 1, after which calls to a KMS end in a
   * KmsUnavailableError that says `timed out`.
   */
  readonly timeoutMs?: number | undefined
}

/** Ends the waiting of one context. */
export interface Ending {
  readonly signal: AbortSignal
  /** Lets go of timer and listeners. */
  dispose(): void
}

/** What setTimeout() takes; it fires at once for more. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * A signal that is aborted by the context around, by the caller, or at the deadline, whichever comes first; undefined if
 * the context adds nothing to the one around it. (`AbortSignal.any` would stay attached to a long-lived signal.)
 * @throws RangeError if `timeoutMs` is out of range.
 */
export function createEnding(outer: AbortSignal | undefined, limits: ContextLimits): Ending | undefined {
  const { signal, timeoutMs } = limits
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`timeoutMs must be positive and at most ${MAX_TIMEOUT_MS}`)
  }
  if (signal === undefined && timeoutMs === undefined) return undefined
  const controller = new AbortController()
  // Each operation that waits for a key listens; many at once are no leak.
  setMaxListeners(0, controller.signal)
  const disposals: (() => void)[] = []
  for (const source of [outer, signal]) {
    if (source === undefined) continue
    const pass = (): void => controller.abort(source.reason)
    if (source.aborted) pass()
    source.addEventListener('abort', pass, { once: true })
    disposals.push(() => source.removeEventListener('abort', pass))
  }
  if (timeoutMs !== undefined) {
    const late = (): void =>
      controller.abort(new DOMException('The deadline of the context has passed', 'TimeoutError'))
    const timer = setTimeout(late, timeoutMs).unref()
    disposals.push(() => clearTimeout(timer))
  }
  return {
    signal: controller.signal,
    dispose() {
      for (const dispose of disposals) dispose()
    },
  }
}
