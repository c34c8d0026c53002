import { randomBytes } from 'node:crypto'
import mariadb from 'mariadb'
import type { Ddl } from '../ddl/index.js'
import { newAdapter } from './adapter.js'
import type { TestDatabase } from './database.js'

// Json as it is stored. The driver's types do not have this option.
const JSON_AS_TEXT = { jsonStrings: true }

/** A database on the server of `TEST_MYSQL_URL`. */
export async function mariadbDatabase(ddl: Ddl, serverUrl: string): Promise<TestDatabase> {
  const login = mariadbLogin(serverUrl)
  const database = `fieldseal_${randomBytes(6).toString('hex')}`
  const admin = await mariadb.createConnection({ ...login, multipleStatements: true })
  await admin.query(`CREATE DATABASE ${database}`)
  await admin.query(`USE ${database}; ${ddl.sql}`)
  await admin.end()
  const raw = mariadb.createPool({
    ...login,
    database,
    connectionLimit: 2,
    dateStrings: true,
    ...JSON_AS_TEXT,
  })
  return {
    adapter: ({ prisma, poolSize }) =>
      newAdapter(prisma, '@prisma/adapter-mariadb', ['PrismaMariaDb'], {
        ...login,
        database,
        // Those who wait for one of few connections are to wait as long as Prisma lets them, not the driver's 10 s.
        ...(poolSize === undefined ? {} : { connectionLimit: poolSize, acquireTimeout: 25_000 }),
        // The adapter of 6.16 cannot read Json from MariaDB once the driver has parsed it.
        ...(prisma === '6.16' ? { autoJsonMap: false } : {}),
      }),
    async sql(statement, parameters = []) {
      const rows: unknown = await raw.query(statement, parameters.map(asParameter))
      return Array.isArray(rows) ? rows.map((row: object) => ({ ...row })) : []
    },
    async dispose() {
      await raw.query(`DROP DATABASE ${database}`)
      await raw.end()
    },
  }
}

/** What the driver wants to know, from a URL. */
export function mariadbLogin(url: string) {
  const { hostname, port, username, password } = new URL(url)
  return {
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  }
}

function asParameter(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : value
}
