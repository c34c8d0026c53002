import type { DatabaseName } from './databases/database.js'
import { isAvailable } from './prepare-client.js'

const ALL: readonly DatabaseName[] = ['sqlite', 'pglite', 'postgresql', 'mariadb']

/** The databases this run can reach: the embedded two always, servers by their variables. */
export function databasesUnderTest(): DatabaseName[] {
  return ALL.filter((database) => isAvailable(database))
}
