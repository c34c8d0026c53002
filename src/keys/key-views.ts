import type { ContextKeyCache } from './context-key-cache.js'
import type { KeyLoader } from './key-loader.js'
import type { TenantNeeds } from './key-needs.js'
import type { KeyPurpose, KeyRow } from './key-row.js'
import type { KeyReader, KeyStore } from './key-store.js'
import { provision } from './provisioning.js'
import { sharedCalls } from './shared-calls.js'
import { readTenantKeys, requireTenantUsable, type TenantKeys, type TenantKeysReader } from './tenant-keys.js'

/** Where and how an operation takes its keys. */
export interface WarmOptions {
  /** Keys of the operation's context. Its signal ends the KMS calls. */
  readonly context?: ContextKeyCache | undefined
  /** Reads keys through an open transaction: then none is created, and none enters a cache beyond the context's. */
  readonly transaction?: { readonly id: string; readonly reader: KeyReader } | undefined
}

/** What an operation sees of a tenant's keys; `transaction` names the one it was read through, if any. */
export interface View {
  readonly keys: TenantKeys
  readonly transaction?: string
}

export interface KeyViews {
  /**
   * What is remembered of a tenant, if an operation outside a transaction that needs these keys may see just that.
   * @throws TenantSuspendedError, TenantShreddedError
   */
  remembered(tenant: string, needs: TenantNeeds): TenantKeys | undefined
  /**
   * What an operation that needs these keys may see. Outside a transaction, active keys that are missing are created.
   * @throws TenantSuspendedError, TenantShreddedError, KeyNotProvisionedError, KmsError
   */
  of(tenant: string, needs: TenantNeeds, options: WarmOptions): Promise<View>
  /**
   * A view with an active key, which is created if there is none. Concurrent calls create one.
   * @throws TenantSuspendedError, TenantShreddedError, KeyNotProvisionedError, KmsError
   */
  provisioned(tenant: string, purpose: KeyPurpose, signal: AbortSignal | undefined): Promise<TenantKeys>
}

/** Views of tenants' keys, as far as possible from what is remembered. */
export function createKeyViews(
  store: KeyStore,
  states: TenantKeysReader,
  loader: KeyLoader,
  now: () => number,
): KeyViews {
  const share = sharedCalls<TenantKeys>({ hand: (keys) => keys, done: () => undefined })

  const views: KeyViews = {
    remembered(tenant, needs) {
      const keys = states.remembered(tenant)
      if (keys === undefined) return undefined
      requireTenantUsable(keys, tenant)
      return missesKey(keys, needs) || missesPurpose(keys, needs) ? undefined : keys
    },
    async of(tenant, needs, { transaction, context }) {
      if (transaction !== undefined) {
        const remembered = states.remembered(tenant)
        if (remembered !== undefined && !missesKey(remembered, needs) && !missesPurpose(remembered, needs)) {
          return { keys: remembered }
        }
        const keys = await readTenantKeys(transaction.reader, tenant, now)
        return { keys, transaction: `${transaction.id}/` }
      }
      let keys = await states.current(tenant)
      requireTenantUsable(keys, tenant)
      for (const purpose of needs.purposes) {
        if (activeRow(keys, purpose) === undefined) keys = await views.provisioned(tenant, purpose, context?.signal)
      }
      // Another process may have made the key a moment ago: a key that seems unknown is looked for anew.
      return { keys: missesKey(keys, needs) ? await states.fresh(tenant) : keys }
    },
    provisioned(tenant, purpose, signal) {
      const start = (shared: AbortSignal): Promise<TenantKeys> =>
        provision(tenant, purpose, store, loader, (of) => states.fresh(of), shared)
      return share(`${purpose}\u0000${tenant}`, start, { signal, details: { tenant, kekUri: loader.kekFor(tenant) } })
    },
  }
  return views
}

/** The tenant's active key of a purpose. */
export function activeRow({ rows }: TenantKeys, purpose: KeyPurpose): KeyRow | undefined {
  return rows.find((row) => row.purpose === purpose && row.state === 'active')
}

function missesKey({ rows }: TenantKeys, { keyIds }: TenantNeeds): boolean {
  return [...keyIds].some((keyId) => !rows.some((row) => row.keyId === keyId))
}

function missesPurpose(keys: TenantKeys, { purposes }: TenantNeeds): boolean {
  return [...purposes].some((purpose) => activeRow(keys, purpose) === undefined)
}
