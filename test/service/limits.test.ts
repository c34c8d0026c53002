import { describe, expect, it } from 'vitest'
import { KmsCancelledError, KmsUnavailableError } from '../../src/errors/index.js'
import { tenantRefOf } from '../../src/keys/index.js'
import type { KekRequest, Kms } from '../../src/kms/kms.js'
import { memoryKms } from '../../src/testing/index.js'
import { createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { createGate, settle } from '../support/core/gate.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'

/** A KMS whose unwrap calls end when told to, or when their signal is aborted; what it does with signals is noted. */
async function setUp() {
  const gate = createGate()
  const state = { hold: false }
  const signals: (AbortSignal | undefined)[] = []
  const inner = memoryKms()
  const holding: Kms = {
    ...inner,
    async generateDataKey(request) {
      await hold(request)
      return inner.generateDataKey({ kekUri: request.kekUri, context: request.context })
    },
    async unwrap(request) {
      await hold(request)
      return inner.unwrap({ kekUri: request.kekUri, context: request.context, wrapped: request.wrapped })
    },
  }
  async function hold({ signal }: KekRequest): Promise<void> {
    signals.push(signal)
    if (state.hold) await gate.passed
  }
  const bench = createBench({}, spyKms({}, holding))
  await bench.fieldseal.ensureTenant('firm_1')
  signals.length = 0
  state.hold = true
  return { ...bench, gate, signals }
}

describe('withTenant({ signal })', () => {
  it('ends an operation that waits for the KMS in KMS_CANCELLED, and the KMS call with it', async () => {
    const { fieldseal, signals } = await setUp()
    const controller = new AbortController()
    const work = fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '1'), {
      signal: controller.signal,
    })
    await settle()
    expect(signals.map((signal) => signal?.aborted)).toEqual([false])
    controller.abort()
    const error = await thrownBy(KmsCancelledError, () => work)
    expect(error).toMatchObject({ tenant: 'firm_1', kekUri: 'memory://default', keyId: expect.any(String) })
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
  })

  it('asks no KMS after it was aborted, and goes on using keys that are there', async () => {
    const { fieldseal, signals, gate } = await setUp()
    gate.open()
    const controller = new AbortController()
    await fieldseal.withTenant(
      'firm_1',
      async () => {
        const cell = await fieldseal.encrypt('Client.ssn', '1')
        controller.abort()
        await expect(fieldseal.decrypt('Client.ssn', cell)).resolves.toBe('1')
        const before = signals.length
        await thrownBy(KmsCancelledError, () => fieldseal.tag('Client.ssnIndex', '1'))
        await thrownBy(KmsCancelledError, () => fieldseal.ensureTenant('firm_new'))
        expect(signals.length).toBe(before)
      },
      { signal: controller.signal },
    )
  })

  it('does not end the KMS call for others who wait for the same key', async () => {
    const { fieldseal, signals, gate, kms } = await setUp()
    const controller = new AbortController()
    const encrypt = () => fieldseal.encrypt('Client.ssn', '1')
    const gone = fieldseal.withTenant('firm_1', encrypt, { signal: controller.signal })
    const staying = Array.from({ length: 5 }, () => fieldseal.withTenant('firm_1', encrypt))
    await settle()
    controller.abort()
    await thrownBy(KmsCancelledError, () => gone)
    gate.open()
    const cells = await Promise.all(staying)
    expect(new Set(cells).size).toBe(5)
    expect(signals.map((signal) => signal?.aborted)).toEqual([false])
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })

  it('ends the making of the first keys too', async () => {
    const { fieldseal, rows } = await setUp()
    const controller = new AbortController()
    const work = fieldseal.withTenant('firm_new', () => fieldseal.encrypt('Client.ssn', '1'), {
      signal: controller.signal,
    })
    await settle()
    controller.abort()
    await thrownBy(KmsCancelledError, () => work)
    await settle()
    expect((await rows.load(tenantRefOf('firm_new'))).rows).toEqual([])
  })

  it('leaves no key behind when the KMS answers after all', async () => {
    const { fieldseal, gate, kms } = await setUp()
    const controller = new AbortController()
    const work = fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '1'), {
      signal: controller.signal,
    })
    await settle()
    controller.abort()
    await thrownBy(KmsCancelledError, () => work)
    const before = kms.unwrapped.length
    gate.open()
    await settle()
    expect(kms.unwrapped.length).toBe(before + 1)
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })
})

describe('withTenant({ timeoutMs })', () => {
  it('ends an operation that waits for the KMS longer in KMS_UNAVAILABLE, which may be tried again', async () => {
    const { fieldseal, signals } = await setUp()
    const begun = performance.now()
    const error = await thrownBy(KmsUnavailableError, () =>
      fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '1'), { timeoutMs: 30 }),
    )
    expect(performance.now() - begun).toBeGreaterThan(25)
    expect(error).toMatchObject({ retryable: true, tenant: 'firm_1' })
    expect(error.message).toContain('timed out')
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
  })

  it('holds in contexts inside it, and in those of withKeys()', async () => {
    const { fieldseal } = await setUp()
    const inner = () => fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '1'))
    await thrownBy(KmsUnavailableError, () => fieldseal.withKeys(inner, { timeoutMs: 20 }))
  })
})
