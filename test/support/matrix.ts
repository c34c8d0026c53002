import { type Combination, generatorsUnderTest, versionsUnderTest } from './combination.js'
import { DATABASES, type DatabaseName } from './databases/database.js'
import { isAvailable } from './prepare-client.js'
import type { PrismaVersion } from './prisma-versions.js'
import type { ClientGenerator } from './schema.js'

/** One combination to test. */
export interface Configuration extends Combination {
  readonly database: DatabaseName
  /** For the name of a test. */
  readonly title: string
}

export interface MatrixOptions {
  readonly databases?: readonly DatabaseName[]
  readonly prisma?: readonly PrismaVersion[]
  readonly generators?: readonly ClientGenerator[]
}

/**
 * Every combination of database, Prisma version and client generator, or of those asked for: SQLite always, PGlite with
 * Prisma 7, the two servers in a run that has them (`npm run test:services`). `TEST_PRISMA` and `TEST_GENERATOR`
 * leave one version or generator.
 */
export function configurations(options: MatrixOptions = {}): Configuration[] {
  const { databases = DATABASES, prisma = versionsUnderTest(), generators = generatorsUnderTest() } = options
  return databases.flatMap((database) =>
    prisma
      .filter((version) => isAvailable(database, version))
      .flatMap((version) =>
        generators.map((generator) => ({
          database,
          prisma: version,
          generator,
          title: `Prisma ${version}, ${generator}, ${database}`,
        })),
      ),
  )
}
