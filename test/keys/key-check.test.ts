import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyCheckError } from '../../src/errors/index.js'
import { keyCheckValue, requireKeyCheck } from '../../src/keys/key-check.js'
import { isErased } from '../support/core/spy-kms.js'

const row = { keyId: 'k00000000001', tenant: 'firm_1', purpose: 'data', kekUri: 'memory://default' } as const
const key = () => new Uint8Array(32).fill(5)

describe('a key check value', () => {
  it('is another for another key, key id, tenant or purpose', () => {
    const values = [
      keyCheckValue(key(), row),
      keyCheckValue(new Uint8Array(32).fill(6), row),
      keyCheckValue(key(), { ...row, keyId: 'k00000000002' }),
      keyCheckValue(key(), { ...row, tenant: 'firm_2' }),
      keyCheckValue(key(), { ...row, purpose: 'index' }),
    ].map((value) => value.toString('hex'))
    expect(new Set(values).size).toBe(5)
  })

  it('tells apart what a boundary between key id and tenant could hide', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (joined, first, second) => {
        const [a, b] = [first % (joined.length + 1), second % (joined.length + 1)]
        const cut = (at: number) =>
          keyCheckValue(key(), { ...row, keyId: joined.slice(0, at), tenant: joined.slice(at) })
        expect(cut(a).equals(cut(b))).toBe(a === b)
      }),
    )
  })

  it('lets its own key pass, untouched', () => {
    const genuine = key()
    requireKeyCheck(genuine, { ...row, kcv: keyCheckValue(key(), row) })
    expect(genuine).toEqual(key())
  })

  it.each([
    ['another key', new Uint8Array(32).fill(6)],
    ['a key cut short', new Uint8Array(31).fill(5)],
    ['a key with a byte more', new Uint8Array(33).fill(5)],
    ['zeroes', new Uint8Array(32)],
    ['nothing', new Uint8Array(0)],
  ])('lets %s not pass, and erases it', (_, wrong) => {
    expect(() => requireKeyCheck(wrong, { ...row, kcv: keyCheckValue(key(), row) })).toThrow(KeyCheckError)
    expect(isErased(wrong)).toBe(true)
  })
})
