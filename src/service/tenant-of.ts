import type { TenantContext } from '../context/index.js'
import { type ErrorDetails, TenantMismatchError, TenantRequiredError } from '../errors/index.js'
import { APPLICATION_TENANT, requireTenant } from '../keys/index.js'
import type { TenantRule } from '../policy/policy.js'

/**
 * The tenant a value of a model belongs to: the application for models without `@tenant`, else the one in context. A
 * call may name it outside any context, never another one inside.
 * @throws TenantRequiredError, TenantMismatchError, InvalidTenantError
 */
export function tenantOf(
  rule: TenantRule,
  context: TenantContext | undefined,
  named: string | undefined,
  where: ErrorDetails,
): string {
  if (named !== undefined) requireTenant(named)
  const owner = rule.kind === 'none' ? APPLICATION_TENANT : context?.tenant
  const tenant = owner ?? named
  if (tenant === undefined) throw new TenantRequiredError(where)
  if (named !== undefined && named !== tenant) throw new TenantMismatchError({ ...where, tenant: named })
  return tenant
}
