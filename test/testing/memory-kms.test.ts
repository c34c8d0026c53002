import { spawnSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  type FieldsealError,
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsCancelledError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../src/errors/index.js'
import type { Kms, KmsOperation } from '../../src/kms/kms.js'
import { KMS_FAULTS, type KmsFaultKind, type MemoryKekState, memoryKms } from '../../src/testing/index.js'
import { thrownBy } from '../support/core/expect-error.js'

const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const
const kekUri = 'memory://default'
const keks = ['memory://a', 'memory://b'] as const

describe('the in-memory KMS', () => {
  it('unwraps what it wrapped', async () => {
    const kms = memoryKms()
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri, context })
    expect(await kms.unwrap({ kekUri, context, wrapped })).toEqual(plaintext)
  })

  it.each([
    ['app', 'other'],
    ['tenant', 'firm_2'],
    ['purpose', 'index'],
    ['keyId', 'k00000000002'],
  ] as const)('enforces the %s of the context as a real one does', async (name, value) => {
    const kms = memoryKms()
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    const elsewhere = { kekUri, context: { ...context, [name]: value }, wrapped }
    await thrownBy(UnwrapFailedError, () => kms.unwrap(elsewhere))
    await thrownBy(UnwrapFailedError, () => kms.rewrap({ ...elsewhere, toKekUri: kekUri }))
  })

  it('enforces the KEK: one does not unwrap what another wrapped, nor what another KMS wrapped', async () => {
    const kms = memoryKms({ keks })
    expect(kms.defaultKek).toBe('memory://a')
    const { wrapped } = await kms.generateDataKey({ kekUri: 'memory://a', context })
    await thrownBy(UnwrapFailedError, () => kms.unwrap({ kekUri: 'memory://b', context, wrapped }))
    const another = memoryKms({ keks: ['memory://a'] })
    await thrownBy(UnwrapFailedError, () => another.unwrap({ kekUri: 'memory://a', context, wrapped }))
    const missing = await thrownBy(KekUnavailableError, () => kms.unwrap({ kekUri: 'memory://c', context, wrapped }))
    expect(missing.reason).toBe('not found')
    expect(['memory://a', 'memory://b', 'memory://c'].map(kms.serves)).toEqual([true, true, false])
  })

  it('rewraps the same key to another KEK', async () => {
    const kms = memoryKms({ keks })
    const [from, to] = keks
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: from, context })
    const rewrapped = await kms.rewrap({ kekUri: from, context, wrapped, toKekUri: to })
    expect(await kms.unwrap({ kekUri: to, context, wrapped: rewrapped })).toEqual(plaintext)
    await thrownBy(UnwrapFailedError, () => kms.unwrap({ kekUri: from, context, wrapped: rewrapped }))
  })

  it('counts its calls, failed ones too', async () => {
    const kms = memoryKms({ fault: (_, attempt) => (attempt === 1 ? { kind: 'unavailable' } : undefined) })
    await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri, context }))
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    await thrownBy(KmsUnavailableError, () => kms.unwrap({ kekUri, context, wrapped }))
    await kms.unwrap({ kekUri, context, wrapped })
    expect(kms.calls).toEqual({ generateDataKey: 2, unwrap: 2, rewrap: 0, describe: 0 })
  })

  it('fails as the option tells it, call by call', async () => {
    const denied = new KmsAccessDeniedError({ kekUri })
    const kms = memoryKms({
      fault: (operation, attempt) => {
        if (operation === 'generateDataKey') return undefined
        if (attempt === 1) return { kind: 'error', error: denied }
        return attempt === 2 ? { kind: 'wrong key' } : undefined
      },
    })
    const { wrapped, plaintext } = await kms.generateDataKey({ kekUri, context })
    await expect(kms.unwrap({ kekUri, context, wrapped })).rejects.toBe(denied)
    expect(await kms.unwrap({ kekUri, context, wrapped })).not.toEqual(plaintext)
    expect(await kms.unwrap({ kekUri, context, wrapped })).toEqual(plaintext)
  })

  it('takes the time it is told to, beforehand or in use', async () => {
    const kms = memoryKms({ latencyMs: 20 })
    const time = async () => {
      const begun = performance.now()
      await kms.generateDataKey({ kekUri, context })
      return performance.now() - begun
    }
    expect(await time()).toBeGreaterThanOrEqual(18)
    kms.control.setLatency(50)
    expect(await time()).toBeGreaterThanOrEqual(48)
    kms.control.recover()
    expect(await time()).toBeLessThan(45)
  })

  it('ends when its caller’s signal fires, and leaves no listener', async () => {
    const kms = memoryKms({ latencyMs: 10 })
    const caller = new AbortController()
    const { wrapped } = await kms.generateDataKey({ kekUri, context, signal: caller.signal })
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
    kms.control.setLatency(10_000)
    const call = kms.unwrap({ kekUri, context, wrapped, signal: caller.signal })
    caller.abort()
    await expect(call).rejects.toBeInstanceOf(KmsCancelledError)
    await expect(kms.describe({ kekUri, signal: AbortSignal.abort() })).rejects.toBeInstanceOf(KmsCancelledError)
    const late = kms.unwrap({ kekUri, context, wrapped, signal: AbortSignal.timeout(10) })
    await expect(late).rejects.toBeInstanceOf(KmsUnavailableError)
  })

  it('shows no key when inspected', () => {
    expect(inspect(memoryKms(), { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(/Buffer|Uint8Array/)
  })
})

/** Everything the in-memory KMS can be asked, with a key made before anything goes wrong. */
async function session(kms = memoryKms({ keks })) {
  const { wrapped, plaintext } = await kms.generateDataKey({ kekUri: 'memory://a', context })
  const request = { kekUri: 'memory://a', context, wrapped }
  const run: { readonly [operation in KmsOperation]: () => Promise<unknown> } = {
    generateDataKey: () => kms.generateDataKey(request),
    unwrap: () => kms.unwrap(request),
    rewrap: () => kms.rewrap({ ...request, toKekUri: 'memory://b' }),
    describe: () => kms.describe(request),
  }
  return { kms, request, plaintext, run }
}

type ErrorClass = abstract new (...args: never[]) => FieldsealError

const ERRORS: readonly [KmsFaultKind, ErrorClass, object][] = [
  ['throttled', KmsUnavailableError, { retryable: true }],
  ['unavailable', KmsUnavailableError, { retryable: true }],
  ['timed out', KmsUnavailableError, { retryable: true }],
  ['no connection', KmsUnavailableError, { retryable: true }],
  ['invalid reply', KmsReplyError, { retryable: true }],
  ['access denied', KmsAccessDeniedError, { retryable: false }],
  ['disabled', KekUnavailableError, { retryable: false, reason: 'disabled' }],
  ['pending deletion', KekUnavailableError, { retryable: false, reason: 'pending deletion' }],
  ['not found', KekUnavailableError, { retryable: false, reason: 'not found' }],
  ['unwrap failed', UnwrapFailedError, { retryable: false }],
  ['request refused', KmsRequestError, { retryable: false }],
  ['cancelled', KmsCancelledError, { retryable: false }],
]

describe('control.fail', () => {
  it.each(ERRORS)('makes every operation end as “%s”, until it recovers', async (kind, expected, shape) => {
    const { kms, run } = await session()
    kms.control.fail(kind)
    for (const operation of Object.values(run)) {
      expect(await thrownBy(expected, operation)).toMatchObject({ ...shape, kekUri: 'memory://a' })
    }
    kms.control.recover()
    for (const operation of Object.values(run)) await operation()
  })

  it('knows every kind, each of which does something', async () => {
    for (const kind of KMS_FAULTS) {
      const { kms, run, plaintext } = await session()
      kms.control.fail(kind)
      const answer = await Promise.race([run.unwrap().catch(() => undefined), new Promise((r) => setTimeout(r, 5))])
      expect([kind, answer]).not.toEqual([kind, plaintext])
    }
  })

  it('gives replies that look like success', async () => {
    const { kms, run, plaintext } = await session()
    kms.control.fail('wrong key')
    expect(await run.unwrap()).toHaveLength(32)
    expect(await run.unwrap()).not.toEqual(plaintext)
    kms.control.fail('wrong length')
    expect(await run.unwrap()).toHaveLength(31)
    expect(Object(await run.generateDataKey()).plaintext).toHaveLength(31)
    kms.control.fail('not bytes')
    expect(await run.unwrap()).not.toBeInstanceOf(Uint8Array)
    expect(await run.rewrap()).not.toBeInstanceOf(Uint8Array)
  })

  it('lets a rewrap succeed with another key inside', async () => {
    const { kms, request, plaintext } = await session()
    kms.control.fail('wrong key', { times: 1 })
    const wrapped = await kms.rewrap({ ...request, toKekUri: 'memory://b' })
    expect(await kms.unwrap({ kekUri: 'memory://b', context, wrapped })).not.toEqual(plaintext)
  })

  it('lets a call hang until its signal fires', async () => {
    const { kms, request } = await session()
    kms.control.fail('hang')
    const caller = new AbortController()
    let ended = false
    const call = kms.unwrap({ ...request, signal: caller.signal }).finally(() => {
      ended = true
    })
    call.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(ended).toBe(false)
    caller.abort()
    await expect(call).rejects.toBeInstanceOf(KmsCancelledError)
  })

  it('throws an error of the caller’s, and one that no provider should throw', async () => {
    const { kms, run } = await session()
    const error = new Error('own')
    kms.control.fail({ kind: 'error', error })
    await expect(run.unwrap()).rejects.toBe(error)
    kms.control.fail('foreign error')
    await expect(run.unwrap()).rejects.toBeInstanceOf(TypeError)
  })

  it('says how long to wait, as a throttling KMS does', async () => {
    const { kms, run } = await session()
    kms.control.fail({ kind: 'throttled', retryAfterMs: 250 })
    expect(await thrownBy(KmsUnavailableError, run.unwrap)).toHaveProperty('retryAfterMs', 250)
  })

  it('can be narrowed to an operation, a KEK and a number of calls', async () => {
    const { kms, run } = await session()
    kms.control.fail('throttled', { operation: 'unwrap', kekUri: 'memory://a', times: 2 })
    await run.generateDataKey()
    await kms.generateDataKey({ kekUri: 'memory://b', context })
    await thrownBy(KmsUnavailableError, run.unwrap)
    await thrownBy(KmsUnavailableError, run.unwrap)
    await run.unwrap()
  })

  it('lets the fault given last go first', async () => {
    const { kms, run } = await session()
    kms.control.fail('throttled')
    kms.control.fail('access denied', { times: 1 })
    await thrownBy(KmsAccessDeniedError, run.unwrap)
    await thrownBy(KmsUnavailableError, run.unwrap)
  })

  it('refuses a KEK that the KMS does not have: a misspelt one would make a test pass for nothing', () => {
    const { control } = memoryKms()
    expect(() => control.fail('throttled', { kekUri: 'memory://defualt' })).toThrow(RangeError)
    expect(() => control.setKekState('disabled', 'memory://defualt')).toThrow(RangeError)
  })
})

describe('control.setKekState', () => {
  const states: readonly [MemoryKekState, string][] = [
    ['disabled', 'disabled'],
    ['pending deletion', 'pending deletion'],
    ['destroyed', 'not found'],
  ]

  it.each(states)('%s: nothing is wrapped or unwrapped with it, and others work', async (state, reason) => {
    const { kms, run, request } = await session()
    kms.control.setKekState(state)
    for (const operation of [run.generateDataKey, run.unwrap, run.rewrap]) {
      expect(await thrownBy(KekUnavailableError, operation)).toMatchObject({ reason, kekUri: 'memory://a' })
    }
    const other: Kms = kms
    await other.generateDataKey({ kekUri: 'memory://b', context })
    const { wrapped } = await kms.generateDataKey({ kekUri: 'memory://b', context })
    const back = { kekUri: 'memory://b', context, wrapped, toKekUri: request.kekUri }
    await thrownBy(KekUnavailableError, () => kms.rewrap(back))
  })

  it('shows in the description', async () => {
    const { kms, run } = await session()
    expect(await run.describe()).toMatchObject({ kekUri: 'memory://a', state: 'enabled' })
    kms.control.setKekState('disabled')
    expect(await run.describe()).toMatchObject({ state: 'disabled' })
    kms.control.setKekState('destroyed')
    await thrownBy(KekUnavailableError, run.describe)
  })

  it('is undone by enabling and by recovery, except for what is destroyed', async () => {
    const { kms, run } = await session()
    kms.control.setKekState('disabled')
    kms.control.setKekState('enabled')
    await run.unwrap()
    kms.control.setKekState('pending deletion')
    kms.control.recover()
    await run.unwrap()
    kms.control.setKekState('destroyed')
    kms.control.setKekState('enabled')
    kms.control.recover()
    await thrownBy(KekUnavailableError, run.unwrap)
  })
})

describe('what the in-memory KMS says of itself', () => {
  it('names a permission for each operation, and a policy that grants them for the KEKs asked for', () => {
    const { permissionsFor, policyFor } = memoryKms()
    const { kind, text } = policyFor(['memory://a', 'memory://b'])
    expect(kind).toBe('memory policy')
    for (const permission of Object.values(permissionsFor('memory://a')).flat()) expect(text).toContain(permission)
    expect(text).toContain('memory://a, memory://b')
  })
})

describe('fieldseal/testing', () => {
  const entry = fileURLToPath(new URL('../../dist/testing/index.js', import.meta.url))
  const load = (NODE_ENV: 'production' | 'test') =>
    spawnSync(process.execPath, ['--input-type=module', '-e', `await import(${JSON.stringify(entry)})`], {
      env: { ...process.env, NODE_ENV },
      encoding: 'utf8',
    })

  it('does not load in production', () => {
    const { status, stderr } = load('production')
    expect(status).not.toBe(0)
    expect(stderr).toContain('NotForProductionError')
    expect(stderr).toContain('NOT_FOR_PRODUCTION')
  })

  it('loads anywhere else', () => {
    expect(load('test')).toMatchObject({ status: 0, stderr: '' })
  })
})
