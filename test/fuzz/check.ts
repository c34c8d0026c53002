import fc from 'fast-check'
import { cellsOf } from './coverage.js'
import { type Difference, type Report, runProgram } from './run-program.js'
import { operationsOf, type Program } from './step.js'
import type { Twins } from './twins.js'

/** What one program came to. */
export interface ProgramResult {
  readonly seed: number
  readonly tenants: number
  readonly operations: number
  /** Operations whose answers were compared, those of them with a filled result, and those that failed alike. */
  readonly compared: number
  readonly filled: number
  readonly errors: number
  /** A cell of the coverage table for each time it was filled. */
  readonly cells: readonly string[]
  /** Rules by which operations were refused. */
  readonly refused: readonly string[]
  readonly failure?: Failure
}

/** A program that showed a difference, made as short as it would go. */
export interface Failure {
  readonly program: Program
  readonly difference: Difference
}

/**
 * Makes the program of a seed, and runs it. Each seed is a program of its own: any of a run can be had again alone.
 * @param shrinkMs how long to look for a shorter program if it fails; 0: not at all.
 */
export async function checkSeed(
  twins: Twins,
  programs: fc.Arbitrary<Program>,
  seed: number,
  shrinkMs: number,
): Promise<ProgramResult> {
  let first: { readonly program: Program; readonly report: Report } | undefined
  let failure: Failure | undefined
  const property = fc.asyncProperty(programs, async (program) => {
    const report = await runProgram(twins, program)
    first ??= { program, report }
    const { difference } = report
    if (difference !== undefined) failure = { program, difference }
    return difference === undefined
  })
  const shrinking = shrinkMs === 0 ? { endOnFailure: true } : { interruptAfterTimeLimit: shrinkMs }
  await fc.check(property, { seed: spread(seed), numRuns: 1, unbiased: true, ...shrinking })
  if (first === undefined) throw new Error('No program was made')
  const { program, report } = first
  return {
    seed,
    tenants: program.tenants.length,
    operations: operationsOf(program).length,
    compared: report.filled.size,
    filled: [...report.filled.values()].filter(Boolean).length,
    errors: report.errors,
    cells: [...report.filled].flatMap(([step, isFilled]) => (isFilled ? cellsOf(step) : [])),
    refused: report.refused,
    ...(failure && { failure }),
  }
}

/** Neighbouring seeds as far-off ones (the finaliser of MurmurHash3): near ones begin with like numbers. */
function spread(seed: number): number {
  const once = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
