import type { KeyRow, TenantState } from './key-row.js'
import type { KeyStore, NewKeyRow } from './key-store.js'

/** A key store that is gone with the process: for tests and trials. */
export interface MemoryKeyStore extends KeyStore {
  /** Puts a row or replaces it, whatever its state: what another process, or an administrator, did. */
  put(row: KeyRow): void
  setTenantState(tenantRef: string, state: TenantState): void
}

/** An empty store, optionally with rows. */
export function memoryKeyStore(initial: readonly KeyRow[] = []): MemoryKeyStore {
  const rows = new Map(initial.map((row) => [row.keyId, row]))
  const tenants = new Map<string, TenantState>()
  const stateOf = (tenantRef: string): TenantState => tenants.get(tenantRef) ?? 'normal'
  return {
    load: async (tenantRef) => ({
      state: stateOf(tenantRef),
      rows: [...rows.values()].filter((row) => row.tenantRef === tenantRef),
    }),
    find: async (keyIds) => keyIds.flatMap((keyId) => rows.get(keyId) ?? []),
    insert: async (row) => {
      if (stateOf(row.tenantRef) !== 'normal' || [...rows.values()].some((other) => conflicts(row, other))) return false
      const now = new Date()
      rows.set(row.keyId, { ...row, stateSince: now, createdAt: now })
      return true
    },
    put: (row) => void rows.set(row.keyId, row),
    setTenantState: (tenantRef, state) => void tenants.set(tenantRef, state),
  }
}

/** Whether both cannot stand in one store. */
export function conflicts(row: NewKeyRow, other: NewKeyRow): boolean {
  return (
    row.keyId === other.keyId ||
    (row.activeRef !== null && row.activeRef === other.activeRef) ||
    (row.tenantRef === other.tenantRef && row.purpose === other.purpose && row.version === other.version)
  )
}
