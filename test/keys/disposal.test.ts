import { describe, expect, it, vi } from 'vitest'
import { createKeyring, memoryKeyStore } from '../../src/keys/index.js'
import type { Kms } from '../../src/kms/kms.js'
import { memoryKms } from '../../src/testing/index.js'

function setUp(disposeKms?: boolean) {
  const [passedIn, configured] = [vi.fn(), vi.fn()]
  const kms: readonly [Kms, Kms] = [
    { ...memoryKms({ keks: ['ours://default'] }), dispose: passedIn },
    { ...memoryKms({ keks: ['theirs://default'] }), dispose: configured, configured: true },
  ]
  const keyring = createKeyring({ store: memoryKeyStore(), kms, ...(disposeKms !== undefined && { disposeKms }) })
  keyring.dispose()
  return { passedIn, configured }
}

describe('dispose() of a service', () => {
  it('ends the providers that were made from configuration, and not those that code made', () => {
    const { passedIn, configured } = setUp()
    expect(configured).toHaveBeenCalledOnce()
    expect(passedIn).not.toHaveBeenCalled()
  })

  it('ends all of them, or none, where disposeKms says so', () => {
    const all = setUp(true)
    expect(all.passedIn).toHaveBeenCalledOnce()
    expect(all.configured).toHaveBeenCalledOnce()
    const none = setUp(false)
    expect(none.passedIn).not.toHaveBeenCalled()
    expect(none.configured).not.toHaveBeenCalled()
  })
})
