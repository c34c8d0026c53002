import type { Combination } from '../support/combination.js'
import type { DatabaseName } from '../support/databases/database.js'
import type { Cell } from './cells.js'
import { expectationOf } from './expectations.js'
import { TENANCIES, type Tenancy } from './models.js'

/** Where cells are called. */
export interface Place extends Combination {
  readonly database: DatabaseName
}

/** With tenants or without, and what is called so. */
export type Share = readonly [Tenancy, readonly Cell[]]

/** One of so many cells is called where places differ little. */
const ONE_OF = 20
/** And one of so many without tenants, where all are called with them. */
const ONE_OF_WITHOUT = 8

/**
 * The cells to call in a place. What becomes of a cell is decided before Prisma sees it, so all of them are called in
 * one place only, on SQLite with Prisma 7; on each other database, and with each other version, a few are, others in
 * each, since databases and versions seldom differ. `TEST_CELLS=all` calls all, wherever it is, and `TEST_CELLS_LIKE`
 * those whose names match.
 */
export function sharesOf(all: readonly Cell[], place: Place): Share[] {
  const like = process.env.TEST_CELLS_LIKE
  const cells = like === undefined ? all : all.filter(({ name }) => new RegExp(like).test(name))
  if (process.env.TEST_CELLS === 'all') return TENANCIES.map((tenancy): Share => [tenancy, cells])
  if (place.database === 'sqlite' && place.prisma === '7') {
    const some = cells.filter((cell, at) => at % ONE_OF_WITHOUT === 0 || isAboutTenants(cell, place))
    return [
      ['with tenants', cells],
      ['without tenants', some],
    ]
  }
  const letters = [...`${place.prisma} ${place.database}`]
  const number = letters.reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  const tenancy = TENANCIES[number % TENANCIES.length] ?? 'with tenants'
  return [[tenancy, cells.filter((_, at) => at % ONE_OF === number % ONE_OF)]]
}

function isAboutTenants(cell: Cell, { database }: Place): boolean {
  const [one, other] = TENANCIES.map((tenancy) => expectationOf(cell, tenancy, database).outcome)
  return one !== other
}
