import { sha256, utf8 } from '../crypto/index.js'
import { InvalidTenantError } from '../errors/index.js'

const MAX_TENANT_BYTES = 256

/** The application's own tenant: models without `@tenant`, and global indexes. */
export const APPLICATION_TENANT = ''

/**
 * A tenant id that may be used: 1–256 bytes of well-formed text without U+0000–001F, or `""` for the application's own.
 * @throws InvalidTenantError
 */
export function requireTenant(tenant: string): string {
  if (typeof tenant !== 'string') throw new InvalidTenantError('it is not a string')
  if (!tenant.isWellFormed()) throw new InvalidTenantError('it has a lone surrogate')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f]/.test(tenant)) throw new InvalidTenantError('it has a control character')
  // A UTF-16 unit is three bytes at most.
  if (3 * tenant.length > MAX_TENANT_BYTES && utf8(tenant).length > MAX_TENANT_BYTES)
    throw new InvalidTenantError(`it is longer than ${MAX_TENANT_BYTES} bytes`)
  return tenant
}

/** Lower-case hex SHA-256 of a tenant id: what rows are looked up by, the same under every collation. */
export function tenantRefOf(tenant: string): string {
  return sha256(utf8(tenant)).toString('hex')
}
