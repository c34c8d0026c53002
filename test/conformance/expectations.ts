import type { DatabaseName } from '../support/databases/database.js'
import type { Cell } from './cells.js'
import type { Tenancy } from './models.js'

/** What must become of a cell. */
export type Expectation =
  | { readonly outcome: 'works' }
  /** By fieldseal, before anything is sent. */
  | ({ readonly outcome: 'refused' } & Refusal)
  /** By Prisma, with this code or class of error: as a rule on both clients. */
  | ({ readonly outcome: 'refused by Prisma' } & PrismaRefusal)
  /** It names a column of an index, which a plain client does not have. */
  | { readonly outcome: 'works on its own' }

interface Refusal {
  readonly cells: RegExp
  readonly code: 'UNSUPPORTED_OPERATION' | 'RESERVED_FIELD'
  /** What the caller is to do instead. */
  readonly remedy: string
  /** How the message says that, if not in these words. */
  readonly says?: string
  readonly tenancy?: Tenancy
}

interface PrismaRefusal {
  readonly cells: RegExp
  readonly code: string
  /** Which client it is that is refused, if one alone. */
  readonly side?: 'plain' | 'encrypted'
  /** Where this is so; everywhere if absent. */
  readonly database?: DatabaseName
  readonly tenancy?: Tenancy
}

const SEALED = '(?:bare|exact|folded|json|bytes)'
const TAGGED = '(?:exactIndex|foldedIndex)'
const IN_MEMORY = 'Do it in memory after the query'
const EQUALITY = 'Use equals, in, notIn, not or null on a field with a blind index, or filter in memory after the query'

/** In this order: what a cell is refused for first. All others work. */
export const REFUSALS: readonly Refusal[] = [
  // The wall: rows of other tenants could be unlinked.
  {
    cells: /(?:hasMany|manyToMany|selfChildren|selfMany|selfManyOf): \{ set:/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'Use connect and disconnect',
    tenancy: 'with tenants',
  },
  // Columns of indexes are fieldseal's own.
  {
    cells: new RegExp(`(?:distinct|orderBy|_min|_max): (?!\\[?\\{ _count).*\\b${TAGGED}\\b`),
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'Name its field',
  },
  {
    cells: new RegExp(`(?:by|having): .*\\b${TAGGED}\\b`),
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'Name its field',
  },
  {
    cells: new RegExp(`(?:where|cursor|data|create|update): .*\\b${TAGGED}\\b`),
    code: 'RESERVED_FIELD',
    remedy: 'Write and filter its field instead',
    says: 'Write and filter',
  },
  {
    cells: new RegExp(`^(?!count )\\w+ .*select: \\{ ${TAGGED}: true`),
    code: 'RESERVED_FIELD',
    remedy: 'Select its field instead, or say expose: true',
    says: 'expose: true',
  },
  // Cells have no order.
  {
    cells: new RegExp(`orderBy: \\[?(?:order by exact|\\{ (?:_min: \\{ |_max: \\{ )?${SEALED}:)`),
    code: 'UNSUPPORTED_OPERATION',
    remedy: IN_MEMORY,
  },
  {
    cells: new RegExp(`_relevance: \\{ fields: \\[?${SEALED}`),
    code: 'UNSUPPORTED_OPERATION',
    remedy: IN_MEMORY,
  },
  { cells: /orderBy: \[?\{ \w+: order by exact/, code: 'UNSUPPORTED_OPERATION', remedy: IN_MEMORY },
  {
    cells: new RegExp(`^\\w+ (?:_min|_max|_avg|_sum): \\{ ${SEALED}:`),
    code: 'UNSUPPORTED_OPERATION',
    remedy: IN_MEMORY,
  },
  {
    cells: /orderBy: \[?\{ (?:hasMany|manyToMany|selfChildren|selfMany|selfManyOf): \{ _count/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'Select _count and sort in memory',
    tenancy: 'with tenants',
  },
  // What groups are filtered by they are grouped by, which takes an exact index.
  {
    cells: /having: \{ (?:bare|json|bytes):/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'in memory after the query',
  },
  {
    cells: /having: \{ folded:/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'say equivalence: true if the classes are meant',
  },
  // Letter case is ignored by an index that ignores it.
  {
    cells: /exact: \{ mode: insensitive/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'normalize: [lowercase]',
  },
  // Operators that equality cannot answer.
  {
    cells: new RegExp(
      `${SEALED}: (?:\\{ not: )?\\{ (?:lt|lte|gt|gte|contains|startsWith|endsWith|search|path|string_\\w+|array_\\w+|_min|_max):`,
    ),
    code: 'UNSUPPORTED_OPERATION',
    remedy: EQUALITY,
  },
  { cells: /having: \{ exact: \{ not: \{ _count:/, code: 'UNSUPPORTED_OPERATION', remedy: EQUALITY },
  { cells: new RegExp(`${SEALED}: .*field reference`), code: 'UNSUPPORTED_OPERATION', remedy: EQUALITY },
  {
    cells: new RegExp(`${SEALED}: (?:\\{ not: )?\\{ (?:in|notIn): null`),
    code: 'UNSUPPORTED_OPERATION',
    remedy: EQUALITY,
  },
  { cells: /json: \{ (?:equals|not): (?:JsonNull|AnyNull)/, code: 'UNSUPPORTED_OPERATION', remedy: EQUALITY },
  // Equality without an index that answers it.
  {
    cells: /where: \{ (?:bare|json|bytes): (?:value|\{ mode: |\{ (?:not: )?(?:\{ )?(?:equals|in|notIn|not): \[?value)/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'in memory after the query',
  },
  {
    cells: /where: \{ folded: \{ (?:not|notIn): (?!null|\{ (?:equals|not): null)/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'say equivalence: true if the classes are meant',
  },
  {
    cells: /(?:distinct|by): \[?(?:bare|json|bytes)/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'in memory after the query',
  },
  {
    cells: /(?:distinct|by): \[?folded/,
    code: 'UNSUPPORTED_OPERATION',
    remedy: 'say equivalence: true if the classes are meant',
  },
]

/** What Prisma does not do, or the seeded rows do not let it do: encrypted and plain clients refuse it alike. */
export const PRISMA_REFUSALS: readonly PrismaRefusal[] = [
  {
    cells: /^findUnique where: \{ exact: (?:null|\{ (?:not: )?(?:\{ )?(?:equals|not): null)/,
    code: 'PrismaClientValidationError',
    side: 'plain',
  },
  { cells: /^findUnique where: \{ exact: \{/, code: 'PrismaClientValidationError' },
  // A list of values may only be a column that holds lists.
  { cells: /\{ (?:in|notIn): field reference/, code: 'P2019' },
  // A full-text search needs an index for it.
  { cells: /plain(?:Unique)?: .*\bsearch:|_relevance/, code: 'P2030' },
  // On MariaDB Prisma takes no condition along a self-relation in an update that sets a column (the capability
  // updateBySelfRelation). The wall of such an upsert is one.
  {
    cells: /self(?:Parent|Twin|TwinOf): \{ upsert: \{ update: changes, create: new row \}/,
    code: 'P2022',
    side: 'encrypted',
    database: 'mariadb',
    tenancy: 'with tenants',
  },
  { cells: /selfTwin: \{ disconnect: where/, code: 'P2022', database: 'mariadb' },
  { cells: /_count: \{ select: null \}/, code: 'PrismaClientValidationError' },
  // A required relation cannot be left without its other end.
  { cells: /(?:hasOneRequired|hasManyRequired|joins): \{ (?:set|disconnect):/, code: 'P2014' },
]

export function expectationOf({ name }: Cell, tenancy: Tenancy, database: DatabaseName): Expectation {
  const refusal = REFUSALS.find((one) => one.cells.test(name) && (one.tenancy ?? tenancy) === tenancy)
  if (refusal !== undefined) return { outcome: 'refused', ...refusal }
  const byPrisma = PRISMA_REFUSALS.find(
    (one) => one.cells.test(name) && (one.database ?? database) === database && (one.tenancy ?? tenancy) === tenancy,
  )
  if (byPrisma !== undefined) return { outcome: 'refused by Prisma', ...byPrisma }
  return { outcome: new RegExp(`\\b${TAGGED}\\b`).test(name) ? 'works on its own' : 'works' }
}
