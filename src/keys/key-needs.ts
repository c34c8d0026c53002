import type { KeyPurpose } from './key-row.js'

/** Which keys an operation is about to use. */
export interface KeyNeeds {
  /** Active keys, for sealing (`data`) and tagging (`index`). */
  readonly active: readonly { readonly tenant: string; readonly purpose: KeyPurpose }[]
  /** Data keys that cells name, by the tenant in whose context they are opened. */
  readonly named: readonly { readonly tenant: string; readonly keyId: string }[]
}

/** The needs of one tenant, without repeats. */
export interface TenantNeeds {
  readonly purposes: ReadonlySet<KeyPurpose>
  readonly keyIds: ReadonlySet<string>
}

/** Groups needs by tenant. */
export function needsByTenant({ active, named }: KeyNeeds): Map<string, TenantNeeds> {
  const tenants = new Map<string, { purposes: Set<KeyPurpose>; keyIds: Set<string> }>()
  const of = (tenant: string) => {
    const known = tenants.get(tenant) ?? { purposes: new Set<KeyPurpose>(), keyIds: new Set<string>() }
    tenants.set(tenant, known)
    return known
  }
  for (const { tenant, purpose } of active) of(tenant).purposes.add(purpose)
  for (const { tenant, keyId } of named) of(tenant).keyIds.add(keyId)
  return tenants
}
