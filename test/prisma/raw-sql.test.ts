import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelDelegate, Row } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import type { Provider } from '../support/schema.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { quoted } from '../support/stored.js'

const models = (provider: Provider): string => `
/// @tenant(firm)
model Patient {
  id        Int     @id
  firm      String  @map("firm_id")
  name      String  @map("full_name")${provider === 'mysql' ? ' @db.LongText' : ''} /// @encrypted
  ssn       String? /// @encrypted(maxBytes: 99)
  ssnIndex  String? @unique @map("ssn_index") /// @blindIndex(ssn, normalize: [digits])
  born      String? @map("birth_day") /// @encrypted(type: DateTime)
  weight    String? /// @encrypted(type: Decimal, maxBytes: 30)
  history   Json? /// @encrypted
  scan      Bytes? /// @encrypted
  city      String?
  visits    Visit[]

  @@map("patients")
}

/// @tenant(patient.firm)
model Visit {
  id        Int     @id
  patient   Patient @relation(fields: [patientId], references: [id])
  patientId Int
  reason    String${provider === 'mysql' ? ' @db.LongText' : ''} /// @encrypted
}

model Setting {
  id    Int    @id
  value String${provider === 'mysql' ? ' @db.LongText' : ''} /// @encrypted
}
${keyModels(provider)}`

const FIRM = 'firm_1'
const VALUES = {
  name: 'Ada Lovelace',
  ssn: '900-12-3456',
  born: new Date('1815-12-10T00:00:00.000Z'),
  weight: '61.5',
  history: { allergy: 'none', list: [1, 'two'] },
  scan: new Uint8Array([1, 2, 3]),
}

describe.each(databasesUnderTest())('rows of raw SQL on %s', (database) => {
  let bench: SealedBench
  const q = (name: string): string => quoted(bench, name)
  const inFirm = <T>(work: () => PromiseLike<T>, firm = FIRM): Promise<T> =>
    bench.sealed.$fieldseal.withTenant(firm, work)
  const raw = (sql: string): Promise<Row[]> => bench.sealed.$queryRawUnsafe(sql)
  /** Prisma 6 cannot read text of a binary collation in raw queries on MariaDB: then the rows come from the driver. */
  async function ask(sql: string): Promise<Row[]> {
    const isReadable = await bench.base.$queryRawUnsafe(sql).then(
      () => true,
      () => false,
    )
    if (isReadable) return raw(sql)
    await expect(raw(sql)).rejects.toThrow('Cannot serialize value')
    return (await bench.sql(sql)) as unknown as Row[]
  }
  const open: SealedBench['sealed']['$fieldseal']['open'] = (...args) =>
    inFirm(() => bench.sealed.$fieldseal.open(...args))

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: models(providerOf(database)) })
    const patients = Reflect.get(bench.sealed, 'patient') as ModelDelegate
    const settings = Reflect.get(bench.sealed, 'setting') as ModelDelegate
    await inFirm(() =>
      patients.create({
        data: { id: 1, ...VALUES, city: 'enc::1.a city', visits: { create: { id: 5, reason: 'a cough' } } },
      }),
    )
    await inFirm(() => patients.create({ data: { id: 2, name: 'Bob' } }))
    await inFirm(() => patients.create({ data: { id: 3, name: 'Eve', ssn: '1' } }), 'firm_2')
    await settings.create({ data: { id: 1, value: 'of the application' } })
  })
  afterAll(() => bench?.dispose())

  const all = () => ask(`SELECT * FROM ${q('patients')} WHERE ${q('firm_id')} = 'firm_1' ORDER BY ${q('id')}`)

  test('are opened by the columns’ own names, in every type, and all else is left as it is', async () => {
    const rows = await all()
    const [ada, bob] = await open('Patient', rows)
    expect(ada).toEqual({
      id: rows[0]?.id,
      firm_id: FIRM,
      full_name: VALUES.name,
      ssn: VALUES.ssn,
      ssn_index: rows[0]?.ssn_index,
      birth_day: VALUES.born,
      weight: VALUES.weight,
      history: VALUES.history,
      scan: VALUES.scan,
      city: 'enc::1.a city',
    })
    expect(bob).toMatchObject({ full_name: 'Bob', ssn: null, birth_day: null, history: null, scan: null })
  })

  test('are copies: what the query gave stays as it was', async () => {
    const rows = await all()
    const before = rows.map((row) => ({ ...row }))
    const opened = await open(
      'Patient',
      rows.map((row) => Object.freeze(row)),
    )
    expect(rows).toEqual(before)
    expect(opened[0]).not.toBe(rows[0])
  })

  test('are opened by the names of fields', async () => {
    const rows = await ask(
      `SELECT ${q('full_name')} AS ${q('name')}, ${q('birth_day')} AS ${q('born')} FROM ${q('patients')} WHERE ${q('id')} = 1`,
    )
    expect(await open('Patient', rows)).toEqual([{ name: VALUES.name, born: VALUES.born }])
  })

  test('are opened under any name, of any model, that the call says', async () => {
    const rows = await ask(
      `SELECT p.${q('ssn')} AS number, v.${q('reason')} AS why, 7 AS plain FROM ${q('patients')} p JOIN ${q('Visit')} v ON v.${q('patientId')} = p.${q('id')}`,
    )
    const columns = { number: 'Patient.ssn', why: 'Visit.reason' }
    const [row] = await open<{ number: string; why: string; plain: unknown }>('Patient', rows, { columns })
    expect(row).toEqual({ number: VALUES.ssn, why: 'a cough', plain: rows[0]?.plain })
  })

  test.each<[string, (rows: Row[]) => object]>([
    ['as text', ([row]) => ({ alias: row?.full_name })],
    ['as bytes', ([row]) => ({ alias: row?.scan })],
    ['within another text', ([row]) => ({ alias: `x ${row?.full_name}` })],
    ['in a list', ([row]) => ({ alias: [{ inner: row?.full_name }] })],
    ['in JSON text', ([row]) => ({ alias: JSON.stringify({ inner: row?.full_name }) })],
  ])('with a cell in a column that nothing is known of are refused: %s', async (_, made) => {
    const asked = open('Patient', [made(await all())])
    await expect(asked).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION', operation: 'open' })
    await expect(asked).rejects.toThrow(/"alias"[\s\S]*columns: \{ "alias": 'Patient\.<field>' \}/)
  })

  test('belong to the tenant in context', async () => {
    const foreign = await ask(`SELECT ${q('ssn')} FROM ${q('patients')} WHERE ${q('id')} = 3`)
    await expect(open('Patient', foreign)).rejects.toMatchObject({ code: 'FOREIGN_TENANT_KEY', field: 'ssn' })
    const { $fieldseal } = bench.sealed
    await expect($fieldseal.open('Patient', foreign)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    expect(await $fieldseal.open('Patient', foreign, { tenant: 'firm_2' })).toEqual([{ ssn: '1' }])
    await expect(open('Patient', foreign, { tenant: 'firm_2' })).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    expect(await inFirm(() => $fieldseal.open('Patient', foreign), 'firm_2')).toEqual([{ ssn: '1' }])
    const settings = await ask(`SELECT * FROM ${q('Setting')}`)
    expect(await $fieldseal.open('Setting', settings)).toMatchObject([{ value: 'of the application' }])
  })

  test('that are no cells, of no model, or named wrongly are errors', async () => {
    await expect(open('Patient', [{ ssn: 'plaintext' }])).rejects.toMatchObject({
      code: 'PLAINTEXT_FOUND',
      field: 'ssn',
    })
    await expect(open('Pateint', [{ ssn: 'x' }])).rejects.toMatchObject({ code: 'STALE_POLICY', model: 'Pateint' })
    await expect(open('constructor', [])).rejects.toMatchObject({ code: 'STALE_POLICY' })
    const columns = { a: 'Patient.city' }
    await expect(open('Patient', [{ a: 'x' }], { columns })).rejects.toMatchObject({ code: 'UNKNOWN_FIELD' })
    expect(await open('Patient', [])).toEqual([])
  })

  test('are found by a tag, which a field’s name gives as well as its index’s', async () => {
    const { $fieldseal } = bench.sealed
    const [tag, same] = await inFirm(async () => [
      await $fieldseal.tag('Patient.ssn', '900 12 3456'),
      await $fieldseal.tag('Patient.ssnIndex', '900123456'),
    ])
    expect(tag).toBe(same)
    const [row] = await ask(`SELECT ${q('id')} FROM ${q('patients')} WHERE ${q('ssn_index')} = '${tag}'`)
    expect(Number(row?.id)).toBe(1)
    expect(await inFirm(() => $fieldseal.tagMany('Patient.ssn', ['900123456', null]))).toEqual([tag, null])
    await expect(inFirm(() => $fieldseal.tag('Patient.name', 'x'))).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATION',
      model: 'Patient',
      field: 'name',
    })
    await expect(inFirm(() => $fieldseal.tag('Patient.nmae', 'x'))).rejects.toMatchObject({ code: 'UNKNOWN_FIELD' })
  })

  test('that the database refuses are errors without cells and tags, in the caller’s own words', async () => {
    const [row] = await all()
    const { sealed } = bench
    const target = `INSERT INTO ${q('patients')} (${q('id')}, ${q('firm_id')}, ${q('full_name')}, ${q('ssn_index')})`
    const statement = `${target} VALUES (9, 'x', '${row?.full_name}', '${row?.ssn_index}')`
    const attempts: readonly (() => PromiseLike<unknown>)[] = [
      () => sealed.$executeRawUnsafe(statement),
      () => sealed.$queryRawUnsafe(`SELECT 1 FROM ${q(String(row?.full_name))}`),
      () => sealed.$transaction((tx) => tx.$executeRawUnsafe(statement)),
      () => sealed.$transaction([sealed.$executeRawUnsafe(statement) as PromiseLike<unknown>]),
    ]
    for (const attempt of attempts) {
      const error = await Promise.resolve(attempt()).then(
        () => expect.fail('nothing was thrown'),
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(bench.module.Prisma.PrismaClientKnownRequestError)
      const shown = inspect(error, { depth: 9, showHidden: true })
      expect(shown).not.toContain(String(row?.full_name).slice(20))
      expect(shown).not.toContain(String(row?.ssn_index).slice(19))
      expect(shown).not.toMatch(/enc::1\./)
    }
  })

  test('are asked for as on a plain client: tagged, in transactions of both kinds, and in order', async () => {
    const { sealed } = bench
    const count = `SELECT count(*) AS found FROM ${q('patients')}`
    const [[first], changed, [second]] = (await sealed.$transaction([
      raw(count),
      sealed.$executeRawUnsafe(`UPDATE ${q('patients')} SET ${q('city')} = 'Bern' WHERE ${q('id')} = 2`),
      raw(`SELECT ${q('id')} FROM ${q('patients')} WHERE ${q('city')} = 'Bern'`),
    ])) as unknown as [Row[], number, Row[]]
    expect([Number(first?.found), changed, second]).toEqual([3, 1, { id: 2 }])
    const tagged = (strings: TemplateStringsArray, ...values: unknown[]): Promise<Row[]> =>
      Reflect.apply(Reflect.get(sealed, '$queryRaw') as () => Promise<Row[]>, sealed, [strings, ...values])
    const city = 'Bern'
    expect(await tagged`SELECT id FROM patients WHERE city = ${city}`).toEqual([{ id: 2 }])
    const inside = await sealed.$transaction((tx) => tx.$queryRawUnsafe(count))
    expect(Number(inside[0]?.found)).toBe(3)
  })
})
