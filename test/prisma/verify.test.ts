import { inspect } from 'node:util'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { ColumnVerification, Verification } from '../../src/index.js'
import { identifier } from '../../src/sql/index.js'
import type { DatabaseName, SqlParameter } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { PRISMA_VERSIONS } from '../support/prisma-versions.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

const TABLES = ['Firm', 'Client', 'Note', 'User', 'Profile', 'AppSecret', 'fieldseal_key', 'fieldseal_tenant']

describe.each(databasesUnderTest())('verify() on %s', (database) => {
  let bench: SealedBench | undefined
  const name = (text: string): string => identifier(database === 'mariadb' ? 'mysql' : 'postgresql', text)

  beforeEach(async () => {
    bench ??= await prepareSealed({ database })
    const { base, sealed } = bench
    await base.note.deleteMany()
    await base.appSecret.deleteMany()
    await base.client.deleteMany()
    await base.firm.deleteMany()
    for (const firm of ['firm_1', 'firm_2']) {
      await base.firm.create({ data: { id: firm, name: firm } })
      await sealed.$fieldseal.withTenant(firm, async () => {
        for (const at of [0, 1, 2]) {
          await sealed.client.create({
            data: {
              id: `${firm}-${at}`,
              name: `Client ${at}`,
              ...(at === 0 ? {} : { ssn: `${at}`, dob: new Date(at), intake: { at }, scan: new Uint8Array([at]) }),
              notes: { create: [{ body: `Note ${at}` }] },
            },
          })
        }
      })
    }
    await sealed.appSecret.create({ data: { name: 'token', value: 'secret' } })
  })
  afterAll(() => bench?.dispose())

  const opened = (): SealedBench => bench ?? expect.fail('no database')
  const verify = (sample?: number): Promise<Verification> =>
    opened().sealed.$fieldseal.verify(sample === undefined ? {} : { sample })

  async function columnAfter(model: string, field: string, sample?: number): Promise<ColumnVerification> {
    const { ok, columns } = await verify(sample)
    const column = columns.find((each) => each.model === model && each.field === field) ?? expect.fail('not verified')
    expect(ok).toBe(column.plaintext === 0 && Object.keys(column.failures).length === 0)
    return column
  }

  async function plant(
    table: string,
    column: string,
    value: SqlParameter,
    where = 'firm_1-1',
    cast = '',
  ): Promise<void> {
    const [first, second] = isPostgresql(database) ? [`$1${cast}`, '$2'] : ['?', '?']
    const id = table === 'Note' ? 'clientId' : table === 'AppSecret' ? 'name' : 'id'
    await opened().sql(`UPDATE ${name(table)} SET ${name(column)} = ${first} WHERE ${name(id)} = ${second}`, [
      value,
      where,
    ])
  }

  async function dump(): Promise<unknown> {
    const rows = await Promise.all(TABLES.map((table) => opened().sql(`SELECT * FROM ${name(table)} ORDER BY 1`)))
    return JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
  }

  test('finds nothing wrong with what the extension wrote, in every column', async () => {
    const { ok, columns } = await verify()
    expect(ok).toBe(true)
    const found = Object.fromEntries(columns.map(({ model, field, ...counts }) => [`${model}.${field}`, counts]))
    const fine = (values: number) => ({ values, plaintext: 0, opened: values, failures: {} })
    expect(found).toEqual({
      'Client.name': fine(6),
      'Client.ssn': fine(4),
      'Client.email': fine(0),
      'Client.phone': fine(0),
      'Client.dob': fine(4),
      'Client.score': fine(0),
      'Client.balance': fine(0),
      'Client.intake': fine(4),
      'Client.scan': fine(4),
      'Client.nickname': fine(6),
      'Note.body': fine(6),
      'User.email': fine(0),
      'Profile.bio': fine(0),
      'AppSecret.value': fine(1),
    })
  })

  test.each<[string, string, string, SqlParameter, string]>([
    ['a text', 'Client', 'name', 'Ada Lovelace', ''],
    ['an empty text', 'Client', 'name', '', ''],
    ['a date as text', 'Client', 'dob', '1970-01-01', ''],
    ['a Json object', 'Client', 'intake', '{"allergy":"penicillin"}', '::jsonb'],
    ['Json null', 'Client', 'intake', 'null', '::jsonb'],
    ['a Json string', 'Client', 'intake', '"plain"', '::jsonb'],
    ['bytes', 'Client', 'scan', new TextEncoder().encode('plain scan'), ''],
    ['no bytes', 'Client', 'scan', new Uint8Array(0), ''],
    ['a note reached through its client', 'Note', 'body', 'plain note', ''],
  ])(
    'counts plaintext that raw SQL wrote, and says that reading it fails: %s',
    async (_, table, column, value, cast) => {
      await plant(table, column, value, 'firm_1-1', cast)
      const found = await columnAfter(table, column)
      expect(found.plaintext).toBe(1)
      expect(found.failures).toEqual({ PLAINTEXT_FOUND: 1 })
      expect(found.opened).toBe(found.values - 1)
    },
  )

  test('counts every plaintext, also beyond the sample', async () => {
    const where = name('id')
    await opened().sql(`UPDATE ${name('Client')} SET ${name('name')} = 'plain' WHERE ${where} <> 'firm_1-1'`)
    expect(await columnAfter('Client', 'name', 1)).toMatchObject({ values: 6, plaintext: 5 })
  })

  test.each<[string, (cell: string) => string, string]>([
    ['was altered', (cell) => cell.slice(0, -4) + (cell.endsWith('AAAA') ? 'BBBB' : 'AAAA'), 'AUTHENTICATION_FAILED'],
    ['is cut short', (cell) => cell.slice(0, 60), 'AUTHENTICATION_FAILED'],
    ['breaks the format', (cell) => `${cell.slice(0, -1)}!`, 'MALFORMED_CELL'],
    ['names a key that nobody has', (cell) => cell.replace(/\.[0-9a-z]{12}\./, '.zzzzzzzzzzzz.'), 'UNKNOWN_KEY'],
    ['is of a later format', (cell) => cell.replace('enc::1', 'enc::9'), 'UNKNOWN_FORMAT'],
  ])('opens a sample, and reports a cell that %s by the error’s code', async (_, alter, code) => {
    const { base } = opened()
    const stored = await base.client.findUnique({ where: { id: 'firm_1-1' } })
    const altered = alter(String(stored?.name))
    expect(altered).not.toBe(stored?.name)
    await plant('Client', 'name', altered)
    const found = await columnAfter('Client', 'name')
    expect(found.failures).toEqual({ [code]: 1 })
    expect(found.opened).toBe(5)
  })

  test('reports a cell that was copied from another tenant, and one from another column', async () => {
    const { base } = opened()
    const foreign = await base.client.findUnique({ where: { id: 'firm_2-1' } })
    await plant('Client', 'name', String(foreign?.name))
    await plant('Note', 'body', String(foreign?.name))
    expect((await columnAfter('Client', 'name')).failures).toEqual({ FOREIGN_TENANT_KEY: 1 })
    expect((await columnAfter('Note', 'body')).failures).toEqual({ FOREIGN_TENANT_KEY: 1 })
    const own = await base.client.findUnique({ where: { id: 'firm_1-2' } })
    await plant('Client', 'name', String(own?.nickname))
    expect((await columnAfter('Client', 'name')).failures).toEqual({ AUTHENTICATION_FAILED: 1 })
  })

  test('reports binary and Json cells that were altered', async () => {
    const { base } = opened()
    const stored = await base.client.findUnique({ where: { id: 'firm_1-1' } })
    const scan: unknown = stored?.scan
    const bytes = scan instanceof Uint8Array ? Uint8Array.from(scan) : expect.fail('no bytes')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await plant('Client', 'scan', bytes)
    await plant('Client', 'intake', JSON.stringify(String(stored?.name)), 'firm_1-1', '::jsonb')
    expect((await columnAfter('Client', 'scan')).failures).toEqual({ AUTHENTICATION_FAILED: 1 })
    expect((await columnAfter('Client', 'intake')).failures).toEqual({ AUTHENTICATION_FAILED: 1 })
  })

  test('opens no more cells than asked for, and with a sample of 0 reads no row at all', async () => {
    expect(await columnAfter('Client', 'name', 2)).toMatchObject({ values: 6, opened: 2 })
    const { columns } = await verify(0)
    expect(columns.map((column) => column.opened)).toEqual(columns.map(() => 0))
  })

  test('finds an empty database in order', async () => {
    const { base } = opened()
    for (const model of [base.note, base.appSecret, base.client, base.firm]) await model.deleteMany()
    const { ok, columns } = await verify()
    expect(ok).toBe(true)
    expect(columns.every(({ values, opened: cells }) => values === 0 && cells === 0)).toBe(true)
  })

  test('changes nothing, in rows or keys, within a tenant’s context or outside', async () => {
    await plant('Client', 'name', 'plain')
    const before = await dump()
    const outside = await verify()
    const { sealed } = opened()
    const inside = await sealed.$fieldseal.withTenant('firm_2', async () => sealed.$fieldseal.verify())
    expect(inside).toEqual(outside)
    expect(await dump()).toEqual(before)
  })
})

function isPostgresql(database: DatabaseName): boolean {
  return database === 'pglite' || database === 'postgresql'
}

describe.each(PRISMA_VERSIONS)('verify() on SQLite, where a column takes anything, with Prisma %s', (prisma) => {
  test.each<[string, string, SqlParameter]>([
    ['what is no JSON in a Json column', 'intake', '{"allergy": penicillin'],
    ['a number in a Bytes column', 'scan', 70],
    ['a text in a Bytes column', 'scan', `FSL\u0001k00000000001${'x'.repeat(60)}`],
  ])('counts %s as plaintext', async (_, column, value) => {
    const bench = await prepareSealed({ database: 'sqlite', prisma })
    try {
      await bench.base.firm.create({ data: { id: 'firm_1', name: 'One' } })
      await bench.sealed.$fieldseal.withTenant('firm_1', async () =>
        bench.sealed.client.create({ data: { name: 'Ada' } }),
      )
      await bench.sql(`UPDATE "Client" SET "${column}" = ?`, [value])
      const { ok, columns } = await bench.sealed.$fieldseal.verify()
      expect(ok).toBe(false)
      const found = columns.find(({ field }) => field === column)
      expect(found).toMatchObject({ values: 1, plaintext: 1, opened: 0 })
      expect(found?.failures).toEqual({ UNREADABLE: 1 })
      const { sealed } = bench
      const error = await sealed.$fieldseal
        .withTenant('firm_1', async () => sealed.client.findMany())
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      const text = inspect(error, { depth: 9, showHidden: true }).replaceAll(import.meta.filename, '')
      expect(text).not.toMatch(/penicil|xxxxxx/)
    } finally {
      await bench.dispose()
    }
  })
})
