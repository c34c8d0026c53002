import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseNamesIn } from '../../src/prisma/database-names.js'
import { constraintStatements } from '../../src/sql/index.js'
import type { Args, ModelDelegate } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

describe('names that a schema gives to the database', () => {
  const names = databaseNamesIn(`
model Client {
  id   Int    @id(map: "client_key")
  code String @unique(sort: Desc, map: "one code") // @unique(map: "nothing")
  name String @unique
  a    String
  b    String

  @@unique([a(sort: Desc), b], name: "pair", map: "a_with_b")
  @@unique(fields: [b], map: "only_b")
  @@unique([a])
  @@index([a], map: "not_unique")
  @@schema("billing")
}
view Report {
  id Int @unique(map: "of_a_view")
}
model Other {
  id Int @id
}`)

  test('are those of unique indexes with a name of their own', () => {
    expect(names.uniques.get('Client')).toEqual(
      new Map([
        ['a_with_b', ['a', 'b']],
        ['only_b', ['b']],
        ['one code', ['code']],
      ]),
    )
    expect(names.uniques.get('Other')).toEqual(new Map())
    expect(names.uniques.has('Report')).toBe(false)
  })

  test('are none where the client shows no schema', () => {
    expect(databaseNamesIn(undefined)).toEqual({ uniques: new Map() })
  })
})

describe.each(databasesUnderTest())('a schema with names of its own on %s', (database) => {
  const isPostgresql = providerOf(database) === 'postgresql'
  const inSchema = (name: string): string => (isPostgresql ? `@@schema("${name}")` : '')
  let bench: SealedBench
  let people: ModelDelegate

  beforeAll(async () => {
    const keys = keyModels(providerOf(database)).replaceAll(/^\}/gm, `  ${inSchema('public')}\n}`)
    const models = `
model Person {
  id        Int     @id
  name      String? /// @encrypted(maxBytes: 99)
  nameIndex String? @unique(map: "one_of_each_name") /// @blindIndex(name)
  ssn       String? /// @encrypted(maxBytes: 99)
  ssnIndex  String? /// @blindIndex(ssn)
  city      String?

  @@unique([city, ssnIndex], map: "one_a_city")
  ${inSchema('billing')}
}
${keys}`
    const schemas = isPostgresql ? { schemas: ['public', 'billing'] } : {}
    bench = await prepareSealed({ database, models, ...schemas })
    people = Reflect.get(bench.sealed, 'person') as ModelDelegate
    await people.create({ data: { id: 1, name: 'Ada', ssn: '1', city: 'Bern' } })
  })
  afterAll(() => bench?.dispose())

  test('verify() finds the table wherever it is', async () => {
    const { ok, columns } = await bench.sealed.$fieldseal.verify()
    expect(ok).toBe(true)
    expect(columns.map(({ values, opened }) => [values, opened])).toEqual([
      [1, 1],
      [1, 1],
    ])
  })

  test('its constraints stand on the table wherever it is', async () => {
    for (const statement of constraintStatements(bench.policy)) await bench.sql(statement)
    const base: ModelDelegate = Reflect.get(bench.base, 'person')
    await expect(base.create({ data: { id: 9, name: 'Eve' } })).rejects.toThrow(/_sealed|constraint/i)
    await people.create({ data: { id: 9, name: 'Eve' } })
    expect(await people.count()).toBe(2)
  })

  test.each<[string, Args, string[]]>([
    ['a unique index', { name: 'Ada' }, ['name']],
    ['one over several columns', { ssn: '1', city: 'Bern' }, ['city', 'ssn']],
  ])('a violation of %s names the fields', async (_, data, target) => {
    const error: unknown = await people.create({ data: { id: 2, ...data } }).catch((reason: unknown) => reason)
    // PGlite's adapter passes PostgreSQL's own code on, without naming columns.
    if (database === 'pglite') expect(error).toMatchObject({ code: '23505' })
    else expect(error).toMatchObject({ code: 'P2002', meta: { target } })
  })
})
