import { describe, expect, it } from 'vitest'
import type { KeyStore, NewKeyRow } from '../../../src/keys/index.js'
import { tenantRefOf } from '../../../src/keys/index.js'
import { makeRow, type RowOptions } from './key-rows.js'
import { spyKms } from './spy-kms.js'

const kms = spyKms()

async function newRow(options: RowOptions = {}): Promise<NewKeyRow> {
  const { stateSince: _since, createdAt: _created, ...row } = await makeRow(kms, options)
  return row
}

/** What every key store must do. `open` gives an empty one. */
export function describeKeyStore(name: string, open: () => Promise<KeyStore>): void {
  describe(`${name}, as a key store,`, () => {
    it('knows nothing of a tenant it never saw', async () => {
      const store = await open()
      expect(await store.load(tenantRefOf('firm_1'))).toEqual({ state: 'normal', rows: [] })
      expect(await store.find(['k00000000001'])).toEqual([])
      expect(await store.find([])).toEqual([])
    })

    it('gives back a row as it was inserted, byte for byte, with the times set', async () => {
      const store = await open()
      const row = await newRow({ tenant: 'Firm "é"\\/🙂' })
      const before = Date.now()
      expect(await store.insert(row)).toBe(true)
      const { state, rows } = await store.load(row.tenantRef)
      expect(state).toBe('normal')
      expect(rows).toHaveLength(1)
      const [stored] = rows
      if (stored === undefined) return
      const bytes = (value: Uint8Array | null) => value && [...value]
      expect({ ...stored, wrapped: bytes(stored.wrapped), kcv: bytes(stored.kcv) }).toEqual({
        ...row,
        wrapped: bytes(row.wrapped),
        kcv: bytes(row.kcv),
        stateSince: expect.any(Date),
        createdAt: expect.any(Date),
      })
      for (const time of [stored.stateSince.getTime(), stored.createdAt.getTime()]) {
        expect(time).toBeGreaterThanOrEqual(before - 1000)
        expect(time).toBeLessThanOrEqual(Date.now() + 1000)
      }
    })

    it('keeps what is null null', async () => {
      const store = await open()
      const row = await newRow({ state: 'destroyed' })
      await store.insert(row)
      const [stored] = (await store.load(row.tenantRef)).rows
      expect(stored).toMatchObject({ wrapped: null, prevWrapped: null, activeRef: null })
    })

    it('keeps rows of one tenant together and of others apart', async () => {
      const store = await open()
      const mine = [await newRow(), await newRow({ purpose: 'index' }), await newRow({ version: 2, state: 'pending' })]
      const other = await newRow({ tenant: 'firm_2' })
      for (const row of [...mine, other]) expect(await store.insert(row)).toBe(true)
      const loaded = (await store.load(tenantRefOf('firm_1'))).rows.map(({ keyId }) => keyId)
      expect(loaded.sort()).toEqual(mine.map(({ keyId }) => keyId).sort())
    })

    it('finds rows of any tenant by id, and leaves out ids it does not have', async () => {
      const store = await open()
      const [a, b] = [await newRow(), await newRow({ tenant: 'firm_2' })]
      await store.insert(a)
      await store.insert(b)
      const found = await store.find([b.keyId, 'zzzzzzzzzzzz', a.keyId])
      expect(found.map(({ keyId }) => keyId).sort()).toEqual([a.keyId, b.keyId].sort())
      expect(found.map(({ tenant }) => tenant).sort()).toEqual(['firm_1', 'firm_2'])
    })

    it.each<[string, RowOptions, RowOptions]>([
      ['its key id is taken', { keyId: 'k00000000001' }, { keyId: 'k00000000001', version: 2, state: 'pending' }],
      ['its key id is taken by another tenant', { keyId: 'k00000000001', tenant: 'firm_2' }, { keyId: 'k00000000001' }],
      ['its tenant has an active key of the purpose', {}, { version: 2 }],
      ['its version is taken', { state: 'decrypt-only' }, {}],
    ])('inserts no row if %s, and keeps the one it has', async (_, first, second) => {
      const store = await open()
      const [kept, refused] = [await newRow(first), await newRow(second)]
      expect(await store.insert(kept)).toBe(true)
      expect(await store.insert(refused)).toBe(false)
      expect((await store.find([...new Set([kept.keyId, refused.keyId])])).map(({ kcv }) => [...kcv])).toEqual([
        [...kept.kcv],
      ])
      const all = [...(await store.load(kept.tenantRef)).rows, ...(await store.load(refused.tenantRef)).rows]
      expect(new Set(all.map(({ keyId, tenant }) => keyId + tenant)).size).toBe(1)
    })

    it('inserts the same version and purpose for another tenant, and the same version for another purpose', async () => {
      const store = await open()
      for (const options of [{}, { tenant: 'firm_2' }, { purpose: 'index' as const }]) {
        expect(await store.insert(await newRow(options))).toBe(true)
      }
    })

    it('lets one of many inserts at once have the active place', async () => {
      const store = await open()
      const rows = await Promise.all(Array.from({ length: 8 }, () => newRow()))
      const inserted = await Promise.all(rows.map((row) => store.insert(row)))
      expect(inserted.filter(Boolean)).toHaveLength(1)
      const stored = (await store.load(tenantRefOf('firm_1'))).rows.map(({ keyId }) => keyId)
      expect(stored).toEqual(rows.filter((_, i) => inserted[i]).map(({ keyId }) => keyId))
    })

    it('takes many inserts at once that do not stand in each other’s way', async () => {
      const store = await open()
      const rows = await Promise.all(
        Array.from({ length: 8 }, (_, i) => newRow({ version: i + 1, state: i === 0 ? 'active' : 'decrypt-only' })),
      )
      expect(await Promise.all(rows.map((row) => store.insert(row)))).toEqual(rows.map(() => true))
      expect((await store.load(tenantRefOf('firm_1'))).rows).toHaveLength(8)
    })

    it('lets a key id be used again if the row with it was never inserted', async () => {
      const store = await open()
      await store.insert(await newRow())
      expect(await store.insert(await newRow({ keyId: 'k00000000009', version: 2 }))).toBe(false)
      expect(await store.insert(await newRow({ keyId: 'k00000000009', tenant: 'firm_2' }))).toBe(true)
    })
  })
}
