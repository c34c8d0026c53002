import type { KeyRow, TenantRecord } from './key-row.js'

/** Reads key rows: the store itself, or a view of it inside a transaction. */
export interface KeyReader {
  /** All keys and the state of one tenant, as of now; `rows: []` and `normal` for one it never saw. */
  load(tenantRef: string): Promise<TenantRecord>
  /** The rows with these ids, of any tenant; ids it does not have are left out. */
  find(keyIds: readonly string[]): Promise<readonly KeyRow[]>
}

/** A row to insert; the store sets the times from its own clock. */
export type NewKeyRow = Omit<KeyRow, 'stateSince' | 'createdAt'>

/**
 * Where wrapped keys are kept: the user's database, a directory, memory. It never sees an unwrapped key.
 * Reads go to the primary, never to a replica.
 */
export interface KeyStore extends KeyReader {
  /**
   * Inserts the row unless its `keyId`, its `(tenantRef, purpose, version)` or its `activeRef` is taken, or the tenant is
   * not `normal`. Resolves to whether it was inserted, once that is durable.
   */
  insert(row: NewKeyRow): Promise<boolean>
}
