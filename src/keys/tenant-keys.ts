import { LRUCache } from 'lru-cache'
import { TenantShreddedError, TenantSuspendedError } from '../errors/index.js'
import { type KeyRow, requireKeyRow, requireTenantState, type TenantState } from './key-row.js'
import type { KeyReader } from './key-store.js'
import { tenantRefOf } from './tenant.js'
import type { KeyTiming } from './timing.js'

/** The states of one tenant's keys at a moment. Holds wrapped material only. */
export interface TenantKeys {
  readonly state: TenantState
  readonly rows: readonly KeyRow[]
  /** Monotonic milliseconds, taken before the read was sent. */
  readonly readAt: number
}

/** Views of tenants' keys, none older than the state lease. */
export interface TenantKeysReader {
  /** A view within the lease; refreshes in the background after a third of it. */
  current(tenant: string): Promise<TenantKeys>
  /** The remembered view if it is within the lease; reads nothing. */
  peek(tenant: string): TenantKeys | undefined
  /** A view read after this call began. */
  fresh(tenant: string): Promise<TenantKeys>
  forget(tenant: string): void
}

/** Tenants whose key states are remembered; each costs a few hundred bytes. */
const MAX_TENANTS = 10_000

/**
 * Refuses a tenant on its way out.
 * @throws TenantSuspendedError, TenantShreddedError
 */
export function requireTenantUsable({ state }: TenantKeys, tenant: string): void {
  if (state === 'suspended') throw new TenantSuspendedError({ tenant })
  if (state === 'shredded') throw new TenantShreddedError({ tenant })
}

/**
 * Reads a tenant's keys and checks what came back.
 * @throws InvalidKeyRowError
 */
export async function readTenantKeys(reader: KeyReader, tenant: string, now: () => number): Promise<TenantKeys> {
  const readAt = now()
  const record = await reader.load(tenantRefOf(tenant))
  return {
    state: requireTenantState(record.state, tenant),
    rows: record.rows.map((row) => requireKeyRow(row, tenant)),
    readAt,
  }
}

/** Remembers views of `reader`; `onRead` sees each new one. */
export function rememberTenantKeys(
  reader: KeyReader,
  { stateLeaseMs }: KeyTiming,
  now: () => number,
  onRead: (tenant: string, keys: TenantKeys) => void,
): TenantKeysReader {
  const known = new LRUCache<string, TenantKeys>({ max: MAX_TENANTS })
  const reading = new Map<string, Promise<TenantKeys>>()
  let forgotten = 0

  async function read(tenant: string): Promise<TenantKeys> {
    const before = forgotten
    const keys = await readTenantKeys(reader, tenant, now)
    const older = known.peek(tenant)
    // A read that was on its way when a tenant was forgotten may show what was to be forgotten.
    if (before === forgotten && (older === undefined || older.readAt <= keys.readAt)) known.set(tenant, keys)
    onRead(tenant, keys)
    return keys
  }

  function shared(tenant: string): Promise<TenantKeys> {
    const running = reading.get(tenant)
    if (running !== undefined) return running
    const promise = read(tenant).finally(() => {
      if (reading.get(tenant) === promise) reading.delete(tenant)
    })
    reading.set(tenant, promise)
    return promise
  }

  return {
    async current(tenant) {
      const keys = known.get(tenant)
      const age = keys === undefined ? Number.POSITIVE_INFINITY : now() - keys.readAt
      if (keys === undefined || age > stateLeaseMs) return shared(tenant)
      // A failed refresh is not lost: past the lease the next caller reads, and meets the error itself.
      if (age > stateLeaseMs / 3) shared(tenant).catch(() => undefined)
      return keys
    },
    peek(tenant) {
      const keys = known.get(tenant)
      return keys !== undefined && now() - keys.readAt <= stateLeaseMs ? keys : undefined
    },
    fresh: read,
    forget(tenant) {
      forgotten++
      known.delete(tenant)
      reading.delete(tenant)
    },
  }
}
