import { InvalidTenantError, UnsafeDatabaseError } from '../errors/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { dialectOf } from '../sql/index.js'
import { type AnyClient, queryRaw, textIn } from './internals.js'
import { requireExactTenants } from './tenant-collation.js'
import { tenantColumns } from './tenant-columns.js'

/** Makes sure, before an operation, that the database keeps what is stored and tells tenants apart. */
export interface SessionCheck {
  /**
   * Asks the database at the first operation, and after a refusal at the next.
   * @param clientOf the client that reaches the database without waiting for the operation's own transaction.
   * @throws UnsafeDatabaseError, InvalidTenantError
   */
  require(tenant: string | undefined, clientOf: () => InTransaction): Promise<void>
}

/** A client to ask through; `isShared` if its answer may serve operations outside its transaction. */
export interface InTransaction {
  readonly client: AnyClient
  readonly isShared: boolean
}

/**
 * The check of MySQL and MariaDB, where a session without strict mode cuts values that are too long, and collations
 * can hold two tenants' ids to be equal. Other databases do neither: undefined.
 */
export function createSessionCheck(policy: EncryptionPolicy): SessionCheck | undefined {
  if (dialectOf(policy) !== 'mysql') return undefined
  const columns = tenantColumns(policy)
  let passed = false
  let running: Promise<void> | undefined

  async function check(client: AnyClient): Promise<void> {
    await requireStrictMode(client)
    await requireExactTenants(client, policy, columns)
    passed = true
  }

  return {
    async require(tenant, clientOf) {
      // Every collation but a few pads with spaces before it compares, those that end in _bin as well.
      if (tenant?.endsWith(' ') === true) {
        throw new InvalidTenantError('it ends in a space, which MySQL and MariaDB do not see when they compare')
      }
      if (passed) return
      const { client, isShared } = clientOf()
      if (!isShared) return check(client)
      running ??= check(client).finally(() => {
        running = undefined
      })
      return running
    },
  }
}

async function requireStrictMode(client: AnyClient): Promise<void> {
  const [row] = await queryRaw(client, 'SELECT @@SESSION.sql_mode AS mode')
  const modes = textIn(row, 'mode').split(',')
  if (modes.includes('STRICT_TRANS_TABLES') || modes.includes('STRICT_ALL_TABLES')) return
  throw new UnsafeDatabaseError(
    'the database session is not in strict mode, so a value that is too long would be cut, and a cut cell cannot be opened again',
    "Set sql_mode on the server so that new connections have it: SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',STRICT_TRANS_TABLES'), and the same in its configuration file; then restart the application",
  )
}
