/** Time and chance, so that tests can hold both. */
export interface Environment {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number
  /** Runs something after that many milliseconds, unless the function returned is called before. */
  readonly after: (milliseconds: number, run: () => void) => () => void
}

/**
 * The real ones. A timer here serves a call somebody waits for and is cleared when that call ends, so none keeps an
 * idle process alive; but while it runs the process must stay, or Node.js would end it in the middle of the wait.
 */
export const realEnvironment: Environment = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}
