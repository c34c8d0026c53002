import { describe, expect, it } from 'vitest'
import { UnknownKekError, UnwrapFailedError } from '../../src/errors/index.js'
import { memoryKeyStore } from '../../src/keys/index.js'
import { createFieldseal } from '../../src/service/index.js'
import { thrownBy } from '../support/core/expect-error.js'
import { onlyRow } from '../support/core/key-rows.js'
import { policy } from '../support/core/policy.js'
import { spyKms } from '../support/core/spy-kms.js'

const KEKS: Readonly<Record<string, string>> = { firm_a: 'theirs-a://keys/1', firm_b: 'theirs-b://keys/7' }
const kekFor = (tenant: string) => KEKS[tenant]

/** Our own KMS, and those that two tenants brought along. */
function setUp() {
  const ours = spyKms({ keks: ['ours://default'] })
  const [a, b] = [spyKms({ keks: ['theirs-a://keys/1'] }), spyKms({ keks: ['theirs-b://keys/7'] })]
  const store = memoryKeyStore()
  const fieldseal = createFieldseal({ policy, store, kms: [ours, a, b], kekFor, resilience: false })
  return { ours, a, b, store, fieldseal }
}

describe('tenants that bring their own keys', () => {
  it('have their keys made and unwrapped by their own KMS alone, the others by the first one', async () => {
    const { ours, a, b, store, fieldseal } = setUp()
    for (const tenant of ['firm_a', 'firm_b', 'firm_c', 'firm_d']) {
      const cell = await fieldseal.encrypt('Client.ssn', tenant, { tenant })
      await expect(fieldseal.decrypt('Client.ssn', cell, { tenant })).resolves.toBe(tenant)
    }
    const asked = (kms: ReturnType<typeof spyKms>) =>
      new Set([...kms.generations, ...kms.unwraps].map(({ context, kekUri }) => `${context.tenant} ${kekUri}`))
    expect(asked(a)).toEqual(new Set(['firm_a theirs-a://keys/1']))
    expect(asked(b)).toEqual(new Set(['firm_b theirs-b://keys/7']))
    expect(asked(ours)).toEqual(new Set(['firm_c ours://default', 'firm_d ours://default']))
    expect((await onlyRow(store, 'firm_b')).kekUri).toBe('theirs-b://keys/7')
  })

  it('are not held up when the KMS of another tenant is down', async () => {
    const { a, fieldseal } = setUp()
    await fieldseal.ensureTenant('firm_a')
    a.before = () => {
      throw new Error('down')
    }
    await expect(fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_a' })).rejects.toThrow()
    await expect(fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_b' })).resolves.toBeDefined()
    await expect(fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_c' })).resolves.toBeDefined()
  })

  it('have nothing in common: a row moved from one to the other does not unwrap', async () => {
    const { b, store, fieldseal } = setUp()
    await fieldseal.ensureTenant('firm_a')
    await fieldseal.ensureTenant('firm_b')
    const [rowA, rowB] = [await onlyRow(store, 'firm_a'), await onlyRow(store, 'firm_b')]
    store.put({ ...rowB, wrapped: rowA.wrapped, kcv: rowA.kcv })
    fieldseal.invalidate('firm_b')
    const before = b.unwraps.length
    await thrownBy(UnwrapFailedError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_b' }))
    expect(b.unwraps.length).toBe(before + 1)
  })

  it('are refused while the KMS of their KEK is not configured', async () => {
    const { ours, store } = setUp()
    const fieldseal = createFieldseal({ policy, store, kms: ours, kekFor })
    await thrownBy(UnknownKekError, () => fieldseal.ensureTenant('firm_a'))
    await expect(fieldseal.ensureTenant('firm_c')).resolves.toBeUndefined()
  })
})
