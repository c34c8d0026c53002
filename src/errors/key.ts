import { type ErrorDetails, FieldsealError } from './base.js'

const ofTenant = (details: ErrorDetails): string =>
  details.tenant === undefined || details.tenant === ''
    ? "the application's own tenant"
    : `tenant ${JSON.stringify(details.tenant)}`

/** The tenant has no key yet, and none may be created here. */
export class KeyNotProvisionedError extends FieldsealError {
  readonly code = 'KEY_NOT_PROVISIONED'
  constructor(purpose: string, details: ErrorDetails = {}) {
    super(
      `There is no active ${purpose} key for ${ofTenant(details)}. Call ensureTenant() for it first, outside any transaction.`,
      details,
    )
  }
}

/** The key was retired: its material is kept but no longer used. */
export class KeyRetiredError extends FieldsealError {
  readonly code = 'KEY_RETIRED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The key ${details.keyId ?? '?'} of ${ofTenant(details)} is retired, yet a stored value still needs it. Set it back to decrypt-only and re-encrypt that value.`,
      details,
    )
  }
}

/** The key's material was erased; what it sealed is gone for good. */
export class KeyDestroyedError extends FieldsealError {
  readonly code = 'KEY_DESTROYED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The key ${details.keyId ?? '?'} of ${ofTenant(details)} was destroyed; what it sealed cannot be opened again. Remove the value.`,
      details,
    )
  }
}

/** The tenant's keys are suspended on the way to being shredded. */
export class TenantSuspendedError extends FieldsealError {
  readonly code = 'TENANT_SUSPENDED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The keys of ${ofTenant(details)} are suspended. Nothing is sealed or opened for it until it is reinstated.`,
      details,
    )
  }
}

/** The tenant was shredded. It never gets a key again. */
export class TenantShreddedError extends FieldsealError {
  readonly code = 'TENANT_SHREDDED'
  constructor(details: ErrorDetails = {}) {
    super(`The keys of ${ofTenant(details)} were shredded; its data is gone and it never gets a key again.`, details)
  }
}

/** The unwrapped key is not the one the row was created with. */
export class KeyCheckError extends FieldsealError {
  readonly code = 'KEY_CHECK_FAILED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The key ${details.keyId ?? '?'} of ${ofTenant(details)} does not match its key check value: its row was altered, or the KMS returned another key. Do not use it; restore the row from a backup and find out who wrote it.`,
      details,
    )
  }
}

/** A key row's content is not what this library writes. */
export class InvalidKeyRowError extends FieldsealError {
  readonly code = 'INVALID_KEY_ROW'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(`The key row ${details.keyId ?? '?'} is not valid: ${reason}. Restore it from a backup.`, details)
  }
}

/** The row's KEK is neither the tenant's own nor an accepted one. */
export class KekNotAllowedError extends FieldsealError {
  readonly code = 'KEK_NOT_ALLOWED'
  constructor(expected: string, details: ErrorDetails = {}) {
    super(
      `The key ${details.keyId ?? '?'} of ${ofTenant(details)} is wrapped by ${details.kekUri ?? '?'}, but kekFor() gives ${expected}. If the change is meant, list the old KEK in acceptKeks; otherwise the key row was altered.`,
      details,
    )
  }
}

/** The key was disposed before it was used. Nothing was sealed with it. */
export class KeyDisposedError extends FieldsealError {
  readonly code = 'KEY_DISPOSED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The key ${details.keyId ?? '?'} of ${ofTenant(details)} was already disposed. Use keys only between warm() and release().`,
      details,
    )
  }
}

/** The key sealed as many values as AES-GCM with random nonces allows (2^32, NIST SP 800-38D §8.3). */
export class KeyExhaustedError extends FieldsealError {
  readonly code = 'KEY_EXHAUSTED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The key ${details.keyId ?? '?'} of ${ofTenant(details)} sealed 2^32 values, the limit of AES-GCM with random nonces. Rotate the tenant's data key.`,
      details,
    )
  }
}

/** The operation did not warm the key it needs: a defect of the caller, never a reason to go on. */
export class KeyNotWarmedError extends FieldsealError {
  readonly code = 'KEY_NOT_WARMED'
  constructor(purpose: string, details: ErrorDetails = {}) {
    super(
      `No ${purpose} key ${details.keyId ?? ''} of ${ofTenant(details)} was warmed for this operation. Name the tenant and purpose in warm().`,
      details,
    )
  }
}

/** The view of the keys' states is older than the state lease: sealing on it could use a key that was replaced. */
export class KeyStateExpiredError extends FieldsealError {
  readonly code = 'KEY_STATE_EXPIRED'
  constructor(details: ErrorDetails = {}) {
    super(
      `The key states of ${ofTenant(details)} were read longer ago than the state lease allows. Warm the keys again; if this repeats, the key store or the KMS is too slow.`,
      details,
    )
  }
}
