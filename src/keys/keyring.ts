import {
  ContextEndedError,
  ForeignTenantKeyError,
  KeyDestroyedError,
  KeyNotProvisionedError,
  KeyRetiredError,
  UnknownKeyError,
} from '../errors/index.js'
import type { Kms } from '../kms/kms.js'
import { type ContextKeyCache, contextKeyCache, type KeyCache, processKeyCache } from './key-cache.js'
import { createKeyLoader } from './key-loader.js'
import { type KeyNeeds, needsByTenant, type TenantNeeds } from './key-needs.js'
import type { KeyPurpose, KeyRow } from './key-row.js'
import { createKeySet, type KeyRefusal, type KeySet, type KeySetBuilder } from './key-set.js'
import type { KeyReader, KeyStore } from './key-store.js'
import type { LeasedKey } from './leased-key.js'
import { provision } from './provisioning.js'
import { requireTenant } from './tenant.js'
import { readTenantKeys, rememberTenantKeys, requireTenantUsable, type TenantKeys } from './tenant-keys.js'
import { DEFAULT_TIMING, type KeyTiming } from './timing.js'

/** How long unwrapped keys are kept for reuse. */
export type KeyCacheScope = 'request' | 'process'

export interface KeyringOptions {
  readonly store: KeyStore
  /** One provider, or several told apart by the scheme of their KEK URIs; the first one's default KEK is the default. */
  readonly kms: Kms | readonly [Kms, ...Kms[]]
  /** Name of the application, bound to every wrapped key; changing it makes them unusable. Default `fieldseal`. */
  readonly app?: string
  /** KEK URI of a tenant, for tenants with a key of their own; `undefined` means the default KEK. */
  readonly kekFor?: (tenant: string) => string | undefined
  /** KEK URIs that rows may still name although `kekFor` gives another one: during a rewrap. */
  readonly acceptKeks?: readonly string[]
  readonly cache?: {
    /**
     * `request` (default): keys live as long as the context they were loaded in; outside any context each operation
     * unwraps anew. `process`: keys are shared by all contexts, up to `maxEntries`.
     */
    readonly scope?: KeyCacheScope
    /** Keys kept in scope `process`; default 1000. */
    readonly maxEntries?: number
  }
  /** State lease, hard TTL and declared commit time, in milliseconds. */
  readonly timing?: Partial<KeyTiming>
  /** Monotonic milliseconds; for tests. */
  readonly now?: () => number
}

/** Where and how an operation takes its keys. */
export interface WarmOptions {
  /** Keys of the operation's context. */
  readonly context?: ContextKeyCache | undefined
  /** Reads keys through an open transaction: then none is created, and none enters a cache beyond the context's. */
  readonly transaction?: { readonly id: string; readonly reader: KeyReader } | undefined
}

/** The keys of all tenants. Asynchronous here, so that sealing and opening need not be. */
export interface Keyring {
  /**
   * Loads what an operation needs. Missing active keys are created, except inside a transaction. Cells' keys that may
   * not be used are told when they are asked for, not here.
   * @returns keys that the caller must release.
   * @throws KeyNotProvisionedError, TenantSuspendedError, TenantShreddedError, KekNotAllowedError, KeyCheckError,
   *   KmsError, ContextEndedError
   */
  warm(needs: KeyNeeds, options?: WarmOptions): Promise<KeySet>
  /** Creates the tenant's first keys if it has none. Never call it inside a transaction. */
  ensureTenant(tenant: string): Promise<void>
  /** Forgets what this process knows of the tenant's keys; the next operation reads them anew. */
  invalidate(tenant: string): void
  /** A cache for one context's keys. */
  openContext(): ContextKeyCache
  /** Releases every cached key. */
  dispose(): void
}

const DEFAULT_MAX_ENTRIES = 1000
const PURPOSES: readonly KeyPurpose[] = ['data', 'index']
/** Rounds of re-reading states that a slow KMS let expire. */
const MAX_ROUNDS = 3

/** @throws RangeError if a time or limit is not positive. */
export function createKeyring(options: KeyringOptions): Keyring {
  const { store, app = 'fieldseal', acceptKeks = [], now = () => performance.now() } = options
  const providers: readonly [Kms, ...Kms[]] = isProviderList(options.kms) ? options.kms : [options.kms]
  const kekFor = (tenant: string): string => options.kekFor?.(tenant) ?? providers[0].defaultKek
  const timing: KeyTiming = { ...DEFAULT_TIMING, ...options.timing }
  const maxEntries = options.cache?.maxEntries ?? DEFAULT_MAX_ENTRIES
  for (const [name, value] of Object.entries({ ...timing, maxEntries })) {
    if (!(value > 0)) throw new RangeError(`${name} must be positive`)
  }
  const limits = { hardTtlMs: timing.hardTtlMs, now }
  const shared = options.cache?.scope === 'process' ? processKeyCache(limits, maxEntries) : undefined
  const loader = createKeyLoader({ app, kms: providers, kekFor, acceptKeks, now })
  const states = rememberTenantKeys(store, timing, now, evictUnusable)
  const provisioning = new Map<string, Promise<TenantKeys>>()

  function evictUnusable(tenant: string, keys: TenantKeys): void {
    if (keys.state !== 'normal') shared?.deleteTenant(tenant)
    for (const row of keys.rows) {
      if (row.state === 'retired' || row.state === 'destroyed') shared?.delete(row.keyId)
    }
  }

  function provisioned(tenant: string, purpose: KeyPurpose): Promise<TenantKeys> {
    const id = `${purpose}\u0000${tenant}`
    const running = provisioning.get(id)
    if (running !== undefined) return running
    const promise = provision(tenant, purpose, store, loader, (of) => states.fresh(of)).finally(() =>
      provisioning.delete(id),
    )
    provisioning.set(id, promise)
    return promise
  }

  /** A key the caller holds. A row read through a transaction may yet be rolled back: its key is cached apart. */
  async function lease(row: KeyRow, view: View, { context }: WarmOptions): Promise<LeasedKey> {
    const durable: KeyCache | undefined = shared ?? context
    const known =
      durable?.get(row.keyId) ??
      (view.transaction === undefined ? undefined : context?.get(view.transaction + row.keyId))
    // A row whose tenant or purpose was altered does not get the key it names from a cache: loading it tells why.
    if (known?.tenant === row.tenant && known.purpose === row.purpose) return known.retain()
    const key = await loader.load(row)
    if (view.transaction === undefined) durable?.put(row.keyId, key)
    else context?.put(view.transaction + row.keyId, key)
    return key
  }

  async function viewOf(tenant: string, needs: TenantNeeds, { transaction }: WarmOptions): Promise<View> {
    const missesKey = ({ rows }: TenantKeys): boolean =>
      [...needs.keyIds].some((keyId) => !rows.some((row) => row.keyId === keyId))
    const missesPurpose = (keys: TenantKeys): boolean =>
      [...needs.purposes].some((purpose) => activeRow(keys, purpose) === undefined)
    if (transaction !== undefined) {
      const remembered = states.peek(tenant)
      if (remembered !== undefined && !missesKey(remembered) && !missesPurpose(remembered)) return { keys: remembered }
      const keys = await readTenantKeys(transaction.reader, tenant, now)
      return { keys, transaction: `${transaction.id}/` }
    }
    let keys = await states.current(tenant)
    requireTenantUsable(keys, tenant)
    for (const purpose of needs.purposes) {
      if (activeRow(keys, purpose) === undefined) keys = await provisioned(tenant, purpose)
    }
    // Another process may have made the key a moment ago: a key that seems unknown is looked for anew.
    return { keys: missesKey(keys) ? await states.fresh(tenant) : keys }
  }

  async function warmTenant(
    tenant: string,
    needs: TenantNeeds,
    set: KeySetBuilder,
    options: WarmOptions,
  ): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const view = await viewOf(tenant, needs, options)
      const { keys } = view
      requireTenantUsable(keys, tenant)
      const known = new Map(keys.rows.map((row) => [row.keyId, row]))
      const strangers = [...needs.keyIds].filter((keyId) => !known.has(keyId))
      const foreign = strangers.length === 0 ? [] : await (options.transaction?.reader ?? store).find(strangers)
      for (const keyId of strangers) {
        const isForeign = foreign.some((row) => row.keyId === keyId)
        set.refuse(tenant, keyId, isForeign ? foreignTenantKey : unknownKey)
      }
      const actives = [...needs.purposes].map(async (purpose) => {
        const row = activeRow(keys, purpose)
        if (row === undefined) throw new KeyNotProvisionedError(purpose, { tenant })
        set.addActive(await lease(row, view, options), keys.readAt)
      })
      const named = [...needs.keyIds].map(async (keyId) => {
        const row = known.get(keyId)
        if (row === undefined) return
        const refusal = refusalOf(row)
        if (refusal === undefined) set.addNamed(await lease(row, view, options))
        else set.refuse(tenant, keyId, refusal)
      })
      await allSettled([...actives, ...named])
      if (now() - keys.readAt <= timing.stateLeaseMs) return
    }
  }

  return {
    async warm(needs, warmOptions = {}) {
      if (warmOptions.context?.ended === true) throw new ContextEndedError()
      const set = createKeySet(timing.stateLeaseMs, now)
      try {
        await allSettled(
          [...needsByTenant(needs)].map(async ([tenant, of]) =>
            warmTenant(requireTenant(tenant), of, set, warmOptions),
          ),
        )
      } catch (error) {
        set.release()
        throw error
      }
      return set
    },
    async ensureTenant(tenant) {
      requireTenant(tenant)
      for (const purpose of PURPOSES) await provisioned(tenant, purpose)
    },
    invalidate(tenant) {
      states.forget(tenant)
      shared?.deleteTenant(tenant)
    },
    openContext: () => contextKeyCache(limits),
    dispose: () => shared?.clear(),
  }
}

function isProviderList(kms: Kms | readonly [Kms, ...Kms[]]): kms is readonly [Kms, ...Kms[]] {
  return Array.isArray(kms)
}

function activeRow(keys: TenantKeys, purpose: KeyPurpose): KeyRow | undefined {
  return keys.rows.find((row) => row.purpose === purpose && row.state === 'active')
}

/** What an operation sees of a tenant's keys; `transaction` names the one it was read through, if any. */
interface View {
  readonly keys: TenantKeys
  readonly transaction?: string
}

const unknownKey: KeyRefusal = (where) => new UnknownKeyError(where)
const foreignTenantKey: KeyRefusal = (where) => new ForeignTenantKeyError(where)

/** Why a row of the tenant may not open its cells; `undefined` if it may. */
function refusalOf(row: KeyRow): KeyRefusal | undefined {
  if (row.purpose !== 'data') return unknownKey
  if (row.state === 'retired') return (where) => new KeyRetiredError(where)
  if (row.state === 'destroyed') return (where) => new KeyDestroyedError(where)
  return undefined
}

/** Waits for all, then throws the first failure: nothing is still at work when the caller cleans up. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}
