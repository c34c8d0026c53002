import fc from 'fast-check'
import { cellsOf } from './coverage.js'
import { type Failure, reduce } from './reduce.js'
import { runProgram } from './run-program.js'
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

/**
 * Makes the program of a seed, and runs it. Each seed is a program of its own: any of a run can be had again alone.
 * @param shrinkMs how long to look for a shorter program if it fails; 0: not at all.
 * @param failed is told of a failure before a shorter program is looked for.
 */
export async function checkSeed(
  twins: Twins,
  programs: fc.Arbitrary<Program>,
  seed: number,
  shrinkMs: number,
  failed: (failure: Failure) => void,
): Promise<ProgramResult> {
  const [program] = fc.sample(programs, { seed: spread(seed), numRuns: 1, unbiased: true })
  if (program === undefined) throw new Error('No program was made')
  const report = await runProgram(twins, program)
  const first = report.difference && { program, difference: report.difference }
  if (first !== undefined) failed(first)
  const failure = first && (await shortest(twins, first, shrinkMs))
  return {
    seed,
    tenants: program.tenants.length,
    operations: operationsOf(program).length,
    compared: report.filled.size,
    filled: [...report.filled.values()].filter(Boolean).length,
    errors: report.errors,
    cells: [...report.filled].flatMap(([step, ways]) => (ways === undefined ? [] : cellsOf(step, ways))),
    refused: report.refused,
    ...(failure && { failure }),
  }
}

async function shortest(twins: Twins, failure: Failure, shrinkMs: number): Promise<Failure> {
  if (shrinkMs === 0) return failure
  return reduce(failure, async (program) => (await runProgram(twins, program)).difference, Date.now() + shrinkMs)
}

/** Neighbouring seeds as far-off ones (the finaliser of MurmurHash3): near ones begin with like numbers. */
function spread(seed: number): number {
  const once = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
