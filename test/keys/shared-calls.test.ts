import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { KmsCancelledError, KmsUnavailableError } from '../../src/errors/index.js'
import { sharedCalls } from '../../src/keys/shared-calls.js'
import { thrownBy } from '../support/core/expect-error.js'
import { settle } from '../support/core/gate.js'

const details = { tenant: 'firm_1', kekUri: 'memory://default' }

/** Calls that end when told to, and what was handed out of their results. */
function setUp() {
  const begun: { readonly signal: AbortSignal; resolve(result: string): void; reject(error: Error): void }[] = []
  const events: string[] = []
  const share = sharedCalls<string>({
    hand(result) {
      events.push(`hand ${result}`)
      return result
    },
    done: (result) => void events.push(`done ${result}`),
  })
  const start = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      begun.push({ signal, resolve, reject })
    })
  const join = (signal?: AbortSignal, id = 'k1') => share(id, start, { signal, details })
  return { begun, events, join }
}

describe('a shared call', () => {
  it('is made once for callers that come while it runs, each of whom gets a share before it is done with', async () => {
    const { begun, events, join } = setUp()
    const callers = [join(), join(), join()]
    begun[0]?.resolve('a')
    expect(await Promise.all(callers)).toEqual(['a', 'a', 'a'])
    expect(begun).toHaveLength(1)
    expect(events).toEqual(['hand a', 'hand a', 'hand a', 'done a'])
  })

  it('is another for another id, and for who comes after it has ended, well or badly', async () => {
    const { begun, join } = setUp()
    const [first, other] = [join(), join(undefined, 'k2')]
    begun[0]?.resolve('a')
    begun[1]?.reject(new Error('down'))
    await expect(first).resolves.toBe('a')
    await expect(other).rejects.toThrow('down')
    const [again, otherAgain] = [join(), join(undefined, 'k2')]
    begun[2]?.resolve('b')
    begun[3]?.resolve('c')
    expect(await Promise.all([again, otherAgain])).toEqual(['b', 'c'])
  })

  it('goes on for the others when one of its callers gives up', async () => {
    const { begun, events, join } = setUp()
    const controller = new AbortController()
    const [gone, staying] = [join(controller.signal), join()]
    controller.abort()
    const error = await thrownBy(KmsCancelledError, () => gone)
    expect(error).toMatchObject(details)
    expect(begun[0]?.signal.aborted).toBe(false)
    begun[0]?.resolve('a')
    await expect(staying).resolves.toBe('a')
    expect(events).toEqual(['hand a', 'done a'])
  })

  it('is aborted when the last of its callers has given up, for the reason that one had', async () => {
    const { begun, events, join } = setUp()
    const controllers = [new AbortController(), new AbortController()]
    const callers = controllers.map(({ signal }) => join(signal))
    const outcomes = Promise.allSettled(callers)
    controllers[1]?.abort(new Error('first'))
    expect(begun[0]?.signal.aborted).toBe(false)
    const reason = new Error('last')
    controllers[0]?.abort(reason)
    expect(begun[0]?.signal.reason).toBe(reason)
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    // A provider that does not listen may succeed all the same: nobody is handed what it gives.
    begun[0]?.resolve('late')
    await settle()
    expect(events).toEqual(['done late'])
  })

  it('that was given up is not joined by who comes later', async () => {
    const { begun, join } = setUp()
    const controller = new AbortController()
    const gone = join(controller.signal)
    controller.abort()
    const next = join()
    expect(begun).toHaveLength(2)
    begun[0]?.reject(new Error('aborted'))
    await thrownBy(KmsCancelledError, () => gone)
    await settle()
    const another = join()
    expect(begun).toHaveLength(2)
    begun[1]?.resolve('b')
    expect(await Promise.all([next, another])).toEqual(['b', 'b'])
  })

  it('ends in a time-out for a caller whose deadline passes', async () => {
    const { join } = setUp()
    const error = await thrownBy(KmsUnavailableError, () => join(AbortSignal.timeout(5)))
    expect(error.message).toContain('timed out')
    expect(error).toMatchObject(details)
  })

  it('is not begun for a caller that has given up before', async () => {
    const { begun, join } = setUp()
    await thrownBy(KmsCancelledError, () => join(AbortSignal.abort()))
    await thrownBy(KmsUnavailableError, () => join(AbortSignal.abort(new DOMException('', 'TimeoutError'))))
    expect(begun).toEqual([])
  })

  it.each(['resolve', 'reject'] as const)('leaves no listener behind when it has ended (%s)', async (end) => {
    const { begun, join } = setUp()
    const { signal } = new AbortController()
    const caller = join(signal).catch(() => undefined)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    if (end === 'resolve') begun[0]?.resolve('a')
    else begun[0]?.reject(new Error('down'))
    await caller
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
