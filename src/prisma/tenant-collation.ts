import { UnsafeDatabaseError } from '../errors/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { identifier, literal } from '../sql/index.js'
import { type AnyClient, queryRaw, textIn } from './internals.js'
import { linkedColumns, type TenantColumn } from './tenant-columns.js'

/**
 * Makes sure that MySQL or MariaDB compares the columns that hold tenants byte for byte (but for trailing spaces). Their
 * default collations hold `firm_a` and `FIRM_A` to be equal.
 * @throws UnsafeDatabaseError with the statements that change the collation.
 */
export async function requireExactTenants(
  client: AnyClient,
  policy: EncryptionPolicy,
  columns: readonly TenantColumn[],
): Promise<void> {
  if (columns.length === 0) return
  const stored = await storedColumns(client, linkedColumns(policy, columns))
  const unseen = columns.find((tenant) => !stored.some((column) => isSame(column, tenant)))
  if (unseen !== undefined) {
    throw new UnsafeDatabaseError(
      `information_schema does not show the column ${unseen.table}.${unseen.column}, so nothing can be said of its collation`,
      'Migrate the database, and connect to it by its name as an account with rights on the table',
      { model: unseen.model, field: unseen.field },
    )
  }
  const inexact = stored.filter(({ collation }) => collation !== '' && !collation.endsWith('_bin'))
  for (const tenant of columns) {
    const found = inexact.find((column) => isSame(column, tenant))
    if (found === undefined) continue
    const statements = changeOf(inexact, await foreignKeys(client))
    throw new UnsafeDatabaseError(
      `its collation ${found.collation} holds different tenant ids to be equal, such as firm_a and FIRM_A, so a filter by tenant would let rows of another one pass`,
      `Give it a collation that compares bytes: ${statements.join('; ')};`,
      { model: tenant.model, field: tenant.field },
    )
  }
}

interface Place {
  readonly table: string
  readonly column: string
}

/** A column as the database has it. */
interface StoredColumn extends Place {
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

/** A foreign key as the database has it. */
interface ForeignKey {
  readonly name: string
  readonly table: string
  readonly columns: readonly Place[]
  readonly referred: readonly Place[]
  /** `ON DELETE … ON UPDATE …`. */
  readonly rules: string
}

async function foreignKeys(client: AnyClient): Promise<ForeignKey[]> {
  const rows = await queryRaw(
    client,
    'SELECT k.CONSTRAINT_NAME AS name, k.TABLE_NAME AS tableName, k.COLUMN_NAME AS columnName, k.REFERENCED_TABLE_NAME AS referredTable, k.REFERENCED_COLUMN_NAME AS referredColumn, r.DELETE_RULE AS onDelete, r.UPDATE_RULE AS onUpdate FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION',
  )
  const keys = new Map<string, ForeignKey>()
  for (const row of rows) {
    const [name, table] = [textIn(row, 'name'), textIn(row, 'tableName')]
    const id = `${table}\n${name}`
    const known = keys.get(id)
    const referred = { table: textIn(row, 'referredTable'), column: textIn(row, 'referredColumn') }
    keys.set(id, {
      name,
      table,
      columns: [...(known?.columns ?? []), { table, column: textIn(row, 'columnName') }],
      referred: [...(known?.referred ?? []), referred],
      rules: `ON DELETE ${textIn(row, 'onDelete')} ON UPDATE ${textIn(row, 'onUpdate')}`,
    })
  }
  return [...keys.values()]
}

/** The two ends of a foreign key change together, and cannot change while it stands. */
function changeOf(columns: readonly StoredColumn[], keys: readonly ForeignKey[]): string[] {
  const tied = keys.filter((key) =>
    [...key.columns, ...key.referred].some((end) => columns.some((column) => isSame(column, end))),
  )
  return [...tied.map(dropStatement), ...columns.map(modifyStatement), ...tied.map(addStatement)]
}

function modifyStatement({ table, column, type, isNullable, characterSet }: StoredColumn): string {
  return `ALTER TABLE ${quote(table)} MODIFY ${quote(column)} ${type} CHARACTER SET ${characterSet} COLLATE ${characterSet}_bin ${isNullable ? 'NULL' : 'NOT NULL'}`
}

function dropStatement({ table, name }: ForeignKey): string {
  return `ALTER TABLE ${quote(table)} DROP FOREIGN KEY ${quote(name)}`
}

function addStatement({ table, name, columns, referred, rules }: ForeignKey): string {
  const list = (places: readonly Place[]): string => places.map(({ column }) => quote(column)).join(', ')
  return `ALTER TABLE ${quote(table)} ADD CONSTRAINT ${quote(name)} FOREIGN KEY (${list(columns)}) REFERENCES ${quote(referred[0]?.table ?? '')} (${list(referred)}) ${rules}`
}

function quote(name: string): string {
  return identifier('mysql', name)
}

/** The database may keep the names of tables in lower case. */
function isSame(one: Place, other: Place): boolean {
  return one.table.toLowerCase() === other.table.toLowerCase() && one.column === other.column
}
