import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FieldsealError } from '../../src/errors/index.js'
import { combinationUnderTest } from '../support/combination.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { type ConformanceBench, cellsFor, prepareConformance, type Trial } from './bench.js'
import { type Expectation, expectationOf } from './expectations.js'
import { sharesOf } from './share.js'

declare module 'vitest' {
  interface TaskMeta {
    /** What `npm run matrix` prints of a cell. */
    cell?: { readonly name: string; readonly tenancy: string; readonly outcome: string; readonly remedy?: string }
  }
}

const combination = combinationUnderTest()

for (const database of databasesUnderTest()) {
  const cells = await cellsFor(database)

  if (combination.generator !== 'prisma-client') {
    // What the other generator changes is generated code: types, whose cells are the same.
    test(`the conformance matrix on ${database} has the cells it has with prisma-client, where they are called`, async () => {
      const others = await cellsFor(database, { ...combination, generator: 'prisma-client' })
      expect(cells.map(({ name }) => name)).toEqual(others.map(({ name }) => name))
    })
    continue
  }

  const shares = sharesOf(cells, { ...combination, database })
  describe.each(shares)(`cells of the conformance matrix on ${database}, %s`, (tenancy, share) => {
    let bench: ConformanceBench
    beforeAll(async () => {
      bench = await prepareConformance(database, tenancy)
    }, 180_000)
    afterAll(() => bench?.dispose())

    test.for(share.map((cell) => [cell.name, cell] as const))('%s', async ([, cell], { task }) => {
      const expectation = expectationOf(cell, tenancy, database)
      const remedy = expectation.outcome === 'refused' ? { remedy: expectation.remedy } : {}
      task.meta.cell = { name: cell.name, tenancy, outcome: expectation.outcome, ...remedy }
      expectOutcome(expectation, await bench.tryOut(cell))
    })
  })
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
      expect(sealed.unsealed ?? []).toEqual([])
      expect(sealed.answer).toEqual(plain.answer)
      expect(sealed.stored).toEqual(plain.stored)
  }
}

/** Prisma's code, or the class of an error without one. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error)
  return 'code' in error && error.code !== undefined ? String(error.code) : error.constructor.name
}
