import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DatabaseName, StoredRow } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { REPOSITORY } from '../support/prisma-versions.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

const PAGE = readFileSync(path.join(REPOSITORY, 'docs/format/counting.md'), 'utf8')
const HEADINGS: { readonly [D in DatabaseName]: string } = {
  sqlite: 'SQLite',
  pglite: 'PostgreSQL',
  postgresql: 'PostgreSQL',
  mariadb: 'MySQL and MariaDB',
}

/** The statements below a heading of the page, in its order. */
function statementsBelow(heading: string): string[] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^```sql\n(.*?)\n```$/gms)].map(([, sql]) => sql ?? '')
}

/** Rows written in each tenant; the number of each tells the tenants apart. */
const TENANTS = { firm_1: 1, firm_2: 2, firm_3: 3 }

describe.each(databasesUnderTest())('counting by key id, as the documentation has it, on %s', (database) => {
  let bench: SealedBench
  beforeAll(async () => {
    bench = await prepareSealed({ database })
    for (const [tenant, rows] of Object.entries(TENANTS)) {
      await bench.base.firm.create({ data: { id: tenant, name: tenant } })
      await bench.sealed.$fieldseal.withTenant(tenant, async () => {
        for (let row = 0; row < rows; row++) {
          const data = { name: 'Ada', ssn: `${tenant}-${row}${row}`, intake: { row }, scan: new Uint8Array([row]) }
          await bench.sealed.client.create({ data })
        }
        await bench.sealed.client.create({ data: { name: 'nothing else' } })
      })
    }
  })
  afterAll(() => bench?.dispose())

  /** The key ids of the tenants, with how many values each should have. */
  async function expected(purpose: string): Promise<Map<string, number>> {
    const keys = await bench.base.fieldsealKey.findMany({ where: { purpose } })
    return new Map(keys.map(({ keyId, tenant }) => [String(keyId), countOf(String(tenant))]))
  }
  const countOf = (tenant: string): number => new Map(Object.entries(TENANTS)).get(tenant) ?? 0
  const counted = (rows: readonly StoredRow[], column: string) =>
    new Map(rows.map((row) => [row.keyId === null ? null : String(row.keyId), Number(row[column])]))

  test.each([
    ['String', 0, 'ssn', "'plain'"],
    ['Json', 1, 'intake', `'{"enc::1.": 1}'`],
    ['Bytes', 2, 'scan', database === 'sqlite' || database === 'mariadb' ? "X'46534C02'" : "'\\x46534c02'"],
  ] as const)('finds every cell of a %s column, and what is none', async (_, at, column, plain) => {
    const statements = statementsBelow(HEADINGS[database])
    expect(statements).toHaveLength(3)
    const statement = statements[at] ?? ''
    const cells = await expected('data')
    expect(cells.size).toBe(3)
    expect(counted(await bench.sql(statement), 'cells')).toEqual(cells)
    const quote = database === 'mariadb' ? '`' : '"'
    const [table, name, key] = ['Client', column, 'name'].map((one) => `${quote}${one}${quote}`)
    await bench.sql(`UPDATE ${table} SET ${name} = ${plain} WHERE ${name} IS NULL AND ${key} IS NOT NULL`)
    expect(counted(await bench.sql(statement), 'cells')).toEqual(new Map([[null, 3], ...cells]))
  })

  test('finds every tag of a blind index', async () => {
    const [statement = ''] = statementsBelow('Tags')
    const rows = await bench.sql(database === 'mariadb' ? statement.replaceAll('"', '`') : statement)
    expect(counted(rows, 'tags')).toEqual(await expected('index'))
    expect(new Set(rows.map(({ definition }) => definition)).size).toBe(1)
  })
})
