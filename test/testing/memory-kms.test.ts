import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { KmsAccessDeniedError, KmsUnavailableError, UnwrapFailedError } from '../../src/errors/index.js'
import { memoryKms } from '../../src/testing/index.js'
import { thrownBy } from '../support/core/expect-error.js'

const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const
const kekUri = 'memory://default'

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
    await thrownBy(UnwrapFailedError, () => kms.unwrap({ kekUri, context: { ...context, [name]: value }, wrapped }))
  })

  it('enforces the KEK: one does not unwrap what another wrapped, nor what another KMS wrapped', async () => {
    const kms = memoryKms({ keks: ['memory://a', 'memory://b'] })
    expect(kms.defaultKek).toBe('memory://a')
    const { wrapped } = await kms.generateDataKey({ kekUri: 'memory://a', context })
    await thrownBy(UnwrapFailedError, () => kms.unwrap({ kekUri: 'memory://b', context, wrapped }))
    const another = memoryKms({ keks: ['memory://a'] })
    await thrownBy(UnwrapFailedError, () => another.unwrap({ kekUri: 'memory://a', context, wrapped }))
    await thrownBy(KmsUnavailableError, () => kms.unwrap({ kekUri: 'memory://c', context, wrapped }))
    expect(['memory://a', 'memory://b', 'memory://c'].map(kms.serves)).toEqual([true, true, false])
  })

  it('counts its calls, failed ones too', async () => {
    const kms = memoryKms({ fault: (_, attempt) => (attempt === 1 ? { kind: 'unavailable' } : undefined) })
    await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri, context }))
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    await thrownBy(KmsUnavailableError, () => kms.unwrap({ kekUri, context, wrapped }))
    await kms.unwrap({ kekUri, context, wrapped })
    expect(kms.calls).toEqual({ generateDataKey: 2, unwrap: 2 })
  })

  it('fails as it is told, call by call', async () => {
    const denied = new KmsAccessDeniedError({ kekUri })
    const kms = memoryKms({
      fault: (call, attempt) => {
        if (call === 'generateDataKey') return undefined
        if (attempt === 1) return { kind: 'error', error: denied }
        return attempt === 2 ? { kind: 'wrong key' } : undefined
      },
    })
    const { wrapped, plaintext } = await kms.generateDataKey({ kekUri, context })
    await expect(kms.unwrap({ kekUri, context, wrapped })).rejects.toBe(denied)
    expect(await kms.unwrap({ kekUri, context, wrapped })).not.toEqual(plaintext)
    expect(await kms.unwrap({ kekUri, context, wrapped })).toEqual(plaintext)
  })

  it('takes the time it is told to', async () => {
    const begun = performance.now()
    await memoryKms({ latencyMs: 20 }).generateDataKey({ kekUri, context })
    expect(performance.now() - begun).toBeGreaterThanOrEqual(18)
  })

  it('shows no key when inspected', () => {
    expect(inspect(memoryKms(), { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(/Buffer|Uint8Array/)
  })
})

describe('fieldseal/testing', () => {
  const entry = fileURLToPath(new URL('../../dist/testing/index.js', import.meta.url))
  const load = (NODE_ENV: string) =>
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
