import { setImmediate } from 'node:timers/promises'

/** Milliseconds of work after which others get their turn. */
const SLICE_MS = 10

/** Work that says, by yielding, where it may be interrupted. */
export type Interruptible<T = void> = Generator<void, T, void>

/**
 * Does work in slices of about 10 ms, between which whatever waits in the event loop runs. What ends within its first slice
 * is done when this returns.
 */
export function inSlices<T>(work: Interruptible<T>, sliceMs = SLICE_MS): T | Promise<T> {
  const first = slice(work, sliceMs)
  return first.done === true ? first.value : remaining(work, sliceMs)
}

async function remaining<T>(work: Interruptible<T>, sliceMs: number): Promise<T> {
  for (;;) {
    await setImmediate()
    const next = slice(work, sliceMs)
    if (next.done === true) return next.value
  }
}

function slice<T>(work: Interruptible<T>, sliceMs: number): IteratorResult<void, T> {
  const begun = performance.now()
  for (;;) {
    const step = work.next()
    if (step.done === true || performance.now() - begun >= sliceMs) return step
  }
}
