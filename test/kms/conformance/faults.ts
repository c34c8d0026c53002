import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { KmsCancelledError, type KmsError, KmsReplyError, KmsUnavailableError } from '../../../src/errors/index.js'
import type { KmsOperation } from '../../../src/kms/kms.js'
import { DENIED, type Expected, failureOf, OPERATIONS, required, run, type Scene } from './operations.js'
import { type FaultKind, RETRY_AFTER_MS } from './provider-under-test.js'

const UNAVAILABLE: Expected = { classes: [KmsUnavailableError], retryable: true }
const UNUSABLE: Expected = { classes: [KmsReplyError], retryable: true }
const CANCELLED: Expected = { classes: [KmsCancelledError], retryable: false }
const BROKEN: Expected = { classes: [KmsReplyError, KmsUnavailableError], retryable: true }

interface FaultCase {
  readonly kind: FaultKind
  readonly expected: Expected
  /** Which operations can meet it; default all. */
  readonly operations?: readonly KmsOperation[]
  /** Whether the KMS answers, and so gives its id of the request. */
  readonly answered?: boolean
}

const FAULTS: readonly FaultCase[] = [
  { kind: 'throttled', expected: UNAVAILABLE, answered: true },
  { kind: 'throttled with a time to wait', expected: UNAVAILABLE, answered: true },
  { kind: 'server error', expected: UNAVAILABLE, answered: true },
  { kind: 'unavailable', expected: UNAVAILABLE, answered: true },
  { kind: 'not authenticated', expected: DENIED, answered: true },
  { kind: 'access denied', expected: DENIED, answered: true },
  { kind: 'connection refused', expected: UNAVAILABLE },
  { kind: 'reset mid-reply', expected: BROKEN },
  { kind: 'not the protocol', expected: BROKEN },
  { kind: 'missing fields', expected: UNUSABLE },
  { kind: 'key of wrong length', expected: UNUSABLE, operations: ['generateDataKey', 'unwrap'] },
  { kind: 'wrong checksum', expected: UNUSABLE, operations: ['generateDataKey', 'unwrap', 'rewrap'] },
  { kind: 'answered with another KEK', expected: UNUSABLE },
]

/** What becomes of calls that the network, the KMS or the caller ends. */
export function describeFaults({ session, can }: Scene): void {
  const operations = OPERATIONS.filter((operation) => operation !== 'describe' || can('description'))
  const meets = (kind: FaultKind, operation: KmsOperation): boolean => can(kind) && can(`${kind}: ${operation}`)
  const fault = (kind: FaultKind | undefined) => {
    const { provider } = session()
    return required(provider.fault, 'fault').call(provider, kind)
  }

  if (can('faults'))
    describe('when a call goes wrong,', () => {
      for (const { kind, expected, operations: meeting = operations, answered = false } of FAULTS) {
        const all = operations.filter((operation) => meeting.includes(operation) && meets(kind, operation))
        if (all.length === 0) continue
        it.each(all)(
          `has a typed error for “${kind}” in %s, after one attempt, and works again after it`,
          async (operation) => {
            const usual = can('counting calls') ? await callsOf(() => run(session(), operation)) : 0
            await fault(kind)
            let error: KmsError | undefined
            const calls = await callsOf(async () => {
              error = await failureOf(session(), () => run(session(), operation), expected)
            })
            if (error === undefined) return
            // What takes several requests ends with the first that fails.
            if (can('counting calls') && kind !== 'connection refused') {
              expect(calls).toBeGreaterThan(0)
              expect(calls).toBeLessThanOrEqual(usual)
            }
            if (answered && can('request ids')) expect(error.requestId).toMatch(/\S/)
            if (kind === 'throttled with a time to wait') expect(error).toMatchObject({ retryAfterMs: RETRY_AFTER_MS })
            await fault(undefined)
            await worksAgain(operation)
          },
        )
      }
    })

  /** How many requests reach the KMS while `work` is done. */
  async function callsOf(work: () => unknown): Promise<number> {
    const { calls } = session().provider
    const before = calls?.() ?? 0
    await work()
    return (calls?.() ?? 0) - before
  }

  /** A broken connection may take a moment to be replaced. */
  async function worksAgain(operation: KmsOperation): Promise<void> {
    await expect.poll(() => run(session(), operation), { timeout: 10_000, interval: 50 }).toBeDefined()
  }

  if (can('cancelling'))
    describe('when its caller gives up,', () => {
      it.each(operations)('does not begin %s if the signal was aborted before', async (operation) => {
        const before = session().provider.calls?.()
        const signal = AbortSignal.abort(new Error('no longer wanted'))
        await failureOf(session(), () => run(session(), operation, { signal }), CANCELLED)
        expect(session().provider.calls?.()).toBe(before)
      })

      it.each(operations)('takes a deadline that has passed before %s for a time-out', async (operation) => {
        const signal = AbortSignal.abort(new DOMException('too late', 'TimeoutError'))
        await failureOf(session(), () => run(session(), operation, { signal }), UNAVAILABLE)
      })

      it.each(operations)('leaves nothing behind on the signal after %s', async (operation) => {
        const { signal } = new AbortController()
        await run(session(), operation, { signal })
        expect(getEventListeners(signal, 'abort')).toEqual([])
      })
    })

  if (can('faults') && can('hang'))
    describe('when no answer comes,', () => {
      const hanging = operations.filter((operation) => meets('hang', operation))

      it.each(hanging)('ends %s at once when the signal is aborted, and works again after it', async (operation) => {
        await fault('hang')
        const controller = new AbortController()
        setTimeout(() => controller.abort(new Error('no longer wanted')), 60)
        const started = performance.now()
        await failureOf(session(), () => run(session(), operation, { signal: controller.signal }), CANCELLED)
        expect(performance.now() - started).toBeLessThan(2000)
        expect(getEventListeners(controller.signal, 'abort')).toEqual([])
        await fault(undefined)
        await worksAgain(operation)
      })

      it.each(hanging)('ends %s at the deadline of the signal', async (operation) => {
        await fault('hang')
        const signal = AbortSignal.timeout(60)
        const error = await failureOf(session(), () => run(session(), operation, { signal }), UNAVAILABLE)
        expect(error.message).toContain('timed out')
      })

      if (can('own timeout')) {
        it.each(hanging)('ends %s after the provider’s own time, and works again after it', async (operation) => {
          await fault('hang')
          const started = performance.now()
          const error = await failureOf(session(), () => run(session(), operation), UNAVAILABLE)
          expect(error.message).toContain('timed out')
          const took = performance.now() - started
          expect(took).toBeLessThan(required(session().provider.timeoutMs, 'timeoutMs') * 3 + 2000)
          await fault(undefined)
          await worksAgain(operation)
        })
      }
    })
}
