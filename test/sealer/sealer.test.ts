import { describe, expect, it } from 'vitest'
import { InvalidValueError, KeyExhaustedError, KeyNotWarmedError, PlaintextFoundError } from '../../src/errors/index.js'
import { createKeyring, memoryKeyStore } from '../../src/keys/index.js'
import { createCatalog, open, readCells, seal, tag } from '../../src/sealer/index.js'
import { policy } from '../support/core/policy.js'
import { spyKms } from '../support/core/spy-kms.js'

const catalog = createCatalog(policy)
const ssn = catalog.field('Client.ssn')
const scan = catalog.field('Client.scan')
const ssnIndex = catalog.index('Client.ssnIndex')

async function warmed(...tenants: string[]) {
  const keyring = createKeyring({ store: memoryKeyStore(), kms: spyKms() })
  const active = tenants.flatMap((tenant) => [
    { tenant, purpose: 'data' as const },
    { tenant, purpose: 'index' as const },
  ])
  return { keyring, keys: await keyring.warm({ active, named: [] }) }
}

describe('a batch', () => {
  it('may mix fields and tenants, and opens in its order', async () => {
    const { keyring, keys } = await warmed('firm_1', 'firm_2')
    const items = [
      { field: ssn, tenant: 'firm_1', value: 'a' },
      { field: scan, tenant: 'firm_2', value: Uint8Array.of(1) },
      { field: ssn, tenant: 'firm_2', value: 'b' },
    ]
    const stored = seal(keys, items)
    keys.release()
    const batch = readCells(items.map(({ field, tenant }, i) => ({ field, tenant, stored: stored[i] })))
    expect(batch.named).toHaveLength(2)
    const named = await keyring.warm({ active: [], named: batch.named })
    expect(open(named, batch)).toEqual(['a', Uint8Array.of(1), 'b'])
    named.release()
  })

  it('is sealed whole or not at all', async () => {
    const { keys } = await warmed('firm_1')
    const items = [
      { field: ssn, tenant: 'firm_1', value: 'a' },
      { field: ssn, tenant: 'firm_1', value: 7 },
    ]
    expect(() => seal(keys, items)).toThrow(InvalidValueError)
  })

  it('with a tenant whose keys were not warmed is refused, as is one after release', async () => {
    const { keys } = await warmed('firm_1')
    expect(() => seal(keys, [{ field: ssn, tenant: 'firm_2', value: 'a' }])).toThrow(KeyNotWarmedError)
    expect(() => tag(keys, [{ index: ssnIndex, tenant: 'firm_2', values: ['1'] }])).toThrow(KeyNotWarmedError)
    keys.release()
    expect(() => seal(keys, [{ field: ssn, tenant: 'firm_1', value: 'a' }])).toThrow(KeyNotWarmedError)
  })

  it('with anything that is no cell is refused before keys are asked for', () => {
    expect(() => readCells([{ field: ssn, tenant: 'firm_1', stored: 'plain' }])).toThrow(PlaintextFoundError)
    expect(() => readCells([{ field: ssn, tenant: 'firm_1', stored: null }])).toThrow(PlaintextFoundError)
  })

  it('of no values needs no keys', async () => {
    const { keys } = await warmed()
    expect(seal(keys, [])).toEqual([])
    expect(tag(keys, [])).toEqual([])
    expect(open(keys, readCells([]))).toEqual([])
  })
})

describe('a data key', () => {
  it('seals 2^32 values and not one more: each value of a batch counts', async () => {
    const { keys } = await warmed('firm_1')
    const items = ['a', 'b'].map((value) => ({ field: ssn, tenant: 'firm_1', value }))
    keys.active('firm_1', 'data').countSeals(2 ** 32 - 3)
    expect(seal(keys, items)).toHaveLength(2)
    expect(() => seal(keys, items)).toThrow(KeyExhaustedError)
    expect(() => seal(keys, items.slice(1))).toThrow(KeyExhaustedError)
  })
})
