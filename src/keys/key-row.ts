import { KEY_BYTES, KEY_ID_LENGTH } from '../crypto/index.js'
import { InvalidKeyRowError } from '../errors/index.js'
import { tenantRefOf } from './tenant.js'

export type KeyPurpose = 'data' | 'index'

/**
 * `pending`: opens, nobody seals with it · `active`: seals and opens · `decrypt-only`: opens · `retired`: material kept,
 * not used · `destroyed`: material erased.
 */
export type KeyState = 'pending' | 'active' | 'decrypt-only' | 'retired' | 'destroyed'

export type TenantState = 'normal' | 'suspended' | 'shredded'

/** One wrapped key as the store keeps it. */
export interface KeyRow {
  /** 12 characters `[0-9a-z]`, never reused. */
  readonly keyId: string
  readonly tenantRef: string
  readonly tenant: string
  readonly purpose: KeyPurpose
  /** From 1, per tenant and purpose. */
  readonly version: number
  readonly state: KeyState
  /** `tenantRef:purpose` while active, else null; unique in the store, so there is one active key. */
  readonly activeRef: string | null
  readonly kekUri: string
  /** Null once destroyed. */
  readonly wrapped: Uint8Array | null
  readonly prevWrapped: Uint8Array | null
  /** Key check value, 32 bytes. */
  readonly kcv: Uint8Array
  /** Which encryption context the KMS bound to it; 1 today. */
  readonly contextVersion: number
  /** Counts changes; every change compares it. */
  readonly rev: number
  /** Store's clock. */
  readonly stateSince: Date
  readonly createdAt: Date
}

/** What the store knows of a tenant at one moment. */
export interface TenantRecord {
  readonly state: TenantState
  readonly rows: readonly KeyRow[]
}

/** The encryption-context version this release writes and reads. */
export const CONTEXT_VERSION = 1

const KEY_ID = new RegExp(`^[0-9a-z]{${KEY_ID_LENGTH}}$`)
const PURPOSES: ReadonlySet<string> = new Set<KeyPurpose>(['data', 'index'])
const STATES: ReadonlySet<string> = new Set<KeyState>(['pending', 'active', 'decrypt-only', 'retired', 'destroyed'])
const TENANT_STATES: ReadonlySet<string> = new Set<TenantState>(['normal', 'suspended', 'shredded'])

/** `tenantRef:purpose`. */
export function activeRefOf(tenantRef: string, purpose: KeyPurpose): string {
  return `${tenantRef}:${purpose}`
}

/**
 * Checks a row that came from a store, the tenant byte for byte.
 * @throws InvalidKeyRowError
 */
export function requireKeyRow(row: KeyRow, tenant: string): KeyRow {
  const fail = (reason: string): never => {
    throw new InvalidKeyRowError(reason, { keyId: row.keyId, tenant })
  }
  if (typeof row.keyId !== 'string' || !KEY_ID.test(row.keyId)) fail('its id is not 12 characters 0-9a-z')
  if (row.tenant !== tenant || row.tenantRef !== tenantRefOf(tenant)) fail('it belongs to another tenant')
  if (!PURPOSES.has(row.purpose)) fail('its purpose is unknown')
  if (!Number.isSafeInteger(row.version) || row.version < 1) fail('its version is not a whole number from 1')
  if (!STATES.has(row.state)) fail('its state is unknown')
  if (row.kcv.length !== KEY_BYTES) fail('its key check value does not have 32 bytes')
  if (row.contextVersion !== CONTEXT_VERSION) fail(`its context version is not ${CONTEXT_VERSION}`)
  const activeRef = row.state === 'active' ? activeRefOf(row.tenantRef, row.purpose) : null
  if (row.activeRef !== activeRef) fail('its active mark does not match its state')
  if (row.state !== 'destroyed' && (row.wrapped === null || row.wrapped.length === 0)) fail('it has no material')
  return row
}

/**
 * Checks a tenant's state that came from a store: one that is not known is never taken for `normal`.
 * @throws InvalidKeyRowError
 */
export function requireTenantState(state: TenantState, tenant: string): TenantState {
  if (!TENANT_STATES.has(state)) throw new InvalidKeyRowError('the state of its tenant is unknown', { tenant })
  return state
}
