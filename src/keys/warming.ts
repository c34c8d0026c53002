import { ContextEndedError } from '../errors/index.js'
import { allSettled } from './all-settled.js'
import { type KeyNeeds, needsByTenant } from './key-needs.js'
import { createKeySet, type KeySet } from './key-set.js'
import type { WarmOptions } from './key-views.js'
import { requireTenant } from './tenant.js'
import type { TenantWarming, WarmedTenant } from './tenant-warming.js'
import { beginAgeMs, type KeyTiming } from './timing.js'

/** Loads what an operation needs, of all its tenants; see `Keyring.warm`. */
export type Warming = (needs: KeyNeeds, options: WarmOptions) => Promise<KeySet>

/** How often states that a slow KMS let grow old are read again. */
const MAX_ROUNDS = 3

export function createWarming(warmTenant: TenantWarming, timing: KeyTiming, now: () => number): Warming {
  return async (needs, options) => {
    if (options.context?.ended === true) throw new ContextEndedError()
    const set = createKeySet(timing.stateLeaseMs, now)
    const byTenant = needsByTenant(needs)
    const warmed = new Map<string, WarmedTenant>()
    // A slow KMS, of whichever tenant, may have outlasted the states: then the same keys are looked at in the light of
    // new ones. Opening does not depend on it.
    const isReady = (tenant: string): boolean => {
      const { readAt = Number.NEGATIVE_INFINITY } = warmed.get(tenant) ?? {}
      return now() - readAt <= beginAgeMs(timing) || (warmed.has(tenant) && byTenant.get(tenant)?.purposes.size === 0)
    }
    try {
      for (const [tenant, of] of byTenant) {
        const ready = warmTenant.warmFromMemory(requireTenant(tenant), of, set, options)
        if (ready !== undefined) warmed.set(tenant, ready)
      }
      for (let round = 1; round <= MAX_ROUNDS; round++) {
        const unready = [...byTenant].filter(([tenant]) => !isReady(tenant))
        if (unready.length === 0) break
        await allSettled(
          unready.map(async ([tenant, of]) => {
            warmed.set(tenant, await warmTenant.warm(tenant, of, set, options))
          }),
        )
      }
      for (const { use } of warmed.values()) use()
      return set
    } catch (error) {
      set.release()
      throw error
    }
  }
}
