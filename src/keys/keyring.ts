import type { Kms } from '../kms/kms.js'
import { type ResilienceOptions, resilientKms } from '../kms/resilience/index.js'
import { type KeyCacheOptions, resolveCacheOptions } from './cache-options.js'
import type { ContextKeyCache } from './context-key-cache.js'
import { createDekCache } from './dek-cache.js'
import { createKeyLoader } from './key-loader.js'
import type { KeyNeeds } from './key-needs.js'
import type { KeyPurpose } from './key-row.js'
import type { KeySet } from './key-set.js'
import type { KeyStore } from './key-store.js'
import { createKeyViews, type WarmOptions } from './key-views.js'
import { createCounters, type KeyStatistics, snapshot } from './statistics.js'
import { createSteadyClock } from './steady-clock.js'
import { requireTenant } from './tenant.js'
import { rememberTenantKeys, type TenantKeys } from './tenant-keys.js'
import { createTenantWarming } from './tenant-warming.js'
import { type KeyTiming, resolveTiming } from './timing.js'
import { createWarming } from './warming.js'

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
  /** Timeouts, retries, limits and circuit breakers around the providers; `false` for one plain attempt a call. */
  readonly resilience?: Partial<ResilienceOptions> | false
  /**
   * Whether `dispose()` ends the providers too: their connections, and the renewal of tokens. Default: those that
   * `kmsFromEnvironment()` and `kmsFromConfig()` made, and no others, which may be in use elsewhere.
   */
  readonly disposeKms?: boolean
  /** How long unwrapped keys are kept for reuse. */
  readonly cache?: KeyCacheOptions
  /** State lease, hard TTL and declared commit time, in milliseconds. */
  readonly timing?: Partial<KeyTiming>
  /** Milliseconds that never go back; for tests. Default: the steady clock, which counts time asleep too. */
  readonly now?: () => number
}

/** The keys of all tenants. Asynchronous here, so that sealing and opening need not be. */
export interface Keyring {
  /**
   * Loads what an operation needs. Missing active keys are created, except inside a transaction. Cells' keys that may
   * not be used are told when they are asked for, not here. Active keys may be used for a tenth of the state lease at
   * least, unless store or KMS outlast it three times over.
   * @returns keys that the caller must release.
   * @throws KeyNotProvisionedError, TenantSuspendedError, TenantShreddedError, KekNotAllowedError, KeyCheckError,
   *   KmsError, ContextEndedError
   */
  warm(needs: KeyNeeds, options?: WarmOptions): Promise<KeySet>
  /**
   * Creates the tenant's first keys if it has none. Never call it inside a transaction.
   * @throws TenantSuspendedError, TenantShreddedError, KmsError
   */
  ensureTenant(tenant: string, signal?: AbortSignal): Promise<void>
  /** Forgets what this process knows of the tenant's keys; the next operation reads them anew. */
  invalidate(tenant: string): void
  /** A cache for one context's keys. */
  openContext(): ContextKeyCache
  /** What was done since the keyring was made. */
  stats(): KeyStatistics
  /** Releases every key that contexts share, and ends the providers that are its own; see `disposeKms`. For shutdown. */
  dispose(): void
}

const PURPOSES: readonly KeyPurpose[] = ['data', 'index']

/** @throws RangeError if a time or limit is out of range. */
export function createKeyring(options: KeyringOptions): Keyring {
  const { store, app = 'fieldseal', acceptKeks = [], now = createSteadyClock() } = options
  const resilient = (each: Kms): Kms => resilientKms(each, options.resilience)
  const given = isProviderList(options.kms) ? options.kms : ([options.kms] as const)
  const [first, ...others] = given
  const kms: readonly [Kms, ...Kms[]] = [resilient(first), ...others.map(resilient)]
  const kekFor = (tenant: string): string => options.kekFor?.(tenant) ?? kms[0].defaultKek
  const timing = resolveTiming(options.timing)
  const counters = createCounters()
  const loader = createKeyLoader({ app, kms, kekFor, acceptKeks, now, counters })
  const limits = { hardTtlMs: timing.hardTtlMs, now }
  const cache = createDekCache(loader, limits, resolveCacheOptions(options.cache ?? {}, timing), counters)
  const states = rememberTenantKeys(store, timing, now, dropUnusable)
  const views = createKeyViews(store, states, loader, now)
  const warming = createWarming(createTenantWarming({ store, views, cache }), timing, now)

  function dropUnusable(tenant: string, keys: TenantKeys): void {
    if (keys.state !== 'normal') cache.dropTenant(tenant, 'state')
    for (const row of keys.rows) {
      if (row.state === 'retired' || row.state === 'destroyed') cache.dropKey(row)
    }
  }

  return {
    warm: (needs, warmOptions = {}) => warming(needs, warmOptions),
    async ensureTenant(tenant, signal) {
      requireTenant(tenant)
      for (const purpose of PURPOSES) await views.provisioned(tenant, purpose, signal)
    },
    invalidate(tenant) {
      states.forget(tenant)
      cache.dropTenant(tenant, 'invalidated')
    },
    openContext: cache.openContext,
    stats: () => snapshot(counters),
    dispose() {
      cache.dispose()
      for (const provider of given) if (options.disposeKms ?? provider.configured === true) provider.dispose?.()
    },
  }
}

function isProviderList(kms: Kms | readonly [Kms, ...Kms[]]): kms is readonly [Kms, ...Kms[]] {
  return Array.isArray(kms)
}
