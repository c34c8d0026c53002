/** A clock that moves only when told to. */
export interface Clock {
  readonly now: () => number
  advance(milliseconds: number): void
}

export function createClock(start = 1000): Clock {
  let time = start
  return {
    now: () => time,
    advance(milliseconds) {
      time += milliseconds
    },
  }
}
