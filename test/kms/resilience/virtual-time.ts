import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Environment } from '../../../src/kms/resilience/environment.js'

/** Time that passes only when told to, and chance that is what the test says. */
export interface VirtualTime extends Environment {
  /** Timers that wait. */
  readonly pending: () => number
  /** The next values of `random`; 0.5 when they are used up. */
  readonly chances: number[]
  /** Lets the time pass, running what is due in order, and everything that follows from it. */
  advance(milliseconds: number): Promise<void>
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

export function virtualTime(): VirtualTime {
  let now = 1000
  const timers = new Set<Timer>()
  const chances: number[] = []
  const due = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
  return {
    now: () => now,
    chances,
    random: () => chances.shift() ?? 0.5,
    after(milliseconds, run) {
      const timer = { at: now + milliseconds, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pending: () => timers.size,
    async advance(milliseconds) {
      const until = now + milliseconds
      await nextTurn()
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer)
        now = timer.at
        timer.run()
        await nextTurn()
      }
      now = until
      await nextTurn()
    },
  }
}
