import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encryptionContextBytes } from '../../src/kms/context-bytes.js'
import type { EncryptionContext } from '../../src/kms/kms.js'

const text = fc.stringMatching(/^[ab ]{0,3}$/)
const contexts: fc.Arbitrary<EncryptionContext> = fc.record({
  app: text,
  tenant: text,
  purpose: text,
  keyId: text,
  v: fc.constant('1' as const),
})

describe('an encryption context as bytes', () => {
  it('is the same whatever order its pairs were written in', () => {
    const a = encryptionContextBytes({ app: 'a', tenant: 't', purpose: 'p', keyId: 'k', v: '1' })
    const b = encryptionContextBytes({ v: '1', keyId: 'k', purpose: 'p', tenant: 't', app: 'a' })
    expect(a).toEqual(b)
  })

  it('is different for different contexts, wherever the boundaries fall', () => {
    fc.assert(
      fc.property(contexts, contexts, (a, b) => {
        const same = (['app', 'tenant', 'purpose', 'keyId'] as const).every((name) => a[name] === b[name])
        expect(encryptionContextBytes(a).equals(encryptionContextBytes(b))).toBe(same)
      }),
      { numRuns: 1000 },
    )
  })

  it('is different when what stands in one value could stand across two', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const first: EncryptionContext = { app: a, keyId: `${b}keyId${c}`, purpose: 'data', tenant: 't', v: '1' }
        const second: EncryptionContext = { ...first, app: `${a}keyId${b}`, keyId: c }
        expect(encryptionContextBytes(first)).not.toEqual(encryptionContextBytes(second))
      }),
    )
  })
})
