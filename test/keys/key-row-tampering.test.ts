import { describe, expect, it } from 'vitest'
import {
  FieldsealError,
  InvalidKeyRowError,
  KekNotAllowedError,
  KeyCheckError,
  UnknownKekError,
  UnwrapFailedError,
} from '../../src/errors/index.js'
import { type KeyRow, tenantRefOf } from '../../src/keys/index.js'
import { activeRefOf } from '../../src/keys/key-row.js'
import { type BenchOptions, createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { createGate, settle } from '../support/core/gate.js'
import { makeRow, onlyRow } from '../support/core/key-rows.js'
import { spyKms } from '../support/core/spy-kms.js'

const firm = { tenant: 'firm_1' } as const
const other = tenantRefOf('firm_2')

/** What a database writer does to the data key of firm_1; then sealing and opening must both end in `code`. */
async function expectRefused(code: string, change: (row: KeyRow) => Partial<KeyRow>, options: BenchOptions = {}) {
  const { fieldseal, rows, kms } = createBench(options)
  const cell = await fieldseal.encrypt('Client.ssn', '1', firm)
  const row = await onlyRow(rows)
  rows.put({ ...row, ...change(row) })
  const handedOut = kms.unwrapped.length
  fieldseal.invalidate('firm_1')
  await expect(fieldseal.encrypt('Client.ssn', '1', firm)).rejects.toMatchObject({ code })
  await expect(fieldseal.decrypt('Client.ssn', cell, firm)).rejects.toMatchObject({ code })
  // Whatever the KMS made of it, no key stays behind.
  for (const { live } of kms.unwrapped.slice(handedOut)) expect(live.every((byte) => byte === 0)).toBe(true)
}

const flipped = (bytes: Uint8Array | null, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes ?? [])
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

describe('a key row whose', () => {
  it.each<[string, string, (row: KeyRow) => Partial<KeyRow>]>([
    ['tenant was altered', 'INVALID_KEY_ROW', () => ({ tenant: 'firm_2' })],
    ['tenant differs in case only', 'INVALID_KEY_ROW', () => ({ tenant: 'FIRM_1' })],
    ['tenant has an invisible character more', 'INVALID_KEY_ROW', () => ({ tenant: 'firm_1\u200b' })],
    ['active mark was taken away', 'INVALID_KEY_ROW', () => ({ activeRef: null })],
    ['active mark is of another tenant', 'INVALID_KEY_ROW', () => ({ activeRef: activeRefOf(other, 'data') })],
    [
      'active mark is of another purpose',
      'INVALID_KEY_ROW',
      (row) => ({ activeRef: activeRefOf(row.tenantRef, 'index') }),
    ],
    ['state says decrypt-only with the active mark still on', 'INVALID_KEY_ROW', () => ({ state: 'decrypt-only' })],
    ['context version is another', 'INVALID_KEY_ROW', () => ({ contextVersion: 2 })],
    ['material was erased without its state saying so', 'INVALID_KEY_ROW', () => ({ wrapped: null })],
    ['material is empty', 'INVALID_KEY_ROW', () => ({ wrapped: new Uint8Array(0) })],
    ['key check value was shortened', 'INVALID_KEY_ROW', (row) => ({ kcv: row.kcv.subarray(0, 31) })],
    ['version is not a number', 'INVALID_KEY_ROW', () => ({ version: Number.NaN })],
    ['material was altered', 'UNWRAP_FAILED', (row) => ({ wrapped: flipped(row.wrapped, 20) })],
    ['material was cut', 'UNWRAP_FAILED', (row) => ({ wrapped: (row.wrapped ?? new Uint8Array(0)).subarray(0, 20) })],
    ['key check value was altered', 'KEY_CHECK_FAILED', (row) => ({ kcv: flipped(row.kcv, 0) })],
    ['KEK is one that kekFor() does not give', 'KEK_NOT_ALLOWED', () => ({ kekUri: 'memory://attacker' })],
  ])('%s is refused (%s)', async (_, code, change) => {
    await expectRefused(code, change)
    await expectRefused(code, change, { cache: { scope: 'process' } })
  })

  it('state is none we know is refused', async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const row: unknown = { ...(await onlyRow(rows)), state: 'actve', activeRef: null }
    rows.put(row as KeyRow)
    fieldseal.invalidate('firm_1')
    await thrownBy(InvalidKeyRowError, () => fieldseal.encrypt('Client.ssn', '1', firm))
  })

  it('lookup hash was moved to another tenant is refused there, and the tenant it left seals with a new key', async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const row = await onlyRow(rows)
    rows.put({ ...row, tenantRef: other, activeRef: activeRefOf(other, 'data') })
    fieldseal.invalidate('firm_1')
    await thrownBy(InvalidKeyRowError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_2' }))
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).resolves.not.toContain(row.keyId)
  })

  it.each(['request', 'process'] as const)(
    'tenant, lookup hash and active mark were all moved does not unwrap for the other tenant (scope %s)',
    async (scope) => {
      const { fieldseal, rows } = createBench({ cache: { scope } })
      await fieldseal.encrypt('Client.ssn', '1', firm)
      const row = await onlyRow(rows)
      rows.put({ ...row, tenant: 'firm_2', tenantRef: other, activeRef: activeRefOf(other, 'data') })
      await thrownBy(UnwrapFailedError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_2' }))
    },
  )

  it.each(['request', 'process'] as const)(
    'purpose was swapped does not unwrap for the other (scope %s)',
    async (scope) => {
      const { fieldseal, rows } = createBench({ cache: { scope } })
      await fieldseal.encrypt('Client.ssn', '1', firm)
      const row = await onlyRow(rows)
      rows.put({ ...row, purpose: 'index', activeRef: activeRefOf(row.tenantRef, 'index') })
      fieldseal.invalidate('firm_1')
      await thrownBy(UnwrapFailedError, () => fieldseal.tag('Client.ssnIndex', '1', firm))
    },
  )

  it('tenant was moved while it is being unwrapped does not unwrap for the other tenant either', async () => {
    const { fieldseal, rows, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const row = await onlyRow(rows)
    const gate = createGate()
    kms.before = () => gate.passed
    const genuine = fieldseal.encrypt('Client.ssn', '1', firm)
    await settle()
    rows.put({ ...row, tenant: 'firm_2', tenantRef: other, activeRef: activeRefOf(other, 'data') })
    const refused = thrownBy(UnwrapFailedError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_2' }))
    await settle()
    gate.open()
    await refused
    await expect(genuine).resolves.toContain(row.keyId)
  })

  it("material is another row's of the same tenant does not unwrap", async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const [data, index] = [await onlyRow(rows), await onlyRow(rows, 'firm_1', 'index')]
    rows.put({ ...data, wrapped: index.wrapped, kcv: index.kcv })
    fieldseal.invalidate('firm_1')
    await thrownBy(UnwrapFailedError, () => fieldseal.encrypt('Client.ssn', '1', firm))
  })
})

describe('a key planted by somebody who may use an accepted KEK', () => {
  it('does not match the key check value of the row it was put into', async () => {
    const { fieldseal, rows, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const row = await onlyRow(rows)
    const planted = await makeRow(kms, { keyId: row.keyId })
    rows.put({ ...row, wrapped: planted.wrapped })
    fieldseal.invalidate('firm_1')
    await thrownBy(KeyCheckError, () => fieldseal.encrypt('Client.ssn', '1', firm))
  })
})

describe('the KEK of a row', () => {
  const keks = ['memory://default', 'memory://firm_1'] as const

  it("may be the tenant's own", async () => {
    const kms = spyKms({ keks })
    const kekFor = (tenant: string) => (tenant === 'firm_1' ? 'memory://firm_1' : undefined)
    const { fieldseal, rows } = createBench({ kekFor }, kms)
    await fieldseal.ensureTenant('firm_1')
    await fieldseal.ensureTenant('firm_2')
    expect((await onlyRow(rows)).kekUri).toBe('memory://firm_1')
    expect((await onlyRow(rows, 'firm_2')).kekUri).toBe('memory://default')
  })

  it('must be the one kekFor() gives now, unless acceptKeks lists it', async () => {
    const kms = spyKms({ keks })
    const before = createBench({}, kms)
    const cell = await before.fieldseal.encrypt('Client.ssn', '1', firm)
    const kekFor = () => 'memory://firm_1'
    const after = before.another({ kekFor })
    const error = await thrownBy(KekNotAllowedError, () => after.fieldseal.decrypt('Client.ssn', cell, firm))
    expect(error.kekUri).toBe('memory://default')
    const accepting = before.another({ kekFor, acceptKeks: ['memory://default'] })
    await expect(accepting.fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('1')
  })

  it('that is not allowed is refused before the KMS is asked', async () => {
    const kms = spyKms({ keks })
    const before = createBench({}, kms)
    await before.fieldseal.ensureTenant('firm_1')
    const unwraps = kms.unwraps.length
    const after = before.another({ kekFor: () => 'memory://firm_1' })
    await thrownBy(KekNotAllowedError, () => after.fieldseal.encrypt('Client.ssn', '1', firm))
    expect(kms.unwraps.length).toBe(unwraps)
  })

  it('that no provider serves is an error naming those that are', async () => {
    const { fieldseal } = createBench({ kekFor: () => 'aws-kms://elsewhere' })
    const error = await thrownBy(UnknownKekError, () => fieldseal.ensureTenant('firm_1'))
    expect(error.message).toContain('aws-kms://elsewhere')
    expect(error.message).toContain('memory://default')
  })
})

describe('the name of the application', () => {
  it('is bound to every key: another application with the same KEK and rows opens nothing', async () => {
    const mine = createBench({ app: 'mine' })
    const cell = await mine.fieldseal.encrypt('Client.ssn', '1', firm)
    await thrownBy(UnwrapFailedError, () => mine.another({ app: 'theirs' }).fieldseal.decrypt('Client.ssn', cell, firm))
  })
})

describe('a tenant whose state in the store is none we know', () => {
  it('is not taken for a normal one', async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const state: unknown = 'suspnded'
    rows.setTenantState(tenantRefOf('firm_1'), state as 'normal')
    fieldseal.invalidate('firm_1')
    await thrownBy(FieldsealError, () => fieldseal.encrypt('Client.ssn', '1', firm))
  })
})
