import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FieldsealError } from '../../src/errors/index.js'
import { combinationUnderTest } from '../support/combination.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { type ConformanceBench, cellsFor, prepareConformance, type Trial } from './bench.js'
import type { Cell } from './cells.js'
import { type Expectation, expectationOf } from './expectations.js'
import { uncovered } from './samples.js'
import { sharesOf } from './share.js'

declare module 'vitest' {
  interface TaskMeta {
    /** What `npm run matrix` prints of the cells that a test calls. */
    cells?: CellReport[]
  }
}

interface CellReport {
  readonly name: string
  readonly tenancy: string
  readonly outcome: string
  readonly remedy?: string
  /** What is not as expected. */
  readonly error?: string
}

const combination = combinationUnderTest()

for (const database of databasesUnderTest()) {
  const cells = await cellsFor(database)

  test(`the conformance matrix on ${database} has no cell that it cannot call`, () => {
    expect(cells.length).toBeGreaterThan(4000)
    expect(uncovered(cells)).toEqual([])
  })

  const shares = sharesOf(cells, { ...combination, database })
  describe.each(shares)(`cells of the conformance matrix on ${database}, %s`, (tenancy, share) => {
    let bench: ConformanceBench
    beforeAll(async () => {
      bench = await prepareConformance(database, tenancy)
    }, 180_000)
    afterAll(() => bench?.dispose())

    // A test for each cell would cost as much as calling it.
    const groups = groupsOf(share)
    test.for(groups)('%s', { timeout: 300_000 }, async ([, group], { task }) => {
      const reports: CellReport[] = []
      for (const cell of group) {
        const expectation = expectationOf(cell, tenancy, database)
        const error = failureOf(expectation, await bench.tryOut(cell))
        reports.push({
          name: cell.name,
          tenancy,
          outcome: expectation.outcome,
          ...(expectation.outcome === 'refused' ? { remedy: expectation.remedy } : {}),
          ...(error === undefined ? {} : { error }),
        })
      }
      task.meta.cells = reports
      const failed = reports.filter(({ error }) => error !== undefined)
      expect(failed.map(({ name, error }) => `${name}: ${error}`)).toEqual([])
    })
  })
}

/** Cells by operation and argument. */
function groupsOf(cells: readonly Cell[]): (readonly [title: string, cells: readonly Cell[]])[] {
  const groups = new Map<string, Cell[]>()
  for (const cell of cells) {
    const title = `${cell.operation} ${cell.argument}`
    groups.set(title, [...(groups.get(title) ?? []), cell])
  }
  return [...groups]
}

function failureOf(expectation: Expectation, trial: Trial): string | undefined {
  try {
    expectOutcome(expectation, trial)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function expectOutcome(expectation: Expectation, { sealed, plain, statements }: Trial): void {
  switch (expectation.outcome) {
    case 'refused':
      expect(sealed.error).toBeInstanceOf(FieldsealError)
      expect(sealed.error).toMatchObject({ code: expectation.code, operation: expect.any(String) })
      expect(sealed.error).toHaveProperty('message', expect.stringContaining(expectation.says ?? expectation.remedy))
      expect(statements).toEqual([])
      return
    case 'refused by Prisma':
      expect([codeOf(sealed.error), codeOf(plain.error)]).toEqual([
        expectation.side === 'plain' ? undefined : expectation.code,
        expectation.side === 'encrypted' ? undefined : expectation.code,
      ])
      return
    case 'works on its own':
      expect(codeOf(sealed.error)).toBeUndefined()
      return
    case 'works':
      expect([codeOf(sealed.error), codeOf(plain.error)]).toEqual([undefined, undefined])
      expect(sealed.stored?.faults ?? []).toEqual([])
      expect(sealed.answer).toEqual(plain.answer)
      expect(sealed.stored?.tables).toEqual(plain.stored?.tables)
  }
}

/** Prisma's code, or the class of an error without one. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error)
  return 'code' in error && error.code !== undefined ? String(error.code) : error.constructor.name
}
