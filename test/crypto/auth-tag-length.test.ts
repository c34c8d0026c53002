import type * as NodeCrypto from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { decrypt, encrypt } from '../../src/crypto/index.js'

const ciphers = vi.hoisted(() => ({ made: [] as { authTagLength: unknown }[] }))

vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof NodeCrypto>()
  const noting =
    <A extends unknown[], R>(make: (...args: A) => R) =>
    (...args: A): R => {
      const options = args[3]
      const isObject = typeof options === 'object' && options !== null
      ciphers.made.push({ authTagLength: isObject && 'authTagLength' in options ? options.authTagLength : undefined })
      return make(...args)
    }
  return {
    ...crypto,
    createCipheriv: noting(crypto.createCipheriv),
    createDecipheriv: noting(crypto.createDecipheriv),
  }
})

beforeEach(() => {
  ciphers.made.length = 0
})

describe('the length of the tag', () => {
  it('is always told to OpenSSL, which would otherwise accept a shorter one', () => {
    const [key, nonce, none] = [Buffer.alloc(32, 1), Buffer.alloc(12, 2), Buffer.alloc(0)]
    const sealed = encrypt(key, nonce, Buffer.from('x'), none)
    expect(decrypt(key, nonce, sealed, none)?.toString()).toBe('x')
    expect(ciphers.made).toEqual([{ authTagLength: 16 }, { authTagLength: 16 }])
  })
})
