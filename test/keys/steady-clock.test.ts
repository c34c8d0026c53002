import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createKeyring, memoryKeyStore } from '../../src/keys/index.js'
import { createSteadyClock } from '../../src/keys/steady-clock.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'
import { spyStore } from '../support/core/spy-store.js'

/** A machine with its two clocks, and the clock made of them. */
function machine() {
  let monotonic = 5000
  let wall = 1_700_000_000_000
  const clock = createSteadyClock(
    () => monotonic,
    () => wall,
  )
  return {
    clock,
    run(milliseconds: number) {
      monotonic += milliseconds
      wall += milliseconds
    },
    sleep(milliseconds: number) {
      wall += milliseconds
    },
    setWallClock(by: number) {
      wall += by
    },
  }
}

describe('the steady clock', () => {
  it('counts the time that passes, to the fraction', () => {
    const { clock, run } = machine()
    const start = clock()
    for (let i = 0; i < 1000; i++) {
      run(0.25)
      clock()
    }
    expect(clock() - start).toBe(250)
  })

  it('counts the time that the machine was asleep, each time once', () => {
    const { clock, run, sleep } = machine()
    const start = clock()
    sleep(600_000)
    expect(clock() - start).toBe(600_000)
    run(5)
    expect(clock() - start).toBe(600_005)
    sleep(60_000)
    expect(clock() - start).toBe(660_005)
    expect(clock() - start).toBe(660_005)
  })

  it('does not go back when the wall clock does, and still tells sleep afterwards', () => {
    const { clock, run, sleep, setWallClock } = machine()
    const start = clock()
    setWallClock(-3_600_000)
    expect(clock() - start).toBe(0)
    run(10)
    expect(clock() - start).toBe(10)
    sleep(120_000)
    expect(clock() - start).toBe(120_010)
  })

  it('is not moved by a wall clock that is being adjusted a little at a time', () => {
    const { clock, run, setWallClock } = machine()
    const start = clock()
    for (let i = 0; i < 100; i++) {
      run(100)
      setWallClock(i % 2 === 0 ? 900 : -500)
      clock()
    }
    expect(clock() - start).toBe(10_000)
  })

  it('is the one of this process unless given others', async () => {
    const clock = createSteadyClock()
    const start = clock()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(clock() - start).toBeGreaterThan(10)
    expect(clock() - start).toBeLessThan(10_000)
  })
})

describe('a process that wakes up after ten minutes', () => {
  it('uses neither the key nor the view of its states that it fell asleep with', async () => {
    const store = spyStore(memoryKeyStore())
    const kms = spyKms()
    const keyring = createKeyring({ store, kms, cache: { scope: 'process' } })
    const needs = { active: [{ tenant: 'firm_1', purpose: 'data' as const }], named: [] }
    ;(await keyring.warm(needs)).release()
    ;(await keyring.warm(needs)).release()
    const [loads, unwraps, old] = [store.loads.length, kms.unwraps.length, kms.unwrapped.at(-1)]
    const now = Date.now()
    // The monotonic clock goes on as if nothing had been.
    const wall = vi.spyOn(Date, 'now').mockReturnValue(now + 600_000)
    onTestFinished(() => {
      wall.mockRestore()
      keyring.dispose()
    })
    ;(await keyring.warm(needs)).release()
    expect(store.loads.length - loads).toBe(1)
    expect(kms.unwraps.length - unwraps).toBe(1)
    expect(old !== undefined && isErased(old.live)).toBe(true)
  })
})
