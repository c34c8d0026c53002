import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createContextStorage } from '../../src/context/index.js'
import { contextKeyCache } from '../../src/keys/context-key-cache.js'
import { createCounters } from '../../src/keys/statistics.js'

const open = () => createContextStorage(() => contextKeyCache({ hardTtlMs: 1000, now: () => 0 }, createCounters()))
const nap = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('the signal of a context', () => {
  it('is none unless the context was given a signal or a time', async () => {
    const contexts = open()
    await contexts.run('firm_1', () => expect(contexts.current()?.keys.signal).toBeUndefined())
  })

  it('is aborted when the caller aborts, for the same reason', async () => {
    const contexts = open()
    const controller = new AbortController()
    const reason = new Error('gone')
    await contexts.run(
      'firm_1',
      () => {
        const signal = contexts.current()?.keys.signal
        expect(signal?.aborted).toBe(false)
        controller.abort(reason)
        expect(signal?.reason).toBe(reason)
      },
      { signal: controller.signal },
    )
  })

  it('is aborted from the start if the caller aborted before; the work runs all the same', async () => {
    const contexts = open()
    const signal = AbortSignal.abort()
    const aborted = await contexts.run('firm_1', () => contexts.current()?.keys.signal?.aborted, { signal })
    expect(aborted).toBe(true)
  })

  it('is aborted for being late after the time given', async () => {
    const contexts = open()
    await contexts.run(
      'firm_1',
      async () => {
        const signal = contexts.current()?.keys.signal
        expect(signal?.aborted).toBe(false)
        await nap(30)
        expect(signal?.reason).toMatchObject({ name: 'TimeoutError' })
      },
      { timeoutMs: 10 },
    )
  })

  it('is aborted with that of the context around it, and not the other way round', async () => {
    const contexts = open()
    const [outer, inner] = [new AbortController(), new AbortController()]
    await contexts.run(
      'firm_1',
      async () => {
        const around = contexts.current()?.keys.signal
        await contexts.run('firm_2', () => expect(contexts.current()?.keys.signal).toBe(around))
        await contexts.run('firm_2', () => inner.abort(), { signal: inner.signal })
        expect(around?.aborted).toBe(false)
        await contexts.run(
          'firm_2',
          () => {
            outer.abort()
            expect(contexts.current()?.keys.signal?.aborted).toBe(true)
          },
          { timeoutMs: 60_000 },
        )
      },
      { signal: outer.signal },
    )
  })

  it('shares keys and end with the context around it', async () => {
    const contexts = open()
    await contexts.run('firm_1', async () => {
      const outer = contexts.current()?.keys
      const inner = await contexts.run('firm_2', () => contexts.current()?.keys, { timeoutMs: 60_000 })
      expect(inner?.ended).toBe(false)
      outer?.end()
      expect(inner?.ended).toBe(true)
    })
  })

  it('lets go of the signals it follows when the context ends, well or badly', async () => {
    const contexts = open()
    const { signal } = new AbortController()
    await contexts.run(
      'firm_1',
      async () => {
        expect(getEventListeners(signal, 'abort')).toHaveLength(1)
        await contexts.run('firm_2', () => Promise.reject(new Error('mine')), { timeoutMs: 5 }).catch(() => undefined)
        await nap(15)
        expect(contexts.current()?.keys.signal?.aborted).toBe(false)
      },
      { signal },
    )
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it.each([0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])('refuses %d milliseconds', async (timeoutMs) => {
    let ran = false
    const run = open().run(
      'firm_1',
      () => {
        ran = true
      },
      { timeoutMs },
    )
    await expect(run).rejects.toBeInstanceOf(RangeError)
    expect(ran).toBe(false)
  })
})
