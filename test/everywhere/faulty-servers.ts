import mariadb from 'mariadb'
import pg from 'pg'
import { mariadbLogin } from '../support/databases/mariadb.js'
import { startMariadb } from '../support/servers/mariadb.js'
import { SERVER_ACCOUNTS, startPostgresql } from '../support/servers/postgresql.js'
import { run, type Server, unprivilegedAccount } from '../support/servers/process.js'
import { type CuttableProxy, startProxy } from './proxy.js'

/** A private server behind a proxy, and what can be done to it. */
export interface FaultyServer {
  /** What clients connect to. */
  readonly proxy: CuttableProxy
  readonly server: Server
  /** Runs a statement on a connection of its own that no fault touches. */
  admin(statement: string): Promise<readonly Row[]>
  /** Keeps others from writing to a table until released, so that an operation stops in its middle. */
  lock(database: string, table: string): Promise<() => Promise<void>>
  /** Ends, on the server's side, the connections that wait for a lock. */
  endWaiting(): Promise<void>
  /** Makes everything but `admin` read-only, or writable again. */
  setReadOnly(on: boolean): Promise<void>
  /** Lets no table of the connections that are open grow much further, or as before. */
  setDiskFull(on: boolean, database: string): Promise<void>
  stop(): Promise<void>
}

export interface Row {
  readonly [column: string]: unknown
}

const QUIET = () => {}

export async function faultyPostgresql(): Promise<FaultyServer> {
  const server = await startPostgresql()
  const proxy = await startProxy(server.url)
  const withClient = async <T>(work: (client: pg.Client) => Promise<T>, database = 'postgres'): Promise<T> => {
    const url = new URL(server.url)
    url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.href, options: '-c default_transaction_read_only=off' })
    client.on('error', QUIET)
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end().catch(QUIET)
    }
  }
  const admin = (statement: string) => withClient(async (client) => (await client.query<Row>(statement)).rows)
  return {
    proxy,
    server,
    admin,
    async lock(database, table) {
      let release: () => void = QUIET
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      let done: Promise<void> = Promise.resolve()
      await new Promise<void>((locked, failed) => {
        done = withClient(async (client) => {
          await client.query(`BEGIN; LOCK TABLE "${table}" IN SHARE MODE`)
          locked()
          await held
        }, database)
        done.catch(failed)
      })
      return async () => {
        release()
        await done.catch(QUIET)
      }
    },
    async endWaiting() {
      await admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    },
    async setReadOnly(on) {
      await admin(`ALTER ROLE postgres SET default_transaction_read_only = ${on ? 'on' : 'off'}`)
      proxy.cut()
    },
    async setDiskFull(on, database) {
      // Above the size of a file of the write-ahead log, without which the server stops altogether.
      const limit = on ? String(17 << 20) : 'unlimited'
      const account = await unprivilegedAccount(SERVER_ACCOUNTS)
      for (const { pid } of await admin(`SELECT pid FROM pg_stat_activity WHERE datname = '${database}'`)) {
        await run('prlimit', ['--pid', String(pid), `--fsize=${limit}:`], { ...account })
      }
    },
    async stop() {
      await proxy.close()
      await server.stop()
    },
  }
}

export async function faultyMariadb(): Promise<FaultyServer> {
  const server = await startMariadb([
    ...['--innodb-file-per-table=0', '--innodb-data-file-path=ibdata1:48M'],
    // What was committed outlasts the process.
    '--innodb-flush-log-at-trx-commit=2',
  ])
  const withConnection = async <T>(work: (connection: mariadb.Connection) => Promise<T>): Promise<T> => {
    const connection = await mariadb.createConnection(mariadbLogin(server.url))
    connection.on('error', QUIET)
    try {
      return await work(connection)
    } finally {
      await connection.end().catch(QUIET)
    }
  }
  const admin = (statement: string) =>
    withConnection(async (connection): Promise<readonly Row[]> => connection.query(statement))
  // read_only binds those without its privilege.
  await admin("CREATE USER app@'%'")
  await admin("GRANT ALL ON `fieldseal\\_%`.* TO app@'%'")
  const url = new URL(server.url)
  url.username = 'app'
  const proxy = await startProxy(url.href)
  let ballast: mariadb.Connection | undefined
  return {
    proxy,
    server,
    admin,
    async lock(database, table) {
      const connection = await mariadb.createConnection({ ...mariadbLogin(server.url), database })
      connection.on('error', QUIET)
      await connection.query(`LOCK TABLES \`${table}\` READ`)
      return () => connection.end().catch(QUIET)
    },
    async endWaiting() {
      const waiting = await admin(
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for%lock'",
      )
      for (const { id } of waiting) await admin(`KILL ${Number(id)}`)
    },
    async setReadOnly(on) {
      await admin(`SET GLOBAL read_only = ${on ? 'ON' : 'OFF'}`)
    },
    // The tablespace is small and does not grow; a transaction holds much of it until it is rolled back.
    async setDiskFull(on) {
      if (!on) {
        await ballast?.rollback()
        await ballast?.end()
        ballast = undefined
        return
      }
      await admin('CREATE DATABASE ballast')
      await admin('CREATE TABLE ballast.ballast (filling LONGTEXT)')
      ballast = await mariadb.createConnection(mariadbLogin(server.url))
      await ballast.beginTransaction()
      for (let row = 0; row < 8; row++) {
        await ballast.query("INSERT INTO ballast.ballast VALUES (REPEAT('x', 1000000))")
      }
    },
    async stop() {
      await proxy.close()
      await server.stop()
    },
  }
}
