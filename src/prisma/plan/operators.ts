/**
 * What Prisma's arguments can do with an encrypted field, as data: the planner decides by it, and the table of
 * docs/querying.md is written from it (`npm run docs:operators`), so this file imports nothing.
 */

/**
 * - `works`: on every encrypted field.
 * - `index`: on a field with a blind index.
 * - `case-folding index`: on one with an index that ignores case.
 * - `unique index`: on one whose index column is unique.
 * - `exact index`: on one with an index that has no normaliser, or says `equivalence: true`.
 * - `refused`: on none; an error says so before the database is reached.
 */
export type Support = 'works' | 'index' | 'case-folding index' | 'unique index' | 'exact index' | 'refused'

export interface Rule {
  readonly support: Support
  /** What to know; for what is refused, what to do instead. A sentence without its stop. */
  readonly note?: string
}

export type Rules = { readonly [name: string]: Rule }

const IN_MEMORY = 'Do it in memory after the query'
/** The rule for every operator that equality cannot answer. */
export const CANNOT_FILTER = {
  support: 'refused',
  note: 'Use equals, in, notIn, not or null on a field with a blind index, or filter in memory after the query',
} as const satisfies Rule
/** The rule for every change that a cell cannot make. */
export const CANNOT_CALCULATE = {
  support: 'refused',
  note: 'Read the value, compute, and set the result',
} as const satisfies Rule
const CANNOT_COMPARE: Rule = { support: 'refused', note: IN_MEMORY }

/** Operators of a filter on an encrypted field, in `where` and `having`. One that is not here is refused. */
export const FILTERS: Rules = {
  equals: { support: 'index', note: 'Also as a bare value; null needs no index' },
  in: { support: 'index' },
  not: { support: 'exact index', note: 'not: null needs no index' },
  notIn: { support: 'exact index' },
  mode: { support: 'case-folding index', note: "'insensitive': an index that normalises with lowercase" },
  lt: CANNOT_FILTER,
  lte: CANNOT_FILTER,
  gt: CANNOT_FILTER,
  gte: CANNOT_FILTER,
  contains: CANNOT_FILTER,
  startsWith: CANNOT_FILTER,
  endsWith: CANNOT_FILTER,
  search: CANNOT_FILTER,
  path: CANNOT_FILTER,
  string_contains: CANNOT_FILTER,
  string_starts_with: CANNOT_FILTER,
  string_ends_with: CANNOT_FILTER,
  array_contains: CANNOT_FILTER,
  array_starts_with: CANNOT_FILTER,
  array_ends_with: CANNOT_FILTER,
  has: CANNOT_FILTER,
  hasEvery: CANNOT_FILTER,
  hasSome: CANNOT_FILTER,
  isEmpty: CANNOT_FILTER,
  isSet: CANNOT_FILTER,
}

/** What filters are joined with: within those that need an exact index, every filter is a negation. */
export const COMBINATIONS: Rules = {
  AND: { support: 'works' },
  OR: { support: 'works' },
  NOT: { support: 'exact index', note: 'For everything inside' },
}

/** Filters on related rows. */
export const QUANTIFIERS: Rules = {
  some: { support: 'works' },
  is: { support: 'works' },
  every: { support: 'exact index', note: 'For everything inside' },
  none: { support: 'exact index', note: 'For everything inside' },
  isNot: { support: 'exact index', note: 'For everything inside' },
}

/** What `data` does with an encrypted field. One that is not here is refused. */
export const CHANGES: Rules = {
  set: { support: 'works', note: 'Also as a bare value, null, Prisma.DbNull or Prisma.JsonNull' },
  increment: CANNOT_CALCULATE,
  decrement: CANNOT_CALCULATE,
  multiply: CANNOT_CALCULATE,
  divide: CANNOT_CALCULATE,
  push: CANNOT_CALCULATE,
  unset: CANNOT_CALCULATE,
}

/** Arguments that name fields and compare, sort or count what is stored in them. */
export const ARGUMENTS = {
  cursor: { support: 'unique index' },
  distinct: { support: 'exact index' },
  by: { support: 'exact index', note: 'String columns only; each group gives one of its values' },
  having: { support: 'exact index', note: 'The operators of filters, and _count' },
  _count: { support: 'works', note: 'Counts what is not null, also in orderBy and having' },
  orderBy: CANNOT_COMPARE,
  _min: CANNOT_COMPARE,
  _max: CANNOT_COMPARE,
  _sum: CANNOT_COMPARE,
  _avg: CANNOT_COMPARE,
} as const satisfies Rules

/** An argument of `ARGUMENTS`. */
export type ArgumentName = keyof typeof ARGUMENTS
