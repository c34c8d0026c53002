/** What the matrix is made of, and what of the integration suite runs where. */
import { existsSync } from 'node:fs'

export const DATABASES = ['sqlite', 'pglite', 'postgresql', 'mariadb']
export const VERSIONS = ['7', '6.19', '6.16']
export const GENERATORS = ['prisma-client', 'prisma-client-js']

/** The integration suite: the beginnings of its files' paths. */
export const SUITE = [
  'test/prisma/',
  'test/everywhere/',
  'test/conformance/cells.test.ts',
  'test/support/prepare-client.test.ts',
]

/** What `npm test` runs on, as far as it is not in a test's title. */
export const BASE = { prisma: '7', generator: 'prisma-client' }

/**
 * The generator with which a version runs the whole suite: the one that most of that version's users have. With the other
 * it runs the suite without the files of `ONE_GENERATOR`.
 */
const WHOLE_SUITE_WITH = { 7: 'prisma-client', 6.19: 'prisma-client-js', 6.16: 'prisma-client-js' }

export function runsWholeSuite({ prisma, generator }) {
  return WHOLE_SUITE_WITH[prisma] === generator
}

/**
 * Files that run with one generator of each version, on every database, and why that is enough.
 *
 * The two generators of a version differ in what they write: how the module is shaped and loaded, the schema it embeds, and
 * whether it brings its own copy of the runtime, with classes and null values of its own. The runtime's code, the query
 * compiler and the driver adapters are the same. So everything that tests those differences, and every operation once, runs
 * with both; what is listed here sees of the client only what the runtime gives to any extension.
 */
export const ONE_GENERATOR = {
  'test/conformance/cells.test.ts':
    'generated types are read in both of their forms, since the whole suite takes one generator with 7 and the other with 6',
  'test/everywhere/collations.test.ts': 'what equals what is decided by the database',
  'test/everywhere/column-widths.test.ts': 'what fits is decided by the policy and the database',
  'test/everywhere/counting.test.ts': 'SQL that no client writes',
  'test/everywhere/faults.test.ts': 'a database that fails is met by the driver adapter and the runtime',
  'test/everywhere/strict-mode.test.ts': 'asked of the database, by raw queries',
  'test/prisma/composition.test.ts':
    'how extensions meet is decided by the runtime; extended-types.test.ts has their types with both',
  'test/prisma/constraints.test.ts': 'the database refuses, whoever writes',
  'test/prisma/differential.test.ts':
    'compares answers of the runtime; operations.test.ts has each operation with both',
  'test/prisma/filters.test.ts': 'filters are planned from the policy; operations.test.ts has filters with both',
  'test/prisma/groups.test.ts': 'groups are planned from the policy; operations.test.ts has groupBy with both',
  'test/prisma/index-columns.test.ts':
    'left out of what is selected by the planner; selection.test.ts has results with both',
  'test/prisma/index-choice.test.ts': 'which index answers is decided by the policy',
  'test/prisma/integrity.test.ts': 'cells and tags changed by raw SQL, compared by the extension',
  'test/prisma/key-store.test.ts': 'four operations on key rows, through the same runtime',
  'test/prisma/nonces.test.ts': 'nonces are drawn when values are sealed, whatever client writes them',
  'test/prisma/operators.test.ts':
    'operators are planned from the policy; grammar.test.ts has those of the generated types with both',
  'test/prisma/peer-behaviours.test.ts':
    'each behaviour in short; operations, values and transaction-forms have them with both',
  'test/prisma/references.test.ts': 'foreign keys are planned from the policy; tenant-wall.test.ts has them with both',
  'test/prisma/refusals.test.ts': 'refused by the planner, which sees the arguments and the policy alone',
  'test/prisma/tenant-holder.test.ts': 'relations are planned from the policy; tenant-wall.test.ts has them with both',
  'test/prisma/transactions.test.ts':
    'transactions are the runtime’s; transaction-forms.test.ts has every form with both',
  'test/prisma/verify.test.ts': 'reads by the operations that operations.test.ts has with both',
}

/**
 * Of these, the files that the versions before 7 run on SQLite alone. What they look at is decided by the planner or the
 * runtime before the database is asked; 7 runs them on every database. What meets a database's adapter, its errors, types,
 * transactions and constraints, runs on every database with every version.
 */
export const SQLITE_BEFORE_7 = [
  'test/conformance/cells.test.ts',
  'test/prisma/composition.test.ts',
  'test/prisma/filters.test.ts',
  'test/prisma/groups.test.ts',
  'test/prisma/index-choice.test.ts',
  'test/prisma/integrity.test.ts',
  'test/prisma/nonces.test.ts',
  'test/prisma/operators.test.ts',
  'test/prisma/peer-behaviours.test.ts',
  'test/prisma/refusals.test.ts',
  'test/prisma/verify.test.ts',
]

const missing = [...Object.keys(ONE_GENERATOR), ...SQLITE_BEFORE_7].filter(
  (file) => !existsSync(new URL(`../${file}`, import.meta.url)),
)
if (missing.length > 0) throw new Error(`scripts/matrix-plan.mjs names files that are not there: ${missing.join(', ')}`)
