import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { textCellLength } from '../../src/message/size.js'
import type { ModelDelegate } from '../support/client-types.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { native, withKeyModels } from './models.js'

interface Column {
  readonly field: string
  /** Characters or bytes the column takes where it has a limit. */
  readonly width: number
  readonly maxBytes: number
  readonly mysql: string
  readonly postgresql?: string
  readonly type: 'String' | 'Bytes'
}

const COLUMNS: readonly Column[] = [
  { field: 'small', type: 'String', width: 80, maxBytes: 16, mysql: '@db.VarChar(80)', postgresql: '@db.VarChar(80)' },
  { field: 'usual', type: 'String', width: 191, maxBytes: 99, mysql: '', postgresql: '@db.VarChar(191)' },
  { field: 'tiny', type: 'String', width: 255, maxBytes: 147, mysql: '@db.TinyText', postgresql: '@db.VarChar(255)' },
  { field: 'text', type: 'String', width: 65_535, maxBytes: 49_107, mysql: '@db.Text' },
  { field: 'binary', type: 'Bytes', width: 64, maxBytes: 19, mysql: '@db.VarBinary(64)' },
]

function models(database: DatabaseName): string {
  const lines = COLUMNS.map(
    ({ field, type, maxBytes, ...types }) =>
      `  ${field} ${type}? ${native(database, types)} /// @encrypted(maxBytes: ${maxBytes})`,
  )
  return withKeyModels(database, `model Wide {\n  id Int @id @default(autoincrement())\n${lines.join('\n')}\n}`)
}

function isModel(value: unknown): value is ModelDelegate {
  return typeof value === 'object' && value !== null && 'create' in value
}

describe.each(databasesUnderTest())('column widths on %s', (database) => {
  let bench: SealedBench
  const wide = (client: object): ModelDelegate => {
    const delegate: unknown = Reflect.get(client, 'wide')
    if (!isModel(delegate)) throw new Error('The client has no model Wide')
    return delegate
  }
  const filled = ({ type }: Column, bytes: number): string | Uint8Array =>
    type === 'Bytes' ? new Uint8Array(bytes).fill(7) : `${'é'.repeat(Math.floor(bytes / 2))}${'x'.repeat(bytes % 2)}`

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: models(database) })
  })
  afterAll(() => bench?.dispose())

  test.each(COLUMNS)('take the longest value allowed, whole: $field', async (column) => {
    const value = filled(column, column.maxBytes)
    const { id } = await wide(bench.sealed).create({ data: { [column.field]: value } })
    const read = await wide(bench.sealed).findUnique({ where: { id } })
    expect(read?.[column.field]).toEqual(value)
  })

  test.each(COLUMNS)('are not reached by a value one byte longer: $field', async (column) => {
    const before = await wide(bench.base).count()
    const value = filled(column, column.maxBytes + 1)
    await expect(wide(bench.sealed).create({ data: { [column.field]: value } })).rejects.toMatchObject({
      code: 'VALUE_TOO_LONG',
      model: 'Wide',
      field: column.field,
      maxBytes: column.maxBytes,
    })
    expect(await wide(bench.base).count()).toBe(before)
  })

  test('are as wide as the policy thinks: one character more is refused by the database', async () => {
    const limited = COLUMNS.filter(
      (column) => native(database, column) !== '' || (database === 'mariadb' && column.mysql === ''),
    )
    for (const column of limited) {
      const raw = (length: number) => (column.type === 'Bytes' ? new Uint8Array(length) : 'x'.repeat(length))
      await wide(bench.base).create({ data: { [column.field]: raw(column.width) } })
      await expect(wide(bench.base).create({ data: { [column.field]: raw(column.width + 1) } })).rejects.toThrow(
        /too long/i,
      )
    }
    // No room is given away: the cell of the longest value fills its column, as far as base64 allows.
    for (const { type, maxBytes, width } of limited.filter(({ type }) => type === 'String')) {
      expect([type, textCellLength(maxBytes + 1) > width]).toEqual([type, true])
    }
  })
})
