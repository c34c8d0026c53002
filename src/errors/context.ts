import { type ErrorDetails, FieldsealError, place } from './base.js'

/** Tenant-scoped data was touched outside any tenant's context. */
export class TenantRequiredError extends FieldsealError {
  readonly code = 'TENANT_REQUIRED'
  constructor(details: ErrorDetails = {}) {
    super(
      `${place(details)} belongs to a tenant, but no tenant is in context. Run the operation inside withTenant(), and await it there.`,
      details,
    )
  }
}

/** The context a call was made in has ended; its keys are released. */
export class ContextEndedError extends FieldsealError {
  readonly code = 'CONTEXT_ENDED'
  constructor(details: ErrorDetails = {}) {
    super(
      'The tenant context of this call has ended. Await every operation inside the function given to withTenant().',
      details,
    )
  }
}

/** A tenant id breaks the rules for tenant ids. */
export class InvalidTenantError extends FieldsealError {
  readonly code = 'INVALID_TENANT'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(
      `The tenant id is not valid: ${reason}. Use 1 to 256 bytes of well-formed text without control characters.`,
      details,
    )
  }
}

/** A component that must never run in production was loaded there. */
export class NotForProductionError extends FieldsealError {
  readonly code = 'NOT_FOR_PRODUCTION'
}

/** A call names a tenant other than the one in context. */
export class TenantMismatchError extends FieldsealError {
  readonly code = 'TENANT_MISMATCH'
  constructor(details: ErrorDetails = {}) {
    super(
      `${place(details)} was asked for tenant ${JSON.stringify(details.tenant ?? '')}, which is not the tenant in context. Run the call in that tenant's context.`,
      details,
    )
  }
}
