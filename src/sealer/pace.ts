import { setImmediate } from 'node:timers/promises'

/** Milliseconds of work after which others get their turn. */
const SLICE_MS = 10

/** Divides long synchronous work, so that the event loop is never held up for much longer than a slice. */
export interface Pace {
  /** Whether this slice has lasted long enough. Looking at the clock costs little, but not nothing. */
  isDue(): boolean
  /** Lets whatever waits in the event loop run, and begins the next slice. */
  rest(): Promise<void>
}

export function createPace(sliceMs = SLICE_MS): Pace {
  let begun = performance.now()
  return {
    isDue: () => performance.now() - begun >= sliceMs,
    async rest() {
      await setImmediate()
      begun = performance.now()
    },
  }
}
