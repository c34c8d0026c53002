import { randomKeyId } from '../../../src/crypto/index.js'
import { type MemoryKeyStore, tenantRefOf } from '../../../src/keys/index.js'
import { keyCheckValue } from '../../../src/keys/key-check.js'
import { activeRefOf, type KeyPurpose, type KeyRow, type KeyState } from '../../../src/keys/key-row.js'
import type { Kms } from '../../../src/kms/kms.js'

export interface RowOptions {
  readonly tenant?: string
  readonly purpose?: KeyPurpose
  readonly state?: KeyState
  readonly version?: number
  readonly keyId?: string
  readonly kekUri?: string
  readonly app?: string
}

/** A genuine row, as another process of the application would have made it. */
export async function makeRow(kms: Kms, options: RowOptions = {}): Promise<KeyRow> {
  const { tenant = 'firm_1', purpose = 'data', state = 'active', version = 1, app = 'fieldseal' } = options
  const { keyId = randomKeyId(), kekUri = kms.defaultKek } = options
  const context = { app, tenant, purpose, keyId, v: '1' } as const
  const { plaintext, wrapped } = await kms.generateDataKey({ kekUri, context })
  const now = new Date()
  return {
    keyId,
    tenantRef: tenantRefOf(tenant),
    tenant,
    purpose,
    version,
    state,
    activeRef: state === 'active' ? activeRefOf(tenantRefOf(tenant), purpose) : null,
    kekUri,
    wrapped: state === 'destroyed' ? null : wrapped,
    prevWrapped: null,
    kcv: keyCheckValue(plaintext, { keyId, tenant, purpose }),
    contextVersion: 1,
    rev: 1,
    stateSince: now,
    createdAt: now,
  }
}

/** The row in another state, one revision on. */
export function inState(row: KeyRow, state: KeyState): KeyRow {
  return {
    ...row,
    state,
    activeRef: state === 'active' ? activeRefOf(row.tenantRef, row.purpose) : null,
    wrapped: state === 'destroyed' ? null : row.wrapped,
    rev: row.rev + 1,
  }
}

/** What another process's rotation does: a new active key, the old one decrypt-only. */
export async function rotate(store: MemoryKeyStore, kms: Kms, tenant = 'firm_1'): Promise<KeyRow> {
  const { rows } = await store.load(tenantRefOf(tenant))
  const old = rows.filter((row) => row.purpose === 'data')
  for (const row of old) if (row.state === 'active') store.put(inState(row, 'decrypt-only'))
  const fresh = await makeRow(kms, { tenant, version: old.length + 1 })
  store.put(fresh)
  return fresh
}

/** The one row of a tenant and purpose. */
export async function onlyRow(store: MemoryKeyStore, tenant = 'firm_1', purpose: KeyPurpose = 'data'): Promise<KeyRow> {
  const rows = (await store.load(tenantRefOf(tenant))).rows.filter((row) => row.purpose === purpose)
  const [row] = rows
  if (row === undefined || rows.length !== 1) throw new Error(`expected one ${purpose} row, found ${rows.length}`)
  return row
}
