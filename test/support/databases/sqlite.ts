import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@libsql/client'
import type { Ddl } from '../ddl/index.js'
import { makeOnce } from '../make-once.js'
import { type PrismaVersion, REPOSITORY } from '../prisma-versions.js'
import { newAdapter } from './adapter.js'
import type { TestDatabase } from './database.js'

/** A SQLite file in a temporary folder, copied from one that holds the empty tables. */
export async function sqliteDatabase(ddl: Ddl): Promise<TestDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fieldseal-'))
  const file = path.join(folder, 'test.db')
  await copyFile(await template(ddl), file)
  const url = `file:${file}`
  const raw = createClient({ url, intMode: 'bigint' })
  return {
    adapter({ prisma, oneConnection = false }) {
      if (process.env['TEST_BETTER_SQLITE3'] === '1' && prisma === '7') return betterSqlite3Adapter(prisma, url)
      const adapter = newAdapter(prisma, '@prisma/adapter-libsql', ['PrismaLibSql', 'PrismaLibSQL'], { url })
      return oneConnection ? onOneConnection(adapter) : adapter
    },
    async sql(statement, parameters = []) {
      const { columns, rows } = await raw.execute({ sql: statement, args: [...parameters] })
      return rows.map((row) =>
        Object.fromEntries(
          columns.map((column, index) => {
            const value = row[index]
            return [column, value instanceof ArrayBuffer ? new Uint8Array(value) : value]
          }),
        ),
      )
    },
    async dispose() {
      raw.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What the adapter wants of libsql's client. */
interface LibsqlClient {
  execute(statement: unknown): Promise<unknown>
  executeMultiple(script: string): Promise<unknown>
  close(): void
}

/**
 * libsql's client gives its connection away with a transaction, and opens another one, which reads the whole schema
 * again: half of what a short program of operations takes. The adapter runs one transaction at a time.
 */
function onOneConnection(adapter: unknown): unknown {
  const create: unknown = Reflect.get(Object(adapter), 'createClient')
  if (typeof create !== 'function') throw new Error("libsql's adapter makes its client in another way")
  const createClient = (config: unknown) => {
    const client: LibsqlClient = Reflect.apply(create, adapter, [config])
    const execute = (statement: unknown) => client.execute(statement)
    return {
      execute,
      executeMultiple: (script: string) => client.executeMultiple(script),
      close: () => client.close(),
      async transaction(mode: string) {
        await execute(`BEGIN ${mode}`)
        return { execute, commit: () => execute('COMMIT'), rollback: () => execute('ROLLBACK') }
      },
    }
  }
  Reflect.set(Object(adapter), 'createClient', createClient)
  return adapter
}

const BETTER_SQLITE3 = ['@prisma/adapter-better-sqlite3@7.10.0', 'better-sqlite3@12']

// Its package is compiled when it is installed, so it is installed by those who want it.
function betterSqlite3Adapter(prisma: PrismaVersion, url: string): unknown {
  try {
    return newAdapter(prisma, '@prisma/adapter-better-sqlite3', ['PrismaBetterSqlite3'], { url })
  } catch (cause) {
    const command = `npm install --no-save ${BETTER_SQLITE3.join(' ')}`
    throw new Error(`TEST_BETTER_SQLITE3=1, but its adapter cannot be loaded. Install it: ${command}`, { cause })
  }
}

function template(ddl: Ddl): Promise<string> {
  return makeOnce(path.join(REPOSITORY, '.tmp/ddl', `sqlite-${ddl.digest}.db`), async (draft) => {
    const client = createClient({ url: `file:${draft}` })
    await client.executeMultiple(ddl.sql)
    client.close()
  })
}
