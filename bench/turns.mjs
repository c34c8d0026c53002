import { Bench } from 'tinybench'

/** Milliseconds on the wall: for what waits for a database. */
export const wallTime = () => performance.now()

/**
 * Milliseconds of processor time of this process, all of its threads (the garbage collector's, too): for what waits for
 * nothing, so that other processes on the machine do not count.
 */
export function processorTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * Times sides in turn, round after round, each round beginning with another side, so that a drift of the machine meets
 * all of them alike.
 * @param sides by name: `work`, and what is done `before` and `after` it without being timed. `share`, if the work of the
 *   side is only that part of the others'
 * @returns milliseconds of every round, by side
 */
export async function inTurns(sides, { rounds, warmup = 2, now = wallTime }) {
  const names = Object.keys(sides)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -warmup; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(((round + turn) % names.length) + names.length) % names.length]
      const milliseconds = await once(name, sides[name], now)
      if (round >= 0) times[name].push(milliseconds)
    }
  }
  return times
}

async function once(name, { work, before, after, iterations = 1, share = 1 }, now) {
  const bench = new Bench({ iterations, time: 0, warmup: false, throws: true, now })
  // All are told to be asynchronous: what is asked whether it is would be called once more, which warms it up.
  bench.add(name, async () => work(), { async: true, beforeEach: before, afterEach: after })
  const [{ result }] = await bench.run()
  return result.latency.p50 / share
}
