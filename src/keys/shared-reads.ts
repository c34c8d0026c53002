/** Reads that callers share, by id. One that has been on its way for too long is waited for by nobody new. */
export interface SharedReads<T> {
  /** The read that runs, or one that begins now. */
  join(id: string): Promise<T>
  /** A read that has not begun before this call. Callers that come while one runs share the one after it. */
  anew(id: string): Promise<T>
  /** Who joins from now on gets a read that begins now. */
  forget(id: string): void
}

interface Underway<T> {
  readonly since: number
  readonly promise: Promise<T>
}

/** @param longestMs after which a read is given up: a source that hangs once is not waited for for ever. */
export function sharedReads<T>(read: (id: string) => Promise<T>, longestMs: number, now: () => number): SharedReads<T> {
  const joined = new Map<string, Underway<T>>()
  const running = new Map<string, Underway<T>>()
  const following = new Map<string, Underway<T>>()

  /** What is on its way in `place`, unless it was given up. */
  function live(place: ReadonlyMap<string, Underway<T>>, id: string): Promise<T> | undefined {
    const underway = place.get(id)
    return underway !== undefined && now() - underway.since <= longestMs ? underway.promise : undefined
  }

  /** Has it stand in `place` until it ends. */
  function begin(place: Map<string, Underway<T>>, id: string, work: () => Promise<T>): Promise<T> {
    const since = now()
    const promise = work().finally(() => {
      if (place.get(id) === underway) place.delete(id)
    })
    const underway: Underway<T> = { since, promise }
    place.set(id, underway)
    return promise
  }

  /** A read that begins when another has ended, well or badly. */
  async function after(earlier: Promise<T>, id: string): Promise<T> {
    await earlier.catch(() => undefined)
    // It begins: who comes now, comes too late for it.
    following.delete(id)
    return begin(running, id, () => read(id))
  }

  return {
    join: (id) => live(joined, id) ?? begin(joined, id, () => read(id)),
    anew(id) {
      const waiting = live(following, id)
      if (waiting !== undefined) return waiting
      const earlier = live(running, id)
      if (earlier === undefined) return begin(running, id, () => read(id))
      return begin(following, id, () => after(earlier, id))
    },
    forget: (id) => void joined.delete(id),
  }
}
