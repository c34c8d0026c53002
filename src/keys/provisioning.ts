import { randomKeyId } from '../crypto/index.js'
import { KeyCheckError, KeyNotProvisionedError } from '../errors/index.js'
import { keyCheckValue } from './key-check.js'
import type { KeyLoader } from './key-loader.js'
import { activeRefOf, CONTEXT_VERSION, type KeyPurpose, type KeyRow } from './key-row.js'
import type { KeyStore, NewKeyRow } from './key-store.js'
import { tenantRefOf } from './tenant.js'
import { requireTenantUsable, type TenantKeys } from './tenant-keys.js'

/** How often a lost race is looked at again before giving up. */
const ATTEMPTS = 5

/**
 * Sees to it that the tenant has an active key, and returns a view that shows it. Insert-if-absent: who loses the race
 * adopts the winner's key. A new key is unwrapped once before it is stored, so that none is ever used that its KMS
 * cannot open.
 */
export async function provision(
  tenant: string,
  purpose: KeyPurpose,
  store: KeyStore,
  loader: KeyLoader,
  view: (tenant: string) => Promise<TenantKeys>,
  signal: AbortSignal,
): Promise<TenantKeys> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const keys = await view(tenant)
    requireTenantUsable(keys, tenant)
    const ofPurpose = keys.rows.filter((row) => row.purpose === purpose)
    if (ofPurpose.some((row) => row.state === 'active')) return keys
    const version = Math.max(0, ...ofPurpose.map((row) => row.version)) + 1
    const row = await newRow(tenant, purpose, version, loader, signal)
    try {
      await store.insert(row)
    } catch (error) {
      // The commit is ambiguous: only a row that can be read again counts.
      const stored = await view(tenant)
      if (!stored.rows.some((known) => known.purpose === purpose && known.state === 'active')) throw error
    }
  }
  throw new KeyNotProvisionedError(purpose, { tenant })
}

async function newRow(
  tenant: string,
  purpose: KeyPurpose,
  version: number,
  loader: KeyLoader,
  signal: AbortSignal,
): Promise<NewKeyRow> {
  const named = { keyId: randomKeyId(), tenant, purpose, kekUri: loader.kekFor(tenant) }
  const { plaintext, wrapped } = await loader.generate(named, signal)
  const kcv = checkValueOf(plaintext, named)
  const tenantRef = tenantRefOf(tenant)
  const row: NewKeyRow = {
    ...named,
    tenantRef,
    version,
    state: 'active',
    activeRef: activeRefOf(tenantRef, purpose),
    wrapped,
    prevWrapped: null,
    kcv,
    contextVersion: CONTEXT_VERSION,
    rev: 1,
  }
  const unwrapped = await loader.unwrap(row, signal)
  unwrapped.fill(0)
  return row
}

/** The check value of a new key, which is erased. What a KMS must not return as a key is refused. */
function checkValueOf(key: Uint8Array, row: Pick<KeyRow, 'keyId' | 'tenant' | 'purpose' | 'kekUri'>): Uint8Array {
  try {
    return keyCheckValue(key, row)
  } catch {
    throw new KeyCheckError({ keyId: row.keyId, tenant: row.tenant, kekUri: row.kekUri })
  } finally {
    key.fill(0)
  }
}
