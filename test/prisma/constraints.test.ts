import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { constraintStatements, identifier, type SqlDialect } from '../../src/sql/index.js'
import type { Args, TestClient } from '../support/client-types.js'
import type { DatabaseName, SqlParameter } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

const DIALECTS: { readonly [D in DatabaseName]: SqlDialect } = {
  sqlite: 'sqlite',
  pglite: 'postgresql',
  postgresql: 'postgresql',
  mariadb: 'mysql',
}

async function constrain({ policy, sql }: SealedBench): Promise<void> {
  for (const statement of constraintStatements(policy)) await sql(statement)
}

/** Refused by the database, and by its constraint or trigger. */
async function expectRefused(work: () => PromiseLike<unknown>): Promise<void> {
  await expect(work()).rejects.toThrow(/_sealed|takes encrypted values only|constraint/i)
}

/** Almost a text cell: one thing is wrong with each. */
const NEARLY_TEXT: { readonly [what: string]: string } = {
  'an empty text': '',
  'a plain text': '123-45-6789',
  'a long plain text': 'x'.repeat(80),
  'the beginning of a cell alone': 'enc::1.',
  'a cell cut short': `enc::1.k00000000001.${'A'.repeat(38)}`,
  'a cell in upper case': `ENC::1.k00000000001.${'A'.repeat(60)}`,
  'a cell of another format': `enc::2.k00000000001.${'A'.repeat(60)}`,
  'a cell with something in front': ` enc::1.k00000000001.${'A'.repeat(60)}`,
  'a cell in quotes': `"enc::1.k00000000001.${'A'.repeat(60)}"`,
}

const CELL_TEXT = `enc::1.k00000000001.${'A'.repeat(39)}`

describe.each(databasesUnderTest())('a %s database with constraints', (database) => {
  const dialect = DIALECTS[database]
  const name = (identifierText: string): string => identifier(dialect, identifierText)
  const parameter = (at: number): string => (dialect === 'postgresql' ? `$${at}` : '?')
  let bench: SealedBench
  let cells: Args

  beforeAll(async () => {
    bench = await prepareSealed({ database })
    await constrain(bench)
    const { base, sealed } = bench
    await base.firm.create({ data: { id: 'firm_1', name: 'One' } })
    await sealed.$fieldseal.withTenant('firm_1', async () =>
      sealed.client.create({
        data: { id: 'sealed', name: 'Ada', ssn: '1', dob: new Date(0), intake: { a: 1 }, scan: new Uint8Array([1]) },
      }),
    )
    const [stored] = await base.client.findMany({ where: { id: 'sealed' } })
    cells = { name: stored?.name, nickname: stored?.nickname }
  })
  afterAll(() => bench?.dispose())

  const row = (change: Args = {}): Args => ({ ...cells, firmId: 'firm_1', ...change })
  const stored = () => bench.sql(`SELECT * FROM ${name('Client')} ORDER BY ${name('id')}`)
  const setBy =
    (column: string, value: SqlParameter, cast = '') =>
    () =>
      bench.sql(
        `UPDATE ${name('Client')} SET ${name(column)} = ${parameter(1)}${dialect === 'postgresql' ? cast : ''} WHERE ${name('id')} = 'sealed'`,
        [value],
      )

  test('takes every operation of the extended client, NULLs too', async () => {
    const { sealed } = bench
    await sealed.$fieldseal.withTenant('firm_1', async () => {
      const data = {
        name: '',
        ssn: '2',
        intake: 'enc::1.not-a-cell',
        scan: new Uint8Array(0),
        notes: { create: [{ body: '' }] },
      }
      const { id } = await sealed.client.create({ data })
      await sealed.client.createMany({ data: [{ name: 'B' }, { name: 'C', ssn: '3', intake: [1, 2], scan: null }] })
      await sealed.client.update({ where: { id }, data: { name: 'D', ssn: null, intake: { b: 2 } } })
      await sealed.client.updateMany({ data: { email: 'x@example.com', scan: null } })
      await sealed.client.delete({ where: { id: String(id) } })
    })
  })

  test.each<[string, (base: TestClient) => PromiseLike<unknown>]>([
    ['create of a text', (base) => base.client.create({ data: row({ name: 'Ada' }) })],
    ['create of an optional text', (base) => base.client.create({ data: row({ dob: '1970-01-01' }) })],
    [
      'create without a value for a column with a default',
      (base) => base.client.create({ data: { firmId: 'firm_1', name: cells.name } }),
    ],
    ['create of Json', (base) => base.client.create({ data: row({ intake: { allergy: 'penicillin' } }) })],
    [
      'create of bytes',
      (base) => base.client.create({ data: row({ scan: new TextEncoder().encode('x'.repeat(60)) }) }),
    ],
    [
      'a seed script’s createMany',
      (base) => base.client.createMany({ data: [row(), row({ ssn: '123-45-6789' }), row()] }),
    ],
    [
      'a nested create',
      (base) =>
        base.firm.update({
          where: { id: 'firm_1' },
          data: { clients: { create: { ...cells, email: 'ada@example.com' } } },
        }),
    ],
    ['update of a text', (base) => base.client.update({ where: { id: 'sealed' }, data: { name: 'Bob' } })],
    ['update of Json', (base) => base.client.update({ where: { id: 'sealed' }, data: { intake: [1, 2, 3] } })],
    ['update of bytes', (base) => base.client.update({ where: { id: 'sealed' }, data: { scan: new Uint8Array(60) } })],
    ['updateMany', (base) => base.client.updateMany({ data: { phone: '+41 44 668 18 00' } })],
    ['upsert', (base) => base.client.upsert({ where: { id: 'sealed' }, create: row(), update: { nickname: 'Bobby' } })],
    ['another model', (base) => base.note.create({ data: { clientId: 'sealed', body: 'in plaintext' } })],
  ])('refuses plaintext from a client without the extension, and stores nothing: %s', async (_, write) => {
    const before = await stored()
    await expectRefused(() => write(bench.base))
    expect(await stored()).toEqual(before)
  })

  test('takes a cell and NULL from a client without the extension', async () => {
    const { base } = bench
    const { id } = await base.client.create({ data: row({ id: 'copied', ssn: null }) })
    await base.client.update({ where: { id }, data: { email: CELL_TEXT, intake: CELL_TEXT } })
    await base.client.delete({ where: { id: String(id) } })
  })

  test.each(Object.entries(NEARLY_TEXT))('refuses %s from raw SQL in a String column', async (_, value) => {
    await expectRefused(setBy('email', value))
  })

  test.each(Object.entries(NEARLY_TEXT))('refuses %s from raw SQL as a JSON string', async (_, value) => {
    await expectRefused(setBy('intake', JSON.stringify(value), '::jsonb'))
  })

  test.each([
    ['null', 'null'],
    ['a number', '12345'],
    ['a boolean', 'true'],
    ['a cell in a list', JSON.stringify([CELL_TEXT])],
    ['a cell in an object', JSON.stringify({ cell: CELL_TEXT })],
    ['a cell as a property’s name', JSON.stringify({ [CELL_TEXT]: 1 })],
  ])('refuses JSON that is no string from raw SQL: %s', async (_, json) => {
    await expectRefused(setBy('intake', json, '::jsonb'))
  })

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['the beginning of a cell alone', new TextEncoder().encode('FSL\u0001')],
    ['a cell cut short', new TextEncoder().encode(`FSL\u0001k00000000001${'x'.repeat(28)}`)],
    ['a cell of another format', new TextEncoder().encode(`FSL\u0002k00000000001${'x'.repeat(60)}`)],
    ['a cell in lower case', new TextEncoder().encode(`fsl\u0001k00000000001${'x'.repeat(60)}`)],
    ['a text cell', new TextEncoder().encode(CELL_TEXT)],
  ])('refuses %s from raw SQL in a Bytes column', async (_, value) => {
    await expectRefused(setBy('scan', value))
  })

  test('takes the shortest cell, of every column type, and NULL from raw SQL', async () => {
    await setBy('email', CELL_TEXT)()
    await setBy('intake', JSON.stringify(CELL_TEXT), '::jsonb')()
    await setBy('scan', new TextEncoder().encode(`FSL\u0001k00000000001${'x'.repeat(29)}`))()
    for (const column of ['email', 'intake', 'scan']) await setBy(column, null)()
  })

  test('refuses plaintext that raw SQL inserts', async () => {
    const columns = ['id', 'firmId', 'name', 'nickname', 'updatedAt'].map(name).join(', ')
    const values = `'raw', 'firm_1', 'Ada Lovelace', ${parameter(1)}, '2024-01-01 00:00:00'`
    await expectRefused(() => bench.sql(`INSERT INTO ${name('Client')} (${columns}) VALUES (${values})`, [CELL_TEXT]))
  })
})

describe.each(databasesUnderTest())('constraints on %s', (database) => {
  test('cannot be added to a column that still holds plaintext, except on SQLite, which does not look', async () => {
    const bench = await prepareSealed({ database })
    try {
      await bench.base.appSecret.create({ data: { name: 'token', value: 'in plaintext' } })
      if (database === 'sqlite') {
        await constrain(bench)
        await bench.base.appSecret.update({ where: { name: 'token' }, data: { name: 'renamed' } })
      } else await expectRefused(() => constrain(bench))
    } finally {
      await bench.dispose()
    }
  })
})
