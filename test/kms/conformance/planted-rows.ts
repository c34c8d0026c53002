import { describe, expect, it } from 'vitest'
import { randomKey } from '../../../src/crypto/index.js'
import { type KeyRow, memoryKeyStore, tenantRefOf } from '../../../src/keys/index.js'
import { keyCheckValue } from '../../../src/keys/key-check.js'
import { activeRefOf } from '../../../src/keys/key-row.js'
import type { Kms } from '../../../src/kms/kms.js'
import { createFieldseal } from '../../../src/service/index.js'
import { memoryKms } from '../../../src/testing/index.js'
import { createClock } from '../../support/core/clock.js'
import { makeRow, onlyRow } from '../../support/core/key-rows.js'
import { policy } from '../../support/core/policy.js'
import { isErased, spyKms } from '../../support/core/spy-kms.js'

const HARD_TTL_MS = 300_000
const firm = { tenant: 'firm_1' } as const

/** What a database writer has to work with: the rows there are, the provider as he may reach it, and his own KMS. */
interface Material {
  /** The data key and index key of firm_1, and the data key of firm_2. */
  readonly data: KeyRow
  readonly index: KeyRow
  readonly other: KeyRow
  readonly kms: Kms
}

interface Plant {
  readonly name: string
  /** The code of the error that sealing and opening must end in. */
  readonly code: string
  /** Whether the row has to be refused before the KMS is asked. */
  readonly unasked?: true
  /** The row that is written in place of the data key of firm_1. */
  readonly row: (material: Material) => Promise<KeyRow> | KeyRow
}

const flipped = (bytes: Uint8Array | null, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes ?? [])
  const place = (at + copy.length) % copy.length
  copy[place] = (copy[place] ?? 0) ^ 1
  return copy
}

/** A key of the writer's own, under a KEK of his own, with a check value that fits it. */
async function wrappedElsewhere(row: KeyRow): Promise<Pick<KeyRow, 'wrapped' | 'kcv'>> {
  const { wrapped, kcv } = await makeRow(memoryKms({ keks: [row.kekUri] }), row)
  return { wrapped, kcv }
}

const PLANTS: readonly Plant[] = [
  {
    name: 'a key wrapped by a KEK of the writer’s own, which the row calls ours',
    code: 'UNWRAP_FAILED',
    row: async ({ data }) => ({ ...data, ...(await wrappedElsewhere(data)) }),
  },
  {
    name: 'a plain key where a wrapped one should be',
    code: 'UNWRAP_FAILED',
    row({ data }) {
      const key = randomKey()
      return { ...data, wrapped: key, kcv: keyCheckValue(key, data) }
    },
  },
  {
    name: 'a key that somebody who may use the KEK wrapped for this very row',
    code: 'KEY_CHECK_FAILED',
    row: async ({ data, kms }) => ({ ...data, wrapped: (await makeRow(kms, data)).wrapped }),
  },
  {
    name: 'a key under a KEK that is not the tenant’s, though this provider could open it',
    code: 'KEK_NOT_ALLOWED',
    unasked: true,
    row: async ({ data }) => {
      const kekUri = `${data.kekUri}-of-another`
      return { ...data, kekUri, ...(await wrappedElsewhere({ ...data, kekUri })) }
    },
  },
  {
    name: 'the KEK of another provider',
    code: 'KEK_NOT_ALLOWED',
    unasked: true,
    row: ({ data }) => ({ ...data, kekUri: 'memory://attacker' }),
  },
  {
    name: 'the material of the tenant’s index key',
    code: 'UNWRAP_FAILED',
    row: ({ data, index }) => ({ ...data, wrapped: index.wrapped, kcv: index.kcv }),
  },
  {
    name: 'the material of another tenant’s key',
    code: 'UNWRAP_FAILED',
    row: ({ data, other }) => ({ ...data, wrapped: other.wrapped, kcv: other.kcv }),
  },
  {
    name: 'another tenant’s row, moved over whole',
    code: 'UNWRAP_FAILED',
    row: ({ data, other }) => ({
      ...other,
      keyId: data.keyId,
      tenant: data.tenant,
      tenantRef: data.tenantRef,
      activeRef: data.activeRef,
    }),
  },
  {
    name: 'another tenant’s row, moved over with the id it had',
    code: 'UNWRAP_FAILED',
    row: ({ data, other }) => ({
      ...other,
      tenant: data.tenant,
      tenantRef: data.tenantRef,
      activeRef: data.activeRef,
    }),
  },
  {
    name: 'the tenant’s index key, called a data key',
    code: 'UNWRAP_FAILED',
    row: ({ index }) => ({ ...index, purpose: 'data', activeRef: activeRefOf(index.tenantRef, 'data') }),
  },
  {
    name: 'another tenant’s name in the row',
    code: 'INVALID_KEY_ROW',
    unasked: true,
    row: ({ data }) => ({ ...data, tenant: 'firm_2' }),
  },
  ...[0, 2].map(
    (contextVersion): Plant => ({
      name: `context version ${contextVersion}, to have less bound to the key`,
      code: 'INVALID_KEY_ROW',
      unasked: true,
      row: ({ data }) => ({ ...data, contextVersion }),
    }),
  ),
  {
    name: 'no material',
    code: 'INVALID_KEY_ROW',
    unasked: true,
    row: ({ data }) => ({ ...data, wrapped: new Uint8Array(0) }),
  },
  ...[0, -1].map(
    (at): Plant => ({
      name: `material whose ${at === 0 ? 'first' : 'last'} byte was changed`,
      code: 'UNWRAP_FAILED',
      row: ({ data }) => ({ ...data, wrapped: flipped(data.wrapped, at) }),
    }),
  ),
  {
    name: 'material that was cut',
    code: 'UNWRAP_FAILED',
    row: ({ data }) => ({ ...data, wrapped: (data.wrapped ?? new Uint8Array(0)).subarray(0, -1) }),
  },
  {
    name: 'another check value',
    code: 'KEY_CHECK_FAILED',
    row: ({ data }) => ({ ...data, kcv: flipped(data.kcv, 0) }),
  },
]

/** Three rows of two tenants as the library makes them, and a process that has nothing in memory. */
async function setUp(inner: Kms, scope: 'request' | 'process') {
  const kms = spyKms({}, inner)
  const store = memoryKeyStore()
  const clock = createClock()
  const options = { policy, store, kms, now: clock.now, cache: { scope } } as const
  const before = createFieldseal(options)
  const cell = await before.encrypt('Client.ssn', 'genuine', firm)
  await before.ensureTenant('firm_1')
  await before.ensureTenant('firm_2')
  const material: Material = {
    data: await onlyRow(store),
    index: await onlyRow(store, 'firm_1', 'index'),
    other: await onlyRow(store, 'firm_2'),
    kms: inner,
  }
  before.dispose()
  return { kms, store, clock, cell, material, fieldseal: createFieldseal(options) }
}

/** Writes `row` in the place of the data key of firm_1. */
async function plant(store: ReturnType<typeof memoryKeyStore>, { data, index, other }: Material, row: KeyRow) {
  store.put({ ...data, state: 'destroyed', activeRef: null, wrapped: null, version: 99, tenantRef: tenantRefOf('x') })
  // A row is put by its id: the one that is gone, and those that were moved, must not stand beside it.
  for (const kept of [index, other]) store.put(kept)
  store.put(row)
}

/**
 * Tests that key rows which a database writer planted are refused: nothing is sealed or opened with them, and no key of
 * theirs stays in memory. To be called inside a `describe`.
 * @param provider gives the KMS of the running test.
 */
export function plantedRows(provider: () => Kms): void {
  describe('does not let a database writer plant a key:', () => {
    it.each(PLANTS)('$name ($code)', async ({ code, row, unasked }) => {
      const { kms, store, material, fieldseal } = await setUp(provider(), 'process')
      const planted = await row(material)
      await plant(store, material, planted)
      const [asked, handedOut] = [kms.unwraps.length, kms.unwrapped.length]
      await expect(fieldseal.encrypt('Client.ssn', 'secret', firm)).rejects.toMatchObject({ code })
      const cell = `enc::1.${planted.keyId}.${'A'.repeat(60)}`
      await expect(fieldseal.decrypt('Client.ssn', cell, firm)).rejects.toMatchObject({ code })
      expect(kms.unwraps.length - asked).toBe(unasked === true ? 0 : 2)
      for (const { live } of kms.unwrapped.slice(handedOut)) expect(isErased(live)).toBe(true)
      fieldseal.dispose()
    })

    it('the genuine row opens what it sealed, before and after', async () => {
      const { store, material, cell, fieldseal } = await setUp(provider(), 'request')
      await expect(fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('genuine')
      await plant(store, material, { ...material.data, kcv: flipped(material.data.kcv, 0) })
      fieldseal.invalidate('firm_1')
      await expect(fieldseal.decrypt('Client.ssn', cell, firm)).rejects.toMatchObject({ code: 'KEY_CHECK_FAILED' })
      await plant(store, material, material.data)
      fieldseal.invalidate('firm_1')
      await expect(fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('genuine')
    })

    it('a key in the cache stays the genuine one, and gives way to an error when it is refreshed', async () => {
      const { store, clock, material, cell, fieldseal } = await setUp(provider(), 'process')
      await fieldseal.decrypt('Client.ssn', cell, firm)
      await plant(store, material, { ...material.data, ...(await wrappedElsewhere(material.data)) })
      await expect(fieldseal.decrypt('Client.ssn', cell, firm)).resolves.toBe('genuine')
      clock.advance(HARD_TTL_MS)
      await expect(fieldseal.decrypt('Client.ssn', cell, firm)).rejects.toMatchObject({ code: 'UNWRAP_FAILED' })
      fieldseal.dispose()
    })
  })
}
