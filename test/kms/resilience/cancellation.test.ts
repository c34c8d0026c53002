import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { KmsCancelledError, KmsUnavailableError } from '../../../src/errors/index.js'
import { resilientKms } from '../../../src/kms/resilience/index.js'
import { createGate } from '../../support/core/gate.js'
import { aKey, hang, kekUri, request, scriptedKms, watch } from './scripted-kms.js'
import { virtualTime } from './virtual-time.js'

const throttled = () => new KmsUnavailableError('throttled', { kekUri })

describe('the time of an attempt', () => {
  it('ends it, and tells the provider by its signal', async () => {
    const time = virtualTime()
    const kms = scriptedKms(hang)
    const call = watch(resilientKms(kms, { attempts: 1, attemptTimeoutMs: 700 }, time).unwrap(request))
    await time.advance(699)
    expect([call.state(), kms.attempts[0]?.signal?.aborted]).toEqual(['pending', false])
    await time.advance(1)
    expect(call.error()).toMatchObject({ code: 'KMS_UNAVAILABLE', kekUri, tenant: 'firm_1', keyId: 'k00000000001' })
    expect(kms.attempts[0]?.signal?.aborted).toBe(true)
  })

  it('starts when its turn comes, not while it waits', async () => {
    const time = virtualTime()
    const kms = scriptedKms(hang, hang)
    const resilient = resilientKms(kms, { attempts: 1, concurrency: 1, attemptTimeoutMs: 1000 }, time)
    const [first, second] = [watch(resilient.unwrap(request)), watch(resilient.unwrap(request))]
    await time.advance(1500)
    expect([first.state(), second.state()]).toEqual(['rejected', 'pending'])
    await time.advance(500)
    expect(second.state()).toBe('rejected')
  })

  it('erases a key that comes too late', async () => {
    const time = virtualTime()
    const gate = createGate()
    const late = aKey()
    const kms = scriptedKms(async () => {
      await gate.passed
      return late
    })
    const call = watch(resilientKms(kms, { attempts: 1 }, time).unwrap(request))
    await time.advance(2000)
    expect(call.state()).toBe('rejected')
    expect(late).toEqual(aKey())
    gate.open()
    await time.advance(0)
    expect(late).toEqual(Buffer.alloc(32))
  })

  it('erases a new data key that comes too late', async () => {
    const time = virtualTime()
    const gate = createGate()
    const plaintext = aKey()
    const kms = {
      ...scriptedKms(),
      generateDataKey: async () => {
        await gate.passed
        return { plaintext, wrapped: Buffer.of(1) }
      },
    }
    watch(resilientKms(kms, { attempts: 1 }, time).generateDataKey(request))
    await time.advance(2000)
    gate.open()
    await time.advance(0)
    expect(plaintext).toEqual(Buffer.alloc(32))
  })
})

describe('the deadline', () => {
  it('bounds all attempts and pauses together', async () => {
    const time = virtualTime()
    const kms = scriptedKms(...Array.from({ length: 100 }, () => hang))
    const options = {
      attempts: 100,
      deadlineMs: 5000,
      attemptTimeoutMs: 1000,
      breakerFailures: 1000,
      retryBudget: 1000,
    }
    const call = watch(resilientKms(kms, options, time).unwrap(request))
    await time.advance(4999)
    expect(call.state()).toBe('pending')
    await time.advance(1)
    expect(call.error()).toBeInstanceOf(KmsUnavailableError)
    const made = kms.attempts.length
    await time.advance(60_000)
    expect(kms.attempts).toHaveLength(made)
    expect(time.pending()).toBe(0)
  })

  it('bounds the wait for a turn', async () => {
    const time = virtualTime()
    const kms = scriptedKms(hang)
    const resilient = resilientKms(kms, { concurrency: 1, attemptTimeoutMs: 60_000, deadlineMs: 3000 }, time)
    watch(resilient.unwrap(request))
    await time.advance(1000)
    const waiting = watch(resilient.unwrap(request))
    await time.advance(1999)
    expect(waiting.state()).toBe('pending')
    await time.advance(3000)
    expect(waiting.state()).not.toBe('pending')
    expect(kms.attempts.length).toBeLessThanOrEqual(2)
  })
})

describe('the caller’s signal', () => {
  it('that fired already lets nothing begin', async () => {
    const kms = scriptedKms()
    const call = resilientKms(kms).unwrap({ ...request, signal: AbortSignal.abort() })
    await expect(call).rejects.toBeInstanceOf(KmsCancelledError)
    expect(kms.attempts).toHaveLength(0)
  })

  it('ends an attempt at once, in the provider too, and is not retried', async () => {
    const time = virtualTime()
    const kms = scriptedKms(hang)
    const caller = new AbortController()
    const call = watch(resilientKms(kms, {}, time).unwrap({ ...request, signal: caller.signal }))
    await time.advance(10)
    caller.abort()
    await time.advance(0)
    expect(call.error()).toBeInstanceOf(KmsCancelledError)
    expect(kms.attempts[0]?.signal?.aborted).toBe(true)
    await time.advance(60_000)
    expect(kms.attempts).toHaveLength(1)
    expect(time.pending()).toBe(0)
  })

  it('ends a pause at once, and its timer', async () => {
    const time = virtualTime()
    const kms = scriptedKms(new KmsUnavailableError('throttled', { kekUri }, 5000))
    const caller = new AbortController()
    const call = watch(resilientKms(kms, {}, time).unwrap({ ...request, signal: caller.signal }))
    await time.advance(100)
    expect([call.state(), time.pending()]).toEqual(['pending', 2])
    caller.abort()
    await time.advance(0)
    expect(call.error()).toBeInstanceOf(KmsCancelledError)
    expect(time.pending()).toBe(0)
  })

  it('ends the wait for a turn, and the turn goes to the next', async () => {
    const time = virtualTime()
    const gate = createGate()
    const kms = scriptedKms(async () => {
      await gate.passed
      return aKey()
    })
    const resilient = resilientKms(kms, { concurrency: 1 }, time)
    const caller = new AbortController()
    const first = watch(resilient.unwrap(request))
    const leaving = watch(resilient.unwrap({ ...request, signal: caller.signal }))
    const staying = watch(resilient.unwrap(request))
    await time.advance(10)
    caller.abort()
    await time.advance(0)
    expect(leaving.error()).toBeInstanceOf(KmsCancelledError)
    gate.open()
    await time.advance(0)
    expect([first.state(), staying.state()]).toEqual(['resolved', 'resolved'])
    expect(kms.attempts).toHaveLength(2)
  })

  it('that is a deadline makes the KMS unavailable, not the call cancelled', async () => {
    const kms = scriptedKms(hang)
    const call = resilientKms(kms).unwrap({ ...request, signal: AbortSignal.timeout(20) })
    await expect(call).rejects.toMatchObject({ code: 'KMS_UNAVAILABLE', message: expect.stringContaining('timed out') })
  })

  it('keeps no listener when the call has ended', async () => {
    const caller = new AbortController()
    const { signal } = caller
    const kms = scriptedKms(throttled(), throttled())
    await resilientKms(kms, { baseDelayMs: 1 }).unwrap({ ...request, signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('timers', () => {
  it('are all gone when a call has ended, so that none keeps an idle process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await sleep(5)
    const before = timers()
    const resilient = resilientKms(scriptedKms(throttled(), throttled(), hang), {
      baseDelayMs: 1,
      attemptTimeoutMs: 20,
    })
    await resilient.unwrap(request)
    await sleep(5)
    expect(timers()).toBeLessThanOrEqual(before)
  })
})
