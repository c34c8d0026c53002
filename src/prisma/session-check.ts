import { InvalidTenantError, UnsafeDatabaseError } from '../errors/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { dialectOf, identifier, literal } from '../sql/index.js'
import { type AnyClient, queryRaw, textIn } from './internals.js'
import { linkedColumns, type TenantColumn, tenantColumns } from './tenant-columns.js'

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

async function requireExactTenants(
  client: AnyClient,
  policy: EncryptionPolicy,
  columns: readonly TenantColumn[],
): Promise<void> {
  if (columns.length === 0) return
  const linked = linkedColumns(policy, columns)
  const stored = await storedColumns(client, linked)
  const inexact = stored.filter(({ collation }) => collation !== '' && !collation.endsWith('_bin'))
  const found = columns.find((column) => inexact.some((other) => isSame(column, other)))
  if (found === undefined) return
  const collation = inexact.find((other) => isSame(found, other))?.collation
  // Columns on both ends of a foreign key need one collation: they change together.
  const statements = inexact.map(alterStatement)
  const change =
    statements.length === 1 ? statements : ['SET FOREIGN_KEY_CHECKS = 0', ...statements, 'SET FOREIGN_KEY_CHECKS = 1']
  throw new UnsafeDatabaseError(
    `its collation ${collation} holds different tenant ids to be equal, such as firm_a and FIRM_A, so a filter by tenant would let rows of another one pass`,
    `Give it a collation that compares bytes: ${change.join('; ')};`,
    { model: found.model, field: found.field },
  )
}

/** A column as the database has it. */
interface StoredColumn {
  readonly table: string
  readonly column: string
  /** With its length, as in `varchar(191)`. */
  readonly type: string
  readonly isNullable: boolean
  readonly characterSet: string
  /** Empty for a column that is no text. */
  readonly collation: string
}

async function storedColumns(client: AnyClient, columns: readonly TenantColumn[]): Promise<StoredColumn[]> {
  const wanted = columns.map(({ table, column }) => `(${literal('mysql', table)}, ${literal('mysql', column)})`)
  const rows = await queryRaw(
    client,
    `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS columnName, COLUMN_TYPE AS columnType, IS_NULLABLE AS nullable, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND (TABLE_NAME, COLUMN_NAME) IN (${wanted.join(', ')})`,
  )
  return rows.map((row) => ({
    table: textIn(row, 'tableName'),
    column: textIn(row, 'columnName'),
    type: textIn(row, 'columnType'),
    isNullable: textIn(row, 'nullable') === 'YES',
    characterSet: textIn(row, 'charset'),
    collation: textIn(row, 'collation'),
  }))
}

/** The database may keep the names of tables in lower case. */
function isSame(one: Pick<TenantColumn, 'table' | 'column'>, other: Pick<TenantColumn, 'table' | 'column'>): boolean {
  return one.table.toLowerCase() === other.table.toLowerCase() && one.column === other.column
}

function alterStatement({ table, column, type, isNullable, characterSet }: StoredColumn): string {
  const [inTable, name] = [identifier('mysql', table), identifier('mysql', column)]
  return `ALTER TABLE ${inTable} MODIFY ${name} ${type} CHARACTER SET ${characterSet} COLLATE ${characterSet}_bin ${isNullable ? 'NULL' : 'NOT NULL'}`
}
