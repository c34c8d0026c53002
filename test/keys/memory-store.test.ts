import { describe, expect, it } from 'vitest'
import { memoryKeyStore, tenantRefOf } from '../../src/keys/index.js'
import { inState, makeRow } from '../support/core/key-rows.js'
import { describeKeyStore } from '../support/core/key-store-conformance.js'
import { spyKms } from '../support/core/spy-kms.js'

describeKeyStore('the memory store', async () => memoryKeyStore())

describe('the memory store', () => {
  it('starts with the rows it is given, and takes what an administrator does to them', async () => {
    const row = await makeRow(spyKms())
    const store = memoryKeyStore([row])
    expect(await store.find([row.keyId])).toEqual([row])
    store.put(inState(row, 'retired'))
    expect((await store.load(row.tenantRef)).rows.map(({ state }) => state)).toEqual(['retired'])
  })

  it.each(['suspended', 'shredded'] as const)('inserts nothing for a tenant that is %s', async (state) => {
    const store = memoryKeyStore()
    store.setTenantState(tenantRefOf('firm_1'), state)
    expect(await store.insert(await makeRow(spyKms()))).toBe(false)
    expect(await store.load(tenantRefOf('firm_1'))).toEqual({ state, rows: [] })
  })
})
