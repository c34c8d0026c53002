import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseClockSql, type SqlDialect } from '../../src/sql/index.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { type PreparedClient, prepareClient } from '../support/prepare-client.js'

const DIALECTS: { readonly [D in DatabaseName]: SqlDialect } = {
  sqlite: 'sqlite',
  pglite: 'postgresql',
  postgresql: 'postgresql',
  mariadb: 'mysql',
}

describe.each(databasesUnderTest())('the clock of %s', (database) => {
  let prepared: PreparedClient
  beforeAll(async () => {
    prepared = await prepareClient({ database })
  })
  afterAll(() => prepared?.dispose())

  it('gives milliseconds of the present, whatever the time zone', async () => {
    const before = Date.now()
    const [row] = await prepared.sql(databaseClockSql(DIALECTS[database]))
    const now = Number(row?.now)
    expect(now).toBeGreaterThanOrEqual(before - 1000)
    expect(now).toBeLessThanOrEqual(Date.now() + 1000)
    expect(Number.isInteger(now)).toBe(true)
  })

  it('goes on within an open transaction', async () => {
    const sql = databaseClockSql(DIALECTS[database])
    const [first, second] = await prepared.client().$transaction(async (tx) => {
      const [before] = await tx.$queryRawUnsafe(sql)
      await new Promise((resolve) => setTimeout(resolve, 20))
      const [after] = await tx.$queryRawUnsafe(sql)
      return [before?.now, after?.now]
    })
    expect(Number(second)).toBeGreaterThan(Number(first))
  })
})
