import { LRUCache } from 'lru-cache'
import { TenantShreddedError, TenantSuspendedError } from '../errors/index.js'
import { type KeyRow, requireKeyRow, requireTenantState, type TenantState } from './key-row.js'
import type { KeyReader } from './key-store.js'
import { sharedReads } from './shared-reads.js'
import { tenantRefOf } from './tenant.js'
import { beginAgeMs, type KeyTiming, refreshAgeMs } from './timing.js'

/** The states of one tenant's keys at a moment. Holds wrapped material only. */
export interface TenantKeys {
  readonly state: TenantState
  readonly rows: readonly KeyRow[]
  /** Monotonic milliseconds, taken before the read was sent. */
  readonly readAt: number
}

/** Views of tenants' keys, none too old for an operation to begin on. */
export interface TenantKeysReader {
  /** The remembered view, or one that is read now. */
  current(tenant: string): Promise<TenantKeys>
  /**
   * The remembered view; waits for nothing. After a third of the state lease, and if there is none to give, one is read
   * in the background: the next operation will find it.
   */
  remembered(tenant: string): TenantKeys | undefined
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
  timing: KeyTiming,
  now: () => number,
  onRead: (tenant: string, keys: TenantKeys) => void,
): TenantKeysReader {
  const known = new LRUCache<string, TenantKeys>({ max: MAX_TENANTS })
  const reads = sharedReads(read, beginAgeMs(timing), now)
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

  function remembered(tenant: string): TenantKeys | undefined {
    const keys = known.get(tenant)
    const age = keys === undefined ? Number.POSITIVE_INFINITY : now() - keys.readAt
    // A failed refresh is not lost: when the view is too old the next caller reads, and meets the error itself.
    if (age > refreshAgeMs(timing)) reads.join(tenant).catch(() => undefined)
    return age <= beginAgeMs(timing) ? keys : undefined
  }

  return {
    current: async (tenant) => remembered(tenant) ?? reads.join(tenant),
    remembered,
    fresh: reads.anew,
    forget(tenant) {
      forgotten++
      known.delete(tenant)
      reads.forget(tenant)
    },
  }
}
