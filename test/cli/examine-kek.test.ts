import { describe, expect, it } from 'vitest'
import { examineKek, type KekExamination } from '../../src/cli/examine-kek.js'
import type { InspectableKms, KmsOperation } from '../../src/kms/kms.js'
import { type KmsFaultKind, type MemoryKms, memoryKms } from '../../src/testing/index.js'
import { spyKms } from '../support/core/spy-kms.js'

const kekUri = 'memory://default'
const PATIENCE_MS = 100
const CHECKS = ['describe', 'generate a data key', 'unwrap', 'refuse another context', 'rewrap']

const examine = (kms: InspectableKms, app = 'fieldseal') => examineKek(kms, kekUri, app, PATIENCE_MS)

/** Outcomes by check, each on its own line. */
const outcomes = ({ checks }: KekExamination) => checks.map(({ check, outcome }) => `${check}: ${outcome}`)

/** An in-memory KMS of which the given members are others. */
const altered = (change: Partial<InspectableKms>, kms: MemoryKms = memoryKms()): InspectableKms => ({
  ...kms,
  ...change,
})

describe('the examination of a KEK', () => {
  it('tries everything the library does with it, in order, with the time each took', async () => {
    const kms = memoryKms({ latencyMs: 12 })
    const { checks, description, kekUri: examined } = await examine(kms)
    expect(examined).toBe(kekUri)
    expect(checks.map(({ check, outcome }) => [check, outcome])).toEqual(CHECKS.map((check) => [check, 'passed']))
    for (const { milliseconds } of checks) expect(milliseconds).toBeGreaterThanOrEqual(10)
    expect(description).toMatchObject({ state: 'enabled', facts: { algorithm: 'AES-256-GCM' } })
    expect(kms.calls).toEqual({ describe: 1, generateDataKey: 1, unwrap: 3, rewrap: 1 })
  })

  it('uses a context of its own, in the name of the application', async () => {
    const spy = spyKms()
    await examine(altered(spy), 'intake')
    expect(spy.generations[0]?.context).toEqual({
      ...{ app: 'intake', tenant: 'fieldseal-doctor', purpose: 'data', keyId: 'doctor', v: '1' },
    })
    expect(new Set(spy.unwraps.map(({ context }) => context.app))).toEqual(new Set(['intake']))
  })

  it('erases every key it saw', async () => {
    const spy = spyKms()
    await examine(altered(spy))
    const live = [...spy.generated, ...spy.unwrapped].map((handedOut) => handedOut.live)
    expect(live.length).toBeGreaterThanOrEqual(3)
    for (const bytes of live) expect(bytes).toEqual(Buffer.alloc(32))
  })

  it.each<[KmsOperation, readonly string[], string]>([
    ['describe', ['describe: failed'], 'memory:DescribeKey'],
    [
      'generateDataKey',
      ['generate a data key: failed', 'unwrap: not tried', 'refuse another context: not tried', 'rewrap: not tried'],
      'memory:GenerateDataKey',
    ],
    ['unwrap', ['unwrap: failed', 'refuse another context: not tried'], 'memory:Decrypt'],
    ['rewrap', ['rewrap: failed'], 'memory:ReEncrypt'],
  ])(
    'tells which permission is missing when %s is denied, and tries the rest',
    async (operation, others, permission) => {
      const kms = memoryKms()
      kms.control.fail('access denied', { operation })
      const examination = await examine(kms)
      expect(outcomes(examination).filter((each) => !each.endsWith('passed'))).toEqual(others)
      const failed = examination.checks.find(({ outcome }) => outcome === 'failed')
      expect(failed).toMatchObject({ code: 'KMS_ACCESS_DENIED', missingPermissions: [permission] })
    },
  )

  it.each(['disabled', 'pending deletion'] as const)('tells that a KEK is %s', async (state) => {
    const kms = memoryKms()
    kms.control.setKekState(state)
    const { checks, description } = await examine(kms)
    expect(checks[0]).toMatchObject({ check: 'describe', outcome: 'failed', reason: `the KEK is ${state}` })
    expect(description?.state).toBe(state)
    expect(checks[1]).toMatchObject({ outcome: 'failed', code: 'KEK_UNAVAILABLE' })
  })

  it('says not to use a KEK that does not bind the context', async () => {
    const kms = memoryKms()
    const context = { app: 'a', tenant: 't', purpose: 'data', keyId: 'k', v: '1' } as const
    const careless = altered({
      generateDataKey: (request) => kms.generateDataKey({ ...request, context }),
      unwrap: (request) => kms.unwrap({ ...request, context }),
      rewrap: (request) => kms.rewrap({ ...request, context }),
    })
    const { checks } = await examine(careless)
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([
      expect.objectContaining({ check: 'refuse another context', reason: expect.stringContaining('Do not use it') }),
    ])
  })

  it('takes nothing but a refusal for a refusal of another context', async () => {
    let unwraps = 0
    const kms = memoryKms({
      fault: (operation) => (operation === 'unwrap' && ++unwraps === 2 ? { kind: 'unavailable' } : undefined),
    })
    const { checks } = await examine(kms)
    expect(checks[3]).toMatchObject({ check: 'refuse another context', outcome: 'failed', code: 'KMS_UNAVAILABLE' })
  })

  it('tells that another key came back, from unwrapping or rewrapping', async () => {
    for (const [operation, check] of [
      ['unwrap', 'unwrap'],
      ['rewrap', 'rewrap'],
    ] as const) {
      const kms = memoryKms()
      kms.control.fail('wrong key', { operation })
      const { checks } = await examine(kms)
      expect(checks.find((each) => each.check === check)).toMatchObject({
        ...{ outcome: 'failed', reason: 'what came back is another key' },
      })
    }
  })

  it.each<[KmsFaultKind, string | undefined]>([
    ['hang', 'KMS_UNAVAILABLE'],
    ['no connection', 'KMS_UNAVAILABLE'],
    ['wrong length', 'KMS_INVALID_REPLY'],
    ['not found', 'KEK_UNAVAILABLE'],
    ['request refused', 'KMS_REQUEST_REFUSED'],
    ['foreign error', 'KMS_UNAVAILABLE'],
  ])('ends, and tells why, when the KMS answers every call with “%s”', async (kind, code) => {
    const kms = memoryKms()
    kms.control.fail(kind)
    const { checks } = await examine(kms)
    expect(checks[1]).toMatchObject({ check: 'generate a data key', outcome: 'failed', code })
    expect(checks.map(({ check }) => check)).toEqual(CHECKS)
  })

  it('asks each thing once: what fails is shown, not tried again', async () => {
    const kms = memoryKms()
    kms.control.fail('throttled')
    await examine(kms)
    expect(kms.calls).toEqual({ describe: 1, generateDataKey: 1, unwrap: 0, rewrap: 0 })
  })
})
