import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Ddl } from '../ddl/index.js'
import { newAdapter } from './adapter.js'
import type { TestDatabase } from './database.js'

/** A database on the server of `TEST_POSTGRES_URL`, cloned from a template with the empty tables. */
export async function postgresqlDatabase(ddl: Ddl, serverUrl: string): Promise<TestDatabase> {
  const name = `fieldseal_${randomBytes(6).toString('hex')}`
  await withConnection(serverUrl, async (admin) => {
    const template = await ensureTemplate(admin, ddl, serverUrl)
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  })
  const url = databaseUrl(serverUrl, name)
  const pool = new pg.Pool({ connectionString: url, max: 2, types: { getTypeParser: textExceptBytes } })
  // A server that goes away while a connection is idle is told here; the next query tells it, too.
  pool.on('error', () => {})
  return {
    adapter: ({ prisma, poolSize }) =>
      newAdapter(prisma, '@prisma/adapter-pg', ['PrismaPg'], {
        connectionString: url,
        ...(poolSize === undefined ? {} : { max: poolSize }),
      }),
    async sql(statement, parameters = []) {
      const { rows } = await pool.query<{ [column: string]: unknown }>(statement, [...parameters])
      return rows
    },
    async dispose() {
      await pool.end()
      // Closed connections take a moment to go, for which the server waits; one cut off would be an error of its own.
      await withConnection(serverUrl, (admin) =>
        admin.query(`DROP DATABASE ${name}`).catch(() => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
      )
    },
  }
}

// Test files run in several processes: the lock makes one of them build the template.
async function ensureTemplate(admin: pg.Client, ddl: Ddl, serverUrl: string): Promise<string> {
  const name = `fieldseal_template_${ddl.digest}`
  await admin.query('SELECT pg_advisory_lock(7346832)')
  try {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) {
      const draft = `${name}_draft`
      await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
      await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0 ENCODING 'UTF8'`)
      await withConnection(databaseUrl(serverUrl, draft), (client) => client.query(ddl.sql))
      await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`)
    }
  } finally {
    await admin.query('SELECT pg_advisory_unlock(7346832)')
  }
  return name
}

async function withConnection(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

const AS_VALUES = new Set<number>([pg.types.builtins.BYTEA, pg.types.builtins.INT4, pg.types.builtins.BOOL])

function textExceptBytes(oid: number) {
  return AS_VALUES.has(oid) ? pg.types.getTypeParser(oid) : (value: string) => value
}
