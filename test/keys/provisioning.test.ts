import { describe, expect, it } from 'vitest'
import { KeyCheckError, KeyNotProvisionedError, KmsReplyError, KmsUnavailableError } from '../../src/errors/index.js'
import { memoryKeyStore, tenantRefOf } from '../../src/keys/index.js'
import type { Kms } from '../../src/kms/kms.js'
import { createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { inState, makeRow, onlyRow } from '../support/core/key-rows.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'

const firm = { tenant: 'firm_1' } as const

describe("a tenant's first key", () => {
  it('is made when it is first needed, of the purpose that needs it', async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.encrypt('Client.ssn', '1', firm)
    const { rows: made } = await rows.load(tenantRefOf('firm_1'))
    expect(made.map(({ purpose, version, state }) => ({ purpose, version, state }))).toEqual([
      { purpose: 'data', version: 1, state: 'active' },
    ])
    await fieldseal.tag('Client.ssnIndex', '1', firm)
    await expect(onlyRow(rows, 'firm_1', 'index')).resolves.toMatchObject({ version: 1, rev: 1, contextVersion: 1 })
  })

  it('of both purposes is made by ensureTenant(), once', async () => {
    const { fieldseal, rows, kms } = createBench()
    await Promise.all([fieldseal.ensureTenant('firm_1'), fieldseal.ensureTenant('firm_1')])
    await fieldseal.ensureTenant('firm_1')
    expect(kms.generations.map(({ context }) => context.purpose)).toEqual(['data', 'index'])
    expect((await rows.load(tenantRefOf('firm_1'))).rows).toHaveLength(2)
  })

  it('is bound in the KMS to application, tenant, purpose and key id', async () => {
    const { fieldseal, rows, kms } = createBench({ app: 'clinic' })
    await fieldseal.encrypt('Client.ssn', '1', firm)
    const { keyId } = await onlyRow(rows)
    const context = { app: 'clinic', tenant: 'firm_1', purpose: 'data', keyId, v: '1' }
    expect(kms.generations.map((request) => request.context)).toEqual([context])
    expect(kms.unwraps.map((request) => request.context)).toEqual([context, context])
  })

  it('is made once by a hundred calls at once', async () => {
    const { fieldseal, rows, kms } = createBench()
    await Promise.all(Array.from({ length: 100 }, () => fieldseal.encrypt('Client.ssn', '1', firm)))
    expect(kms.generations).toHaveLength(1)
    await onlyRow(rows)
  })

  it('is adopted from the process that was faster, whose row is the only one', async () => {
    const bench = createBench()
    const rival = bench.another()
    bench.store.beforeInsert = () => rival.fieldseal.ensureTenant('firm_1')
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    const { keyId } = await onlyRow(bench.rows)
    expect(cell).toContain(keyId)
    expect(bench.store.inserts.map((row) => row.keyId)).not.toContain(keyId)
    await expect(rival.fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('1')
  })

  it('takes the next version after keys that are no longer active', async () => {
    const { fieldseal, rows, kms } = createBench()
    rows.put(await makeRow(kms, { version: 4, state: 'retired' }))
    rows.put(await makeRow(kms, { version: 7, state: 'destroyed' }))
    await fieldseal.encrypt('Client.ssn', '1', firm)
    expect((await rows.load(tenantRefOf('firm_1'))).rows.map(({ version }) => version).sort()).toEqual([4, 7, 8])
  })
})

describe('an insert that fails', () => {
  it('after its row was stored is read again, and the row is used', async () => {
    const bench = createBench()
    const inner = bench.store.insert
    bench.store.insert = async (row) => {
      await inner(row)
      throw new Error('connection lost')
    }
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    expect(cell).toContain((await onlyRow(bench.rows)).keyId)
  })

  it('before its row was stored is told to the caller, and leaves nothing', async () => {
    const bench = createBench()
    bench.store.beforeInsert = () => {
      throw new Error('connection lost')
    }
    await expect(bench.fieldseal.encrypt('Client.ssn', '1', firm)).rejects.toThrow('connection lost')
    expect((await bench.rows.load(tenantRefOf('firm_1'))).rows).toEqual([])
    bench.store.beforeInsert = () => undefined
    await expect(bench.fieldseal.encrypt('Client.ssn', '1', firm)).resolves.toMatch(/^enc::1\./)
  })

  it('again and again without anyone having a key ends in KEY_NOT_PROVISIONED', async () => {
    const bench = createBench()
    bench.store.insert = async () => false
    await thrownBy(KeyNotProvisionedError, () => bench.fieldseal.encrypt('Client.ssn', '1', firm))
  })
})

describe('a KMS that goes wrong while a key is made', () => {
  it.each([
    ['returns another key than it wrapped', 'generateDataKey'],
    ['unwraps to another key', 'unwrap'],
  ] as const)('and %s leaves no row', async (_, faulty) => {
    const kms = spyKms({ fault: (call) => (call === faulty ? { kind: 'wrong key' } : undefined) })
    const { fieldseal, store, rows } = createBench({}, kms)
    await thrownBy(KeyCheckError, () => fieldseal.ensureTenant('firm_1'))
    expect(store.inserts).toEqual([])
    expect((await rows.load(tenantRefOf('firm_1'))).rows).toEqual([])
    expect([...kms.generated, ...kms.unwrapped].every(({ live }) => isErased(live))).toBe(true)
  })

  it.each([
    ['of 16 bytes', new Uint8Array(16).fill(1), KmsReplyError],
    ['of zeroes', new Uint8Array(32), KeyCheckError],
    ['of no bytes', new Uint8Array(0), KmsReplyError],
  ])('and returns a key %s leaves no row and erases it', async (_, plaintext, expected) => {
    const store = memoryKeyStore()
    const inner = spyKms()
    const kms: Kms = {
      ...inner,
      generateDataKey: async (request) => ({ ...(await inner.generateDataKey(request)), plaintext }),
    }
    const { fieldseal } = createBench({}, Object.assign(spyKms(), kms), store)
    await thrownBy(expected, () => fieldseal.ensureTenant('firm_1'))
    expect(isErased(plaintext)).toBe(true)
    expect((await store.load(tenantRefOf('firm_1'))).rows).toEqual([])
  })

  it('and cannot unwrap what it wrapped leaves no row', async () => {
    const kms = spyKms({ fault: (call) => (call === 'unwrap' ? { kind: 'unavailable' } : undefined) })
    const { fieldseal, rows } = createBench({}, kms)
    await thrownBy(KmsUnavailableError, () => fieldseal.ensureTenant('firm_1'))
    expect((await rows.load(tenantRefOf('firm_1'))).rows).toEqual([])
  })
})

describe('a key that becomes inactive without a successor', () => {
  it('is succeeded by a new one as soon as this process sees it', async () => {
    const { fieldseal, rows } = createBench()
    const old = await fieldseal.encrypt('Client.ssn', '1', firm)
    rows.put(inState(await onlyRow(rows), 'decrypt-only'))
    fieldseal.invalidate('firm_1')
    const fresh = await fieldseal.encrypt('Client.ssn', '2', firm)
    expect(String(fresh).slice(0, 20)).not.toBe(String(old).slice(0, 20))
    await expect(fieldseal.decryptMany('Client.ssn', [old, fresh], firm)).resolves.toEqual(['1', '2'])
  })
})
