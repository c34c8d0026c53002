import type { KeyStore, NewKeyRow } from '../../../src/keys/index.js'

/** A store that counts what it is asked and can be held up. */
export interface SpyStore extends KeyStore {
  readonly loads: string[]
  readonly finds: (readonly string[])[]
  readonly inserts: NewKeyRow[]
  /** Awaited after the rows were read and before they are returned: what the reader gets is old by then. */
  afterLoad: () => Promise<void> | void
  /** Awaited before a row is inserted. */
  beforeInsert: (row: NewKeyRow) => Promise<void> | void
}

export function spyStore(inner: KeyStore): SpyStore {
  const spy: SpyStore = {
    loads: [],
    finds: [],
    inserts: [],
    afterLoad: () => undefined,
    beforeInsert: () => undefined,
    async load(tenantRef) {
      spy.loads.push(tenantRef)
      const record = await inner.load(tenantRef)
      await spy.afterLoad()
      return record
    },
    find(keyIds) {
      spy.finds.push(keyIds)
      return inner.find(keyIds)
    },
    async insert(row) {
      spy.inserts.push(row)
      await spy.beforeInsert(row)
      return inner.insert(row)
    },
  }
  return spy
}
