import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkSeed } from '../fuzz/check.js'
import { programs } from '../fuzz/grammar/program.js'
import { asCode } from '../fuzz/print.js'
import { prepareTwins, type Twins } from '../fuzz/twins.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'

/** Programs for each database: a taste of what `npm run fuzz` does at length. */
const PROGRAMS: { readonly [D in DatabaseName]: number } = { sqlite: 25, pglite: 6, postgresql: 10, mariadb: 10 }

/** The share of that effort this run is to take; a run on many combinations takes less of each. */
const SHARE = Number(process.env.TEST_EFFORT || 1)

/** Milliseconds to look for a shorter program that shows the same. */
const SHRINK_MS = 20_000

describe.each(databasesUnderTest())('an encrypted client and a plain one answer alike, on %s', (database) => {
  let twins: Twins

  beforeAll(async () => {
    twins = await prepareTwins(database)
  })
  afterAll(() => twins?.dispose())

  test('whatever programs of operations they are given, and no plaintext is stored', { timeout: 120_000 }, async () => {
    const arbitrary = programs(twins)
    const first = Number(process.env.TEST_SEED || Math.floor(Math.random() * 2 ** 31))
    let filled = 0
    for (let at = 0; at < Math.ceil(PROGRAMS[database] * SHARE); at++) {
      const result = await checkSeed(twins, arbitrary, first + at, SHRINK_MS, ({ difference }) =>
        console.error(`TEST_SEED=${first + at} fails: ${difference.what}`),
      )
      const { failure } = result
      const shown = failure && `TEST_SEED=${first + at}: ${failure.difference.what}\n${asCode(failure.program)}`
      expect(failure?.difference.sealed, shown).toEqual(failure?.difference.plain)
      filled += result.filled
    }
    expect(filled).toBeGreaterThan(0)
  })
})
