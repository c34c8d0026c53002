import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EncryptionPolicy } from '../../src/policy/index.js'
import { constraintStatements, dialectOf, identifier, type SqlDialect } from '../../src/sql/index.js'
import { encrypted, model, plain, policyOf } from '../support/core/policy.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { type PreparedClient, prepareClient } from '../support/prepare-client.js'

const DIALECTS: { readonly [D in DatabaseName]: SqlDialect } = {
  sqlite: 'sqlite',
  pglite: 'postgresql',
  postgresql: 'postgresql',
  mariadb: 'mysql',
}

const CELL = `enc::1.k00000000001.${'A'.repeat(39)}`
const LONG = 'a_table_with_a_name_of_more_than_fifty_bytes_'

/** Tables and columns whose names need quoting, are long, are the same up to their end, or run into each other. */
const PLACES: readonly (readonly [table: string, columns: readonly string[]])[] = [
  [`it's a "table" or \`not\``, [`it's a "cell" or \`not\``, 'back\\slash', 'select']],
  [`${LONG}${'ü'.repeat(6)}`, ['long_column_one', 'long_column_two', '列'.repeat(15)]],
  [`${LONG}x`, ['long_column_one', 'long_column_two']],
  ['a', ['b_c', 'b']],
  ['a_b', ['c', 'b']],
]

function policyFor(provider: SqlDialect): EncryptionPolicy {
  const models = PLACES.map(([table, columns], at) => {
    const fields = columns.map((column, i) => ({ ...encrypted(`Model${at}`, `field${i}`), dbName: column }))
    const all = [{ ...plain('id'), optional: false }, ...fields].map((field) => [field.name, field] as const)
    return { ...model(`Model${at}`, { kind: 'none' }, Object.fromEntries(all)), dbName: table }
  })
  return { ...policyOf(Object.fromEntries(models.map((each) => [each.name, each]))), provider }
}

describe.each(databasesUnderTest())('constraints on %s', (database) => {
  const dialect = DIALECTS[database]
  const name = (text: string): string => identifier(dialect, text)
  let prepared: PreparedClient

  beforeAll(async () => {
    prepared = await prepareClient({ database })
    for (const [table, columns] of PLACES) {
      const definitions = columns.map((column) => `${name(column)} VARCHAR(191)`)
      await prepared.sql(`CREATE TABLE ${name(table)} (id INTEGER PRIMARY KEY, ${definitions.join(', ')})`)
    }
    for (const statement of constraintStatements(policyFor(dialect))) await prepared.sql(statement)
  })
  afterAll(() => prepared?.dispose())

  const cases = PLACES.flatMap(([table, columns]) => columns.map((column) => [table, column] as const))

  it.each(cases)('hold in table %s for column %s', async (table, column) => {
    const { sql } = prepared
    const [{ next } = {}] = await sql(`SELECT coalesce(max(id), 0) + 1 AS next FROM ${name(table)}`)
    const insert = (value: string) =>
      sql(`INSERT INTO ${name(table)} (id, ${name(column)}) VALUES (${String(next)}, '${value}')`)
    const refused = /takes encrypted values only|_sealed/
    await expect(insert('plain')).rejects.toThrow(refused)
    await insert(CELL)
    const set = (value: string) =>
      sql(`UPDATE ${name(table)} SET ${name(column)} = ${value} WHERE id = ${String(next)}`)
    await expect(set("'plain'")).rejects.toThrow(refused)
    await set('NULL')
  })
})

describe('the statements', () => {
  const names = (policy: EncryptionPolicy): string[] =>
    constraintStatements(policy).map((statement) => {
      const [, quote = '', found] = /(?:CONSTRAINT|TRIGGER) (["`])((?:(?!\1).|\1\1)*)\1/.exec(statement) ?? []
      return found?.replaceAll(quote + quote, quote) ?? expect.fail(`no name in ${statement}`)
    })

  it.each(['sqlite', 'postgresql', 'mysql'] as const)(
    'on %s have names that differ and that the database keeps',
    (provider) => {
      const all = names(policyFor(provider))
      expect(all).toHaveLength(PLACES.flatMap(([, columns]) => columns).length * (provider === 'sqlite' ? 2 : 1))
      expect(new Set(all).size).toBe(all.length)
      expect(all.filter((each) => Buffer.byteLength(each) > 63)).toEqual([])
    },
  )

  it('keep their names when other columns come and go, so that an applied one is known again', () => {
    const policy = policyFor('sqlite')
    const { Model4 } = policy.models
    if (Model4 === undefined) return expect.fail()
    const alone = names({ ...policy, models: { Model4 } })
    expect(alone.length).toBeGreaterThan(0)
    expect(names(policy)).toEqual(expect.arrayContaining(alone))
  })

  it('name plain tables and columns plainly', () => {
    const policy = policyOf({ Client: model('Client', { kind: 'none' }, { ssn: encrypted('Client', 'ssn') }) })
    expect(names({ ...policy, provider: 'postgresql' })).toEqual(['Client_ssn_sealed'])
    expect(names({ ...policy, provider: 'sqlite' })).toEqual(['Client_ssn_insert_sealed', 'Client_ssn_update_sealed'])
  })

  it('are refused for a database whose SQL is not known', () => {
    const policy = { ...policyFor('sqlite'), provider: 'sqlserver' }
    expect(() => dialectOf(policy)).toThrow('no SQL is known for sqlserver')
    expect(() => constraintStatements(policy)).toThrow('Use sqlite, postgresql or mysql')
  })
})
