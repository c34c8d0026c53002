import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KmsUnavailableError } from '../../../src/errors/index.js'
import { resilientKms } from '../../../src/kms/resilience/index.js'
import { aKey, hang, kekUri, request, type Step, scriptedKms, watch } from './scripted-kms.js'
import { type VirtualTime, virtualTime } from './virtual-time.js'

const slow =
  (time: VirtualTime, milliseconds: number): Step =>
  () =>
    new Promise((resolve) => time.after(milliseconds, () => resolve(aKey())))

describe('calls at one time', () => {
  it('are ten attempts at most, unless the options say otherwise', async () => {
    for (const [options, most] of [
      [{}, 10],
      [{ concurrency: 3 }, 3],
    ] as const) {
      const time = virtualTime()
      const kms = scriptedKms(...Array.from({ length: 40 }, () => slow(time, 100)))
      const resilient = resilientKms(kms, options, time)
      const calls = Array.from({ length: 40 }, () => watch(resilient.unwrap(request)))
      await time.advance(2000)
      expect(calls.every((call) => call.state() === 'resolved')).toBe(true)
      expect(kms.peak()).toBe(most)
    }
  })

  it('are bounded over all KEKs of the provider, and begin in the order they came', async () => {
    const time = virtualTime()
    const kms = scriptedKms(...Array.from({ length: 9 }, () => slow(time, 100)))
    const resilient = resilientKms(kms, { concurrency: 2 }, time)
    const uris = Array.from({ length: 9 }, (_, i) => `memory://${i}`)
    for (const uri of uris) watch(resilient.unwrap({ ...request, kekUri: uri }))
    await time.advance(1000)
    expect(kms.attempts.map((attempt) => attempt.kekUri)).toEqual(uris)
    expect(kms.peak()).toBe(2)
  })

  it('leave room for others while one pauses before a retry', async () => {
    const time = virtualTime()
    const kms = scriptedKms(new KmsUnavailableError('throttled', { kekUri }, 5000))
    const resilient = resilientKms(kms, { concurrency: 1 }, time)
    const [first, second] = [watch(resilient.unwrap(request)), watch(resilient.unwrap(request))]
    await time.advance(10)
    expect([first.state(), second.state()]).toEqual(['pending', 'resolved'])
  })

  it('are not blocked for good by a provider that never answers', async () => {
    const time = virtualTime()
    const kms = scriptedKms(hang, hang)
    const resilient = resilientKms(kms, { concurrency: 2, attempts: 1, attemptTimeoutMs: 1000 }, time)
    const calls = Array.from({ length: 6 }, () => watch(resilient.unwrap(request)))
    await time.advance(1000)
    expect(calls.map((call) => call.state())).toEqual(['rejected', 'rejected', ...Array(4).fill('resolved')])
  })

  it('never exceed the limit, whatever fails, hangs or is cancelled, and all end', async () => {
    const kinds = fc.constantFrom('answer', 'slow', 'fail', 'hang', 'cancel')
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        async (behaviours, concurrency) => {
          const time = virtualTime()
          const kms = scriptedKms(
            ...behaviours.map((behaviour): Step => {
              if (behaviour === 'answer') return aKey
              if (behaviour === 'fail') return new KmsUnavailableError('throttled', { kekUri })
              return behaviour === 'slow' ? slow(time, 300) : hang
            }),
          )
          const options = { concurrency, breakerFailures: 1000, deadlineMs: 60_000 }
          const resilient = resilientKms(kms, options, time)
          const calls = behaviours.map((behaviour) => {
            const caller = new AbortController()
            if (behaviour === 'cancel') time.after(50, () => caller.abort())
            return watch(resilient.unwrap({ ...request, signal: caller.signal }))
          })
          await time.advance(120_000)
          expect(calls.map((call) => call.state())).not.toContain('pending')
          // A hanging attempt is given up, but the provider still has it.
          expect(time.pending()).toBe(0)
        },
      ),
      { numRuns: 40 },
    )
  })
})
