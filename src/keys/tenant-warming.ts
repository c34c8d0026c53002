import {
  ForeignTenantKeyError,
  KeyDestroyedError,
  KeyNotProvisionedError,
  KeyRetiredError,
  UnknownKeyError,
} from '../errors/index.js'
import { allSettled } from './all-settled.js'
import type { DekCache } from './dek-cache.js'
import type { TenantNeeds } from './key-needs.js'
import type { KeyRow } from './key-row.js'
import type { KeyRefusal, KeySetBuilder } from './key-set.js'
import type { KeyReader, KeyStore } from './key-store.js'
import { activeRow, type KeyViews, type WarmOptions } from './key-views.js'
import type { LeasedKey } from './leased-key.js'
import { requireTenantUsable } from './tenant-keys.js'

export interface TenantWarmingOptions {
  readonly store: KeyStore
  readonly views: KeyViews
  readonly cache: DekCache
}

/** What an operation needs of one tenant, held by its key set. */
export interface WarmedTenant {
  /** When the states were read, monotonic milliseconds. */
  readonly readAt: number
  /** Tells the set which key is for what. */
  use(): void
}

/** Has a set hold what an operation needs of one tenant. Keys the set holds already are not unwrapped again. */
export interface TenantWarming {
  warm(tenant: string, needs: TenantNeeds, set: KeySetBuilder, options: WarmOptions): Promise<WarmedTenant>
  /**
   * The same without waiting, if all of it is in memory and may be used: what most operations meet. Otherwise the set
   * holds what was there, for `warm` to go on with.
   * @throws TenantSuspendedError, TenantShreddedError
   */
  warmFromMemory(tenant: string, needs: TenantNeeds, set: KeySetBuilder, options: WarmOptions): WarmedTenant | undefined
}

export function createTenantWarming({ store, views, cache }: TenantWarmingOptions): TenantWarming {
  function warmFromMemory(
    tenant: string,
    needs: TenantNeeds,
    set: KeySetBuilder,
    { context, transaction }: WarmOptions,
  ): WarmedTenant | undefined {
    if (transaction !== undefined) return undefined
    const keys = views.remembered(tenant, needs)
    if (keys === undefined) return undefined
    const lease = (row: KeyRow | undefined): LeasedKey | undefined => {
      if (row === undefined) return undefined
      const held = set.held(row)
      if (held !== undefined) return held
      const key = cache.leaseCached(row, { context })
      if (key !== undefined) set.hold(key)
      return key
    }
    const uses: (() => void)[] = []
    for (const purpose of needs.purposes) {
      const key = lease(activeRow(keys, purpose))
      if (key === undefined) return undefined
      uses.push(() => set.useActive(key, keys.readAt))
    }
    for (const keyId of needs.keyIds) {
      const row = keys.rows.find((one) => one.keyId === keyId)
      const key = row === undefined || refusalOf(row) !== undefined ? undefined : lease(row)
      if (key === undefined) return undefined
      uses.push(() => set.useNamed(key))
    }
    return {
      readAt: keys.readAt,
      use() {
        for (const use of uses) use()
      },
    }
  }

  async function warm(
    tenant: string,
    needs: TenantNeeds,
    set: KeySetBuilder,
    options: WarmOptions,
  ): Promise<WarmedTenant> {
    const view = await views.of(tenant, needs, options)
    const { keys, transaction } = view
    requireTenantUsable(keys, tenant)

    async function lease(row: KeyRow): Promise<LeasedKey> {
      const held = set.held(row)
      if (held !== undefined) return held
      const key = await cache.lease(row, {
        context: options.context,
        ...(transaction === undefined ? {} : { transaction }),
      })
      set.hold(key)
      return key
    }

    const rows = new Map(keys.rows.map((row) => [row.keyId, row]))
    const strangers = [...needs.keyIds].filter((keyId) => !rows.has(keyId))
    const refusals = await refusalsOf(strangers, options.transaction?.reader ?? store)
    const uses = await allSettled([
      ...[...needs.purposes].map(async (purpose) => {
        const row = activeRow(keys, purpose)
        if (row === undefined) throw new KeyNotProvisionedError(purpose, { tenant })
        const key = await lease(row)
        return () => set.useActive(key, keys.readAt)
      }),
      ...[...needs.keyIds].map(async (keyId) => {
        const row = rows.get(keyId)
        const refusal = row === undefined ? refusals.get(keyId) : refusalOf(row)
        if (row === undefined || refusal !== undefined) return () => set.refuse(tenant, keyId, refusal ?? unknownKey)
        const key = await lease(row)
        return () => set.useNamed(key)
      }),
    ])
    return {
      readAt: keys.readAt,
      use() {
        for (const use of uses) use()
      },
    }
  }

  return { warm, warmFromMemory }
}

const unknownKey: KeyRefusal = (where) => new UnknownKeyError(where)
const foreignTenantKey: KeyRefusal = (where) => new ForeignTenantKeyError(where)

/** Why keys that are not the tenant's may not open its cells. */
async function refusalsOf(strangers: readonly string[], reader: KeyReader): Promise<Map<string, KeyRefusal>> {
  const foreign = strangers.length === 0 ? [] : await reader.find(strangers)
  const known = new Set(foreign.map(({ keyId }) => keyId))
  return new Map(strangers.map((keyId) => [keyId, known.has(keyId) ? foreignTenantKey : unknownKey]))
}

/** Why a row of the tenant may not open its cells; `undefined` if it may. */
function refusalOf(row: KeyRow): KeyRefusal | undefined {
  if (row.purpose !== 'data') return unknownKey
  if (row.state === 'retired') return (where) => new KeyRetiredError(where)
  if (row.state === 'destroyed') return (where) => new KeyDestroyedError(where)
  return undefined
}
