import { describe, expect, it } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsReplyError,
  KmsUnavailableError,
} from '../../../src/errors/index.js'
import { resilientKms } from '../../../src/kms/resilience/index.js'
import { createGate } from '../../support/core/gate.js'
import { aKey, hang, kekUri, request, type ScriptedKms, type Step, scriptedKms, watch } from './scripted-kms.js'
import { type VirtualTime, virtualTime } from './virtual-time.js'

const down = () => new KmsUnavailableError('server error 503', { kekUri })
/** One attempt a call, so that failures are easy to count. */
const options = { attempts: 1, breakerFailures: 3, breakerOpenMs: 5000 }

interface Setting {
  readonly time: VirtualTime
  readonly kms: ScriptedKms
  readonly unwrap: (uri?: string, signal?: AbortSignal) => ReturnType<typeof watch<Uint8Array>>
}

function setting(...steps: Step[]): Setting {
  const time = virtualTime()
  const kms = scriptedKms(...steps)
  const resilient = resilientKms(kms, options, time)
  return {
    time,
    kms,
    unwrap: (uri = kekUri, signal) =>
      watch(resilient.unwrap({ ...request, kekUri: uri, ...(signal === undefined ? {} : { signal }) })),
  }
}

async function opened(...steps: Step[]): Promise<Setting> {
  const made = setting(down(), down(), down(), ...steps)
  for (let i = 0; i < 3; i++) {
    made.unwrap()
    await made.time.advance(1)
  }
  expect(made.kms.attempts).toHaveLength(3)
  return made
}

describe('the circuit of a KEK', () => {
  it('opens after failures in a row: further calls fail at once and do not reach the KMS', async () => {
    const { time, kms, unwrap } = await opened()
    const refused = unwrap()
    await time.advance(0)
    expect(refused.error()).toMatchObject({
      code: 'KMS_UNAVAILABLE',
      retryable: true,
      kekUri,
      message: expect.stringContaining('circuit open'),
    })
    expect(refused.error()).toHaveProperty('retryAfterMs', expect.closeTo(6250, -1))
    expect(kms.attempts).toHaveLength(3)
  })

  it('stays closed while failures are not in a row', async () => {
    const { time, kms, unwrap } = setting(down(), down(), aKey, down(), down(), aKey, down(), down(), aKey)
    for (let i = 0; i < 9; i++) {
      unwrap()
      await time.advance(1)
    }
    expect(kms.attempts).toHaveLength(9)
  })

  it('is its own: other KEKs of the provider are asked', async () => {
    const { time, unwrap } = await opened()
    const other = unwrap('memory://other')
    await time.advance(0)
    expect(other.state()).toBe('resolved')
  })

  it('counts damaged replies and attempts without an answer as well', async () => {
    const { time, kms, unwrap } = setting(new KmsReplyError('no JSON', { kekUri }), hang, () => Buffer.alloc(3, 1))
    for (let i = 0; i < 4; i++) {
      unwrap()
      await time.advance(2000)
    }
    expect(kms.attempts).toHaveLength(3)
  })

  it.each([
    new KmsAccessDeniedError({ kekUri }),
    new KekUnavailableError('disabled', { kekUri }),
    new KekUnavailableError('not found', { kekUri }),
  ])('is not opened by what the KMS refuses: $message', async (error) => {
    const { time, kms, unwrap } = setting(down(), down(), error, down(), down(), error, error, error, error)
    for (let i = 0; i < 9; i++) {
      unwrap()
      await time.advance(1)
    }
    expect(kms.attempts).toHaveLength(9)
  })

  it('is not opened by callers that leave', async () => {
    const { time, kms, unwrap } = setting(hang, hang, hang, hang)
    for (let i = 0; i < 4; i++) {
      const caller = new AbortController()
      unwrap(kekUri, caller.signal)
      await time.advance(1)
      caller.abort()
      await time.advance(0)
    }
    expect(unwrap().state()).toBe('pending')
    await time.advance(0)
    expect(kms.attempts).toHaveLength(5)
  })

  it('counts on when a caller leaves, neither more nor from the start, be it by cancelling or at a deadline', async () => {
    for (const reason of [new Error('no longer wanted'), new DOMException('too late', 'TimeoutError')]) {
      const { time, kms, unwrap } = setting(down(), down(), hang, down())
      const leave = async () => {
        const caller = new AbortController()
        unwrap(kekUri, caller.signal)
        await time.advance(1)
        caller.abort(reason)
        await time.advance(0)
      }
      for (const step of [unwrap, unwrap, leave]) {
        await step()
        await time.advance(1)
      }
      expect(kms.attempts).toHaveLength(3)
      for (let i = 0; i < 3; i++) {
        unwrap()
        await time.advance(1)
      }
      // The fourth was the third failure in a row.
      expect(kms.attempts).toHaveLength(4)
    }
  })

  it('lets one call through after its time, and closes when that succeeds', async () => {
    const gate = createGate()
    const { time, kms, unwrap } = await opened(async () => {
      await gate.passed
      return aKey()
    })
    await time.advance(6240)
    unwrap()
    await time.advance(0)
    expect(kms.attempts).toHaveLength(3)
    await time.advance(10)
    const probe = unwrap()
    await time.advance(0)
    const beside = unwrap()
    await time.advance(0)
    expect([probe.state(), beside.state(), kms.attempts.length]).toEqual(['pending', 'rejected', 4])
    gate.open()
    await time.advance(0)
    expect(probe.state()).toBe('resolved')
    const after = [unwrap(), unwrap(), unwrap()]
    await time.advance(0)
    expect(after.map((call) => call.state())).toEqual(['resolved', 'resolved', 'resolved'])
  })

  it('opens again when that one fails', async () => {
    const { time, kms, unwrap } = await opened(down())
    await time.advance(6250)
    unwrap()
    await time.advance(0)
    expect(kms.attempts).toHaveLength(4)
    unwrap()
    await time.advance(4000)
    unwrap()
    await time.advance(0)
    expect(kms.attempts).toHaveLength(4)
    await time.advance(2250)
    const probe = unwrap()
    await time.advance(0)
    expect(probe.state()).toBe('resolved')
  })

  it('closes when that one is refused: the KMS is back, and says no', async () => {
    const { time, kms, unwrap } = await opened(new KmsAccessDeniedError({ kekUri }))
    await time.advance(6250)
    unwrap()
    await time.advance(0)
    expect(unwrap().state()).toBe('pending')
    await time.advance(0)
    expect(kms.attempts).toHaveLength(5)
  })

  it('lets another call try when the caller of that one leaves', async () => {
    const { time, kms, unwrap } = await opened(hang)
    await time.advance(6250)
    const caller = new AbortController()
    unwrap(kekUri, caller.signal)
    await time.advance(0)
    caller.abort()
    await time.advance(0)
    const next = unwrap()
    await time.advance(0)
    expect([next.state(), kms.attempts.length]).toEqual(['resolved', 5])
  })

  it('is open for a time that differs from process to process', async () => {
    const times = await Promise.all(
      [0, 0.999].map(async (chance) => {
        const { time, unwrap } = setting(down(), down(), down())
        time.chances.push(chance)
        for (let i = 0; i < 4; i++) {
          const call = unwrap()
          await time.advance(0)
          if (i === 3) return Object(call.error()).retryAfterMs
        }
      }),
    )
    expect(times).toEqual([5000, 7498])
  })

  it('that opens ends the calls in the queue at once', async () => {
    const time = virtualTime()
    const kms = scriptedKms(down(), down(), down(), hang)
    const resilient = resilientKms(kms, { ...options, concurrency: 1 }, time)
    const calls = Array.from({ length: 10 }, () => watch(resilient.unwrap(request)))
    await time.advance(0)
    expect(calls.map((call) => call.state())).toEqual(Array(10).fill('rejected'))
    expect(kms.attempts).toHaveLength(3)
  })

  it('that opens between the attempts of a call shows the caller what the KMS said last', async () => {
    const time = virtualTime()
    const last = down()
    const kms = scriptedKms(down(), last, down())
    const call = watch(resilientKms(kms, { ...options, attempts: 4, breakerFailures: 2 }, time).unwrap(request))
    await time.advance(5000)
    expect(call.error()).toBe(last)
    expect(kms.attempts).toHaveLength(2)
  })
})
