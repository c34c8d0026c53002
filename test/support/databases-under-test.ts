import { combinationUnderTest } from './combination.js'
import { DATABASES, type DatabaseName } from './databases/database.js'
import { isAvailable } from './prepare-client.js'

/** The databases this run can reach: SQLite always, PGlite with Prisma 7, servers by their variables. */
export function databasesUnderTest(): DatabaseName[] {
  const { prisma } = combinationUnderTest()
  return DATABASES.filter((database) => isAvailable(database, prisma))
}
