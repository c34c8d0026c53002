import { type ErrorDetails, KeyNotWarmedError, KeyStateExpiredError } from '../errors/index.js'
import type { KeyPurpose, KeyRow } from './key-row.js'
import type { LeasedKey } from './leased-key.js'

/** Why a key may not be used, told at the place that needs it. */
export type KeyRefusal = (where: ErrorDetails) => Error

/**
 * The keys one operation works with, held until `release`. Everything here is synchronous: what is missing was not
 * warmed, and that is an error.
 */
export interface KeySet {
  /**
   * The tenant's active key.
   * @throws KeyNotWarmedError, KeyStateExpiredError
   */
  active(tenant: string, purpose: KeyPurpose): LeasedKey
  /**
   * The data key a cell of this tenant names.
   * @throws the reason it may not be used: UnknownKeyError, ForeignTenantKeyError, KeyRetiredError …
   */
  named(tenant: string, keyId: string, where: ErrorDetails): LeasedKey
  /** Lets go of every key. The set is empty afterwards. */
  release(): void
}

/** A key set being filled. */
export interface KeySetBuilder extends KeySet {
  /** The row's key, if it is held already. */
  held(row: KeyRow): LeasedKey | undefined
  /** Takes the holder's place of the caller: the key lives until `release`, whether it is used or not. */
  hold(key: LeasedKey): void
  /** `readAt`: when the states were read, monotonic milliseconds. */
  useActive(key: LeasedKey, readAt: number): void
  useNamed(key: LeasedKey): void
  refuse(tenant: string, keyId: string, refusal: KeyRefusal): void
}

/** An empty set. */
export function createKeySet(stateLeaseMs: number, now: () => number): KeySetBuilder {
  const active = new Map<string, { readonly key: LeasedKey; readonly readAt: number }>()
  const named = new Map<string, LeasedKey>()
  const refused = new Map<string, KeyRefusal>()
  const held: LeasedKey[] = []
  const heldById = new Map<string, LeasedKey>()
  const id = (tenant: string, name: string): string => `${name}\u0000${tenant}`
  return {
    active(tenant, purpose) {
      const entry = active.get(id(tenant, purpose))
      if (entry === undefined) throw new KeyNotWarmedError(purpose, { tenant })
      if (now() - entry.readAt > stateLeaseMs) throw new KeyStateExpiredError({ tenant, keyId: entry.key.keyId })
      return entry.key
    },
    named(tenant, keyId, where) {
      const key = named.get(id(tenant, keyId))
      if (key !== undefined) return key
      const refusal = refused.get(id(tenant, keyId))
      if (refusal !== undefined) throw refusal({ ...where, tenant, keyId })
      throw new KeyNotWarmedError('data', { ...where, tenant, keyId })
    },
    held(row) {
      const key = heldById.get(row.keyId)
      return key?.isOf(row) === true ? key : undefined
    },
    hold(key) {
      held.push(key)
      heldById.set(key.keyId, key)
    },
    useActive: (key, readAt) => void active.set(id(key.tenant, key.purpose), { key, readAt }),
    useNamed: (key) => void named.set(id(key.tenant, key.keyId), key),
    refuse: (tenant, keyId, refusal) => void refused.set(id(tenant, keyId), refusal),
    release() {
      for (const key of held.splice(0)) key.release()
      for (const map of [heldById, active, named, refused]) map.clear()
    },
  }
}
