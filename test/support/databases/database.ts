import type { PrismaVersion } from '../prisma-versions.js'

/** Databases the library is tested on. `pglite` is PostgreSQL in WebAssembly, always there. */
export const DATABASES = ['sqlite', 'pglite', 'postgresql', 'mariadb'] as const
export type DatabaseName = (typeof DATABASES)[number]

/** A row as the driver gives it, outside Prisma: text as string, binary as Uint8Array, JSON and dates as text. */
export interface StoredRow {
  readonly [column: string]: unknown
}

export interface AdapterOptions {
  readonly prisma: PrismaVersion
  /** Most connections of a pool (PostgreSQL, MariaDB). */
  readonly poolSize?: number
  /** SQLite: transactions run on the client's one connection, where its adapter opens a new one after each. */
  readonly oneConnection?: boolean
}

/** A database of its own, with the tables in place and nothing in them. */
export interface TestDatabase {
  /** A driver adapter for `new PrismaClient({ adapter })`. */
  adapter(options: AdapterOptions): unknown
  /** Runs one statement outside Prisma. Parameters are `?` on SQLite and MariaDB, `$1` … on PostgreSQL. */
  sql(statement: string, parameters?: readonly SqlParameter[]): Promise<StoredRow[]>
  /** Closes and removes it. */
  dispose(): Promise<void>
}

export type SqlParameter = string | number | bigint | Uint8Array | null
