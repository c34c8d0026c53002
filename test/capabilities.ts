import { combinationUnderTest } from './support/combination.js'
import type { DatabaseName } from './support/databases/database.js'
import type { PrismaVersion } from './support/prisma-versions.js'

/**
 * What Prisma offers where. A test goes over the whole table: what is offered is tested, and of what is not it is
 * asserted that Prisma itself refuses it. Nothing is skipped.
 */
export const CAPABILITIES = [
  'createManyAndReturn',
  'updateManyAndReturn',
  'skipDuplicates',
  'insensitiveMode',
  'nestedTransaction',
  'outsideQueryInTransaction',
  'textWithNul',
  'skipWithExtensions',
  'updateBySelfRelation',
] as const

/**
 * - `createManyAndReturn`, `updateManyAndReturn`: the operations.
 * - `skipDuplicates`: the option of createMany.
 * - `insensitiveMode`: `mode: 'insensitive'` in a filter on text.
 * - `nestedTransaction`: `tx.$transaction(…)` inside an interactive transaction (from Prisma 7 on).
 * - `outsideQueryInTransaction`: while an interactive transaction has written, another query of the same client is
 *   answered, as if the transaction were not there; elsewhere it waits until the transaction ends, or with better-sqlite3
 *   becomes part of it.
 * - `textWithNul`: a text may hold U+0000.
 * - `skipWithExtensions`: `Prisma.skip` as an argument of a client with a query extension (from Prisma 7 on; 6.x makes
 *   an empty object of it).
 * - `updateBySelfRelation`: a condition along a self-relation in an update that sets a column. On MariaDB Prisma writes a
 *   statement that names the table it has given another name.
 */
export type Capability = (typeof CAPABILITIES)[number]

/** Whether Prisma offers that on this database in this version, by default the one under test. */
export function offers(
  capability: Capability,
  database: DatabaseName,
  prisma: PrismaVersion = combinationUnderTest().prisma,
): boolean {
  if (FROM_PRISMA_7.has(capability) && prisma !== '7') return false
  return OFFERED[capability].has(database)
}

const FROM_PRISMA_7: ReadonlySet<Capability> = new Set(['nestedTransaction', 'skipWithExtensions'])

const OFFERED: { readonly [C in Capability]: ReadonlySet<DatabaseName> } = {
  createManyAndReturn: new Set(['sqlite', 'pglite', 'postgresql']),
  updateManyAndReturn: new Set(['sqlite', 'pglite', 'postgresql']),
  skipDuplicates: new Set(['pglite', 'postgresql', 'mariadb']),
  insensitiveMode: new Set(['pglite', 'postgresql']),
  nestedTransaction: new Set(['sqlite', 'postgresql', 'mariadb']),
  outsideQueryInTransaction: new Set(['postgresql', 'mariadb']),
  textWithNul: new Set(['sqlite', 'mariadb']),
  skipWithExtensions: new Set(['sqlite', 'pglite', 'postgresql', 'mariadb']),
  updateBySelfRelation: new Set(['sqlite', 'pglite', 'postgresql']),
}
