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
import { activeRow, type KeyViews, type View, type WarmOptions } from './key-views.js'
import type { LeasedKey } from './leased-key.js'
import { requireTenantUsable } from './tenant-keys.js'
import type { KeyTiming } from './timing.js'

export interface TenantWarmingOptions {
  readonly store: KeyStore
  readonly views: KeyViews
  readonly cache: DekCache
  readonly timing: KeyTiming
  readonly now: () => number
}

/** Fills a set with what an operation needs of one tenant. */
export type TenantWarming = (
  tenant: string,
  needs: TenantNeeds,
  set: KeySetBuilder,
  options: WarmOptions,
) => Promise<void>

/** How often states that a slow KMS let expire are read again. */
const MAX_ROUNDS = 3

export function createTenantWarming({ store, views, cache, timing, now }: TenantWarmingOptions): TenantWarming {
  return async (tenant, needs, set, options) => {
    const held = new Map<string, LeasedKey>()

    /** A key in the hands of the set. What an earlier round unwrapped is not unwrapped again. */
    async function lease(row: KeyRow, { transaction }: View): Promise<LeasedKey> {
      const known = held.get(row.keyId)
      if (known?.isOf(row) === true) return known
      const key = await cache.lease(row, {
        context: options.context,
        ...(transaction === undefined ? {} : { transaction }),
      })
      set.hold(key)
      held.set(row.keyId, key)
      return key
    }

    for (let round = 1; ; round++) {
      const view = await views.of(tenant, needs, options)
      const { keys } = view
      requireTenantUsable(keys, tenant)
      const rows = new Map(keys.rows.map((row) => [row.keyId, row]))
      const strangers = [...needs.keyIds].filter((keyId) => !rows.has(keyId))
      const refusals = await refusalsOf(strangers, options.transaction?.reader ?? store)
      const uses = await allSettled([
        ...[...needs.purposes].map(async (purpose) => {
          const row = activeRow(keys, purpose)
          if (row === undefined) throw new KeyNotProvisionedError(purpose, { tenant })
          const key = await lease(row, view)
          return () => set.useActive(key, keys.readAt)
        }),
        ...[...needs.keyIds].map(async (keyId) => {
          const row = rows.get(keyId)
          const refusal = row === undefined ? refusals.get(keyId) : refusalOf(row)
          if (row === undefined || refusal !== undefined) return () => set.refuse(tenant, keyId, refusal ?? unknownKey)
          const key = await lease(row, view)
          return () => set.useNamed(key)
        }),
      ])
      // A slow KMS may have outlasted the states: then the same keys are looked at in the light of new ones. Opening
      // does not depend on it.
      const isFresh = needs.purposes.size === 0 || now() - keys.readAt <= timing.stateLeaseMs
      if (!isFresh && round < MAX_ROUNDS) continue
      for (const use of uses) use()
      return
    }
  }
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
