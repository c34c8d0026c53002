import { DATABASES, type DatabaseName } from './databases/database.js'
import { isAvailable } from './prepare-client.js'
import { PRISMA_VERSIONS, type PrismaVersion } from './prisma-versions.js'
import { CLIENT_GENERATORS, type ClientGenerator } from './schema.js'

/** One combination to test. */
export interface Configuration {
  readonly database: DatabaseName
  readonly prisma: PrismaVersion
  readonly generator: ClientGenerator
  /** For the name of a test. */
  readonly title: string
}

export interface MatrixOptions {
  readonly databases?: readonly DatabaseName[]
  readonly prisma?: readonly PrismaVersion[]
  readonly generators?: readonly ClientGenerator[]
}

/**
 * Every combination of database, Prisma version and client generator, or of those asked for: SQLite and PGlite always,
 * the two servers in a run that has them (`npm run test:services`). PGlite's adapter works with Prisma 7 only.
 */
export function configurations(options: MatrixOptions = {}): Configuration[] {
  const { databases = DATABASES, prisma: versions = PRISMA_VERSIONS, generators = CLIENT_GENERATORS } = options
  return databases.filter(isAvailable).flatMap((database) =>
    versions
      .filter((version) => database !== 'pglite' || version === '7')
      .flatMap((prisma) =>
        generators.map((generator) => ({
          database,
          prisma,
          generator,
          title: `Prisma ${prisma}, ${generator}, ${database}`,
        })),
      ),
  )
}
