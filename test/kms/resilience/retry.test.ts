import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsCancelledError,
  KmsConfigurationError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnknownKekError,
  UnwrapFailedError,
} from '../../../src/errors/index.js'
import { pauseBefore } from '../../../src/kms/resilience/backoff.js'
import { DEFAULT_RESILIENCE, resilientKms } from '../../../src/kms/resilience/index.js'
import { createRetryBudget } from '../../../src/kms/resilience/retry-budget.js'
import { aKey, hang, kekUri, request, type Step, scriptedKms, watch } from './scripted-kms.js'
import { virtualTime } from './virtual-time.js'

const throttled = (retryAfterMs?: number) => new KmsUnavailableError('throttled', { kekUri }, retryAfterMs)
const patient = { breakerFailures: 1000 }

describe('a retryable failure', () => {
  it.each<[string, () => Step]>([
    ['throttling', () => throttled()],
    ['a server error', () => new KmsUnavailableError('server error 503', { kekUri })],
    ['a damaged reply', () => new KmsReplyError('its checksum is wrong', { kekUri })],
    ['a key of wrong length', () => () => Buffer.alloc(31, 1)],
    ['an error of another kind', () => Object.assign(new Error('socket'), { code: 'ECONNRESET' })],
    ['no answer in time', () => hang],
  ])('such as %s is retried, and the caller sees the success', async (_, step) => {
    const time = virtualTime()
    const kms = scriptedKms(step(), step())
    const call = watch(resilientKms(kms, {}, time).unwrap(request))
    await time.advance(9000)
    expect(call.value()).toEqual(aKey())
    expect(kms.attempts).toHaveLength(3)
    expect(time.pending()).toBe(0)
  })

  it('is tried as often as the options say, and then shown as it was', async () => {
    const time = virtualTime()
    const errors = [throttled(), throttled(), throttled(7)]
    const kms = scriptedKms(...errors, throttled())
    const call = watch(resilientKms(kms, { attempts: 3 }, time).unwrap(request))
    await time.advance(9000)
    expect(call.error()).toBe(errors[2])
    expect(kms.attempts).toHaveLength(3)
  })

  it('is not retried with attempts: 1', async () => {
    const kms = scriptedKms(throttled())
    await expect(resilientKms(kms, { attempts: 1 }).unwrap(request)).rejects.toBeInstanceOf(KmsUnavailableError)
    expect(kms.attempts).toHaveLength(1)
  })

  it('is retried for new keys and rewraps too', async () => {
    const time = virtualTime()
    const failures = [throttled(), throttled()]
    const kms = {
      ...scriptedKms(),
      generateDataKey: async () => {
        const failure = failures.pop()
        if (failure !== undefined) throw failure
        return { plaintext: aKey(), wrapped: Buffer.of(1) }
      },
      rewrap: async () => {
        const failure = failures.pop()
        if (failure !== undefined) throw failure
        return Buffer.of(9)
      },
    }
    const resilient = resilientKms(kms, {}, time)
    const made = watch(resilient.generateDataKey(request))
    await time.advance(5000)
    expect(made.value()).toEqual({ plaintext: aKey(), wrapped: Buffer.of(1) })
    failures.push(throttled())
    const rewrapped = watch(resilient.rewrap({ ...request, toKekUri: kekUri }))
    await time.advance(5000)
    expect(rewrapped.value()).toEqual(Buffer.of(9))
  })
})

describe('a failure that is not retryable', () => {
  it.each([
    new KmsAccessDeniedError({ kekUri }),
    new KekUnavailableError('disabled', { kekUri }),
    new KekUnavailableError('pending deletion', { kekUri }),
    new KekUnavailableError('not found', { kekUri }),
    new UnwrapFailedError({ kekUri }),
    new KmsRequestError('InvalidKeyUsage', { kekUri }),
    new KmsConfigurationError('no such region'),
    new UnknownKekError([], { kekUri }),
    new KmsCancelledError({ kekUri }),
  ])('passes at once and as it is: $message', async (error) => {
    const kms = scriptedKms(error)
    await expect(resilientKms(kms).unwrap(request)).rejects.toBe(error)
    expect(kms.attempts).toHaveLength(1)
  })
})

describe('the pause before a retry', () => {
  it('is anything from nothing to the base, doubled each time, up to the cap: full jitter', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (retry, chance) => {
        const most = Math.min(2000, 100 * 2 ** retry)
        const pause = pauseBefore(retry, throttled(), DEFAULT_RESILIENCE, { random: () => chance })
        expect(pause).toBeCloseTo(chance * most, 6)
      }),
    )
  })

  it('comes after the time the KMS asks to wait', async () => {
    const time = virtualTime()
    const kms = scriptedKms(throttled(3000))
    const call = watch(resilientKms(kms, {}, time).unwrap(request))
    await time.advance(3000)
    expect(kms.attempts).toHaveLength(1)
    await time.advance(50)
    expect(kms.attempts).toHaveLength(2)
    expect(call.state()).toBe('resolved')
  })

  it('is not begun if it would outlast the deadline: the caller learns at once how long the KMS asks to wait', async () => {
    const time = virtualTime()
    const kms = scriptedKms(throttled(60_000))
    const call = watch(resilientKms(kms, {}, time).unwrap(request))
    await time.advance(0)
    expect(call.error()).toMatchObject({ code: 'KMS_UNAVAILABLE', retryAfterMs: 60_000 })
    expect(kms.attempts).toHaveLength(1)
  })
})

describe('the retry budget', () => {
  it('ends retries in an outage: calls are tried once each when it is used up', async () => {
    const time = virtualTime()
    const kms = scriptedKms(...Array.from({ length: 1000 }, () => throttled()))
    const resilient = resilientKms(kms, { ...patient, retryBudget: 20 }, time)
    const calls = Array.from({ length: 100 }, () => watch(resilient.unwrap(request)))
    await time.advance(60_000)
    expect(calls.every((call) => call.state() === 'rejected')).toBe(true)
    expect(kms.attempts).toHaveLength(120)
  })

  it('is earned back by success, ten for one', () => {
    const budget = createRetryBudget(2)
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false])
    for (let i = 0; i < 10; i++) {
      expect(budget.take()).toBe(false)
      budget.earn()
    }
    budget.earn()
    expect([budget.take(), budget.take()]).toEqual([true, false])
  })

  it('is refilled by the calls that succeed', async () => {
    const time = virtualTime()
    const kms = scriptedKms(throttled(), throttled())
    const resilient = resilientKms(kms, { ...patient, retryBudget: 1, attempts: 2 }, time)
    const attemptsOf = async (...steps: Step[]) => {
      kms.steps.splice(0, Number.POSITIVE_INFINITY, ...steps)
      const before = kms.attempts.length
      watch(resilient.unwrap(request))
      await time.advance(1000)
      return kms.attempts.length - before
    }
    expect(await attemptsOf(throttled(), throttled())).toBe(2)
    expect(await attemptsOf(throttled(), throttled())).toBe(1)
    for (let i = 0; i < 11; i++) await attemptsOf()
    expect(await attemptsOf(throttled(), throttled())).toBe(2)
  })

  it('never grows beyond its capacity', () => {
    const budget = createRetryBudget(1)
    for (let i = 0; i < 1000; i++) budget.earn()
    expect([budget.take(), budget.take()]).toEqual([true, false])
  })

  it('keeps retries to a tenth of the successes in the long run, whatever fails', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (outcomes) => {
        const budget = createRetryBudget(20)
        let retries = 0
        for (const succeeds of outcomes) {
          if (succeeds) budget.earn()
          else if (budget.take()) retries++
        }
        expect(retries).toBeLessThanOrEqual(20 + outcomes.filter(Boolean).length / 10)
      }),
    )
  })
})

describe('options', () => {
  it.each(
    Object.keys(DEFAULT_RESILIENCE).flatMap((name) => [
      [name, -1],
      [name, Number.NaN],
      ...(name === 'retryBudget' ? [] : [[name, 0] as const]),
    ]) as [string, number][],
  )('with %s: %d are refused', (name, value) => {
    expect(() => resilientKms(scriptedKms(), { [name]: value })).toThrow(`resilience.${name}`)
  })

  it.each(['attempts', 'concurrency', 'breakerFailures'])('count whole things: %s', (name) => {
    expect(() => resilientKms(scriptedKms(), { [name]: 1.5 })).toThrow(`resilience.${name} must be a whole number`)
  })

  it('leave the provider what it is', () => {
    let disposed = 0
    const kms = { ...scriptedKms(), dispose: () => disposed++ }
    const resilient = resilientKms(kms)
    expect(resilient.defaultKek).toBe(kekUri)
    expect([resilient.serves(kekUri), resilient.serves('x://y')]).toEqual([true, false])
    resilient.dispose?.()
    expect(disposed).toBe(1)
    expect(() => resilientKms(scriptedKms()).dispose?.()).not.toThrow()
  })
})
