import type { TestClient } from './client-types.js'
import { combinationUnderTest } from './combination.js'
import type { DatabaseName, SqlParameter, StoredRow, TestDatabase } from './databases/database.js'
import { mariadbDatabase } from './databases/mariadb.js'
import { pgliteDatabase } from './databases/pglite.js'
import { postgresqlDatabase } from './databases/postgresql.js'
import { sqliteDatabase } from './databases/sqlite.js'
import { type Ddl, ddlFor } from './ddl/index.js'
import { generateClient, loadClient } from './generate-client.js'
import type { PrismaVersion } from './prisma-versions.js'
import { type ClientGenerator, type ExtraGenerator, type Provider, renderTables } from './schema.js'

export interface PrepareOptions {
  readonly database: DatabaseName
  /** Default: that of `TEST_PRISMA`, or 7. */
  readonly prisma?: PrismaVersion
  /** Default: that of `TEST_GENERATOR`, or `prisma-client`. */
  readonly generator?: ClientGenerator
  /** The server to use; the one of its variable if absent. */
  readonly serverUrl?: string
  /** Models in Prisma's language; the common test models if absent. */
  readonly models?: string
  /** Generators that run after the client's. */
  readonly extraGenerators?: readonly ExtraGenerator[]
  /** Of Prisma's client. */
  readonly previewFeatures?: readonly string[]
  /** PostgreSQL's schemas that the models name by `@@schema`. */
  readonly schemas?: readonly string[]
  /** Files whose change makes a cached client stale, e.g. those of an extra generator. */
  readonly inputs?: readonly string[]
}

export interface ClientOptions {
  readonly poolSize?: number
  readonly oneConnection?: boolean
  /** Any other option of `new PrismaClient`: `log`, `omit`, `transactionOptions` … */
  readonly [option: string]: unknown
}

export interface PreparedClient {
  readonly database: DatabaseName
  /** The generated module: `PrismaClient`, `Prisma` … */
  readonly module: ClientModule
  /** Where the schema and everything generated from it lie. */
  readonly directory: string
  readonly schema: string
  /** A new, unextended client on this database. It is disconnected with the rest. */
  client(options?: ClientOptions): TestClient
  /** Runs a statement outside Prisma. */
  sql(statement: string, parameters?: readonly SqlParameter[]): Promise<StoredRow[]>
  dispose(): Promise<void>
}

export interface ClientModule {
  readonly PrismaClient: new (options: object) => TestClient
  /** Holds `defineExtension`, `Decimal`, `DbNull` … */
  readonly Prisma: { readonly [name: string]: unknown }
}

/** A generated client and an empty database with its tables. */
export async function prepareClient(options: PrepareOptions): Promise<PreparedClient> {
  const chosen = combinationUnderTest()
  const { database, prisma = chosen.prisma, generator = chosen.generator } = options
  const generation = { ...options, provider: PROVIDERS[database], prisma, generator }
  const generated = await generateClient(generation)
  const module = asClientModule(await loadClient(generated, generation))
  const ddl = await ddlFor(renderTables(generation), generation.provider)
  const store = await createDatabase(database, ddl, options.serverUrl)
  const clients: TestClient[] = []
  return {
    database,
    module,
    directory: generated.directory,
    schema: generated.schema,
    client({ poolSize, oneConnection = false, ...others } = {}) {
      const adapter = store.adapter({ prisma, oneConnection, ...(poolSize === undefined ? {} : { poolSize }) })
      const client = new module.PrismaClient({ adapter, ...others })
      clients.push(client)
      return client
    },
    sql: (statement, parameters) => store.sql(statement, parameters),
    async dispose() {
      await Promise.all(clients.map((client) => client.$disconnect()))
      await store.dispose()
    },
  }
}

const PROVIDERS: { readonly [D in DatabaseName]: Provider } = {
  sqlite: 'sqlite',
  pglite: 'postgresql',
  postgresql: 'postgresql',
  mariadb: 'mysql',
}

/**
 * Whether that database can be used here: the two servers need a URL in the environment, and PGlite's adapter Prisma 7.
 * `TEST_DATABASES`, a list with commas, leaves some of them.
 */
export function isAvailable(database: DatabaseName, prisma: PrismaVersion): boolean {
  const chosen = process.env['TEST_DATABASES'] || undefined
  if (chosen !== undefined && !chosen.split(',').includes(database)) return false
  if (database === 'pglite') return prisma === '7'
  return database === 'sqlite' || serverUrl(database) !== undefined
}

function createDatabase(database: DatabaseName, ddl: Ddl, server?: string): Promise<TestDatabase> {
  if (database === 'sqlite') return sqliteDatabase(ddl)
  if (database === 'pglite') return pgliteDatabase(ddl)
  const url = server ?? serverUrl(database)
  if (url === undefined) throw new Error(`${SERVER_VARIABLES[database]} is not set: no ${database} server to test on`)
  return database === 'postgresql' ? postgresqlDatabase(ddl, url) : mariadbDatabase(ddl, url)
}

const SERVER_VARIABLES = { postgresql: 'TEST_POSTGRES_URL', mariadb: 'TEST_MYSQL_URL' } as const

function serverUrl(database: keyof typeof SERVER_VARIABLES): string | undefined {
  return process.env[SERVER_VARIABLES[database]] || undefined
}

function asClientModule(module: unknown): ClientModule {
  const { PrismaClient, Prisma } = Object(module)
  if (typeof PrismaClient !== 'function' || typeof Prisma !== 'object') {
    throw new Error('The generated client exports no PrismaClient and Prisma')
  }
  return { PrismaClient, Prisma }
}
