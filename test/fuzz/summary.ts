import { providerOf } from '../support/kinds.js'
import { type Counts, createTally, renderCoverage } from './coverage.js'
import { refusalRules } from './grammar/refusals.js'
import { type Options, replayCommand } from './options.js'
import type { WrittenFailure, WrittenResult } from './worker.js'

/** The results of a run, added up. */
export interface Summary {
  add(result: WrittenResult): void
  readonly programs: number
  readonly failures: readonly (WrittenFailure & { readonly seed: number })[]
  /** Everything counted so far. */
  totals(): Totals
}

export interface Totals {
  readonly programs: number
  readonly twoTenants: number
  /** Operations of the shortest program. */
  readonly shortest: number
  readonly operations: number
  readonly compared: number
  readonly filled: number
  readonly errors: number
  readonly refused: number
  readonly programsWithRefusals: number
  readonly refusals: Counts
  readonly cells: Counts
}

export function createSummary(): Summary {
  const cells = createTally()
  const refusals = createTally()
  const failures: (WrittenFailure & { readonly seed: number })[] = []
  const sums = {
    programs: 0,
    twoTenants: 0,
    operations: 0,
    compared: 0,
    filled: 0,
    errors: 0,
    refused: 0,
    programsWithRefusals: 0,
  }
  let shortest = Number.POSITIVE_INFINITY
  return {
    failures,
    get programs() {
      return sums.programs
    },
    add(result) {
      sums.programs++
      if (result.tenants > 1) sums.twoTenants++
      sums.operations += result.operations
      sums.compared += result.compared
      sums.filled += result.filled
      sums.errors += result.errors
      sums.refused += result.refused.length
      if (result.refused.length > 0) sums.programsWithRefusals++
      shortest = Math.min(shortest, result.operations)
      for (const cell of result.cells) cells.add(cell)
      for (const rule of result.refused) refusals.add(rule)
      if (result.failure !== undefined) failures.push({ ...result.failure, seed: result.seed })
    },
    totals: () => ({ ...sums, shortest, cells: cells.counts, refusals: refusals.counts }),
  }
}

/** What a whole run must show, beside no difference; a line for each thing it does not. */
export function shortcomings({ database, floor }: Options, totals: Totals): string[] {
  if (floor === 0) return []
  const { missing } = renderCoverage(totals.cells, providerOf(database), floor)
  return [
    ...missing.map((cell) => `filled less than ${floor} times: ${cell}`),
    ...refusalRules()
      .filter((rule) => (totals.refusals.get(rule) ?? 0) === 0)
      .map((rule) => `never refused: ${rule}`),
    ...(totals.twoTenants * 5 < totals.programs ? [`only ${totals.twoTenants} programs have two tenants`] : []),
    ...(totals.shortest < 20 ? [`a program has only ${totals.shortest} operations`] : []),
  ]
}

export function renderSummary({ database, floor }: Options, totals: Totals, seconds: number): string {
  const { text } = renderCoverage(totals.cells, providerOf(database), floor)
  const percent = (part: number, whole: number) => `${Math.round((100 * part) / Math.max(whole, 1))} %`
  return [
    `How often an operation with a filter on encrypted fields had a result that is not empty, by what the filter said:`,
    text,
    '',
    `Refused by design, asserted to be, and excluded from comparison: ${totals.refused} operations in ${totals.programsWithRefusals} programs`,
    ...refusalRules().map((rule) => `${String(totals.refusals.get(rule) ?? 0).padStart(6)}  ${rule}`),
    '',
    `${totals.programs} programs, ${percent(totals.twoTenants, totals.programs)} of them with two tenants; ${totals.operations} operations, ${totals.compared} compared: ${totals.filled} filled, ${totals.errors} errors of the same kind`,
    `${seconds.toFixed(1)} s, ${(totals.programs / seconds).toFixed(1)} programs a second`,
  ].join('\n')
}

/** Longest result shown of a difference. */
const SHOWN = 2000

export function renderFailure(options: Options, failure: WrittenFailure & { readonly seed: number }): string {
  const { what, sealed, plain, message, sealedCode, plainCode } = failure
  return [
    `Program ${failure.seed}: ${what}. Run it again: ${replayCommand(options, failure.seed)}`,
    `  encrypted: ${sealed.slice(0, SHOWN)}`,
    `  plain:     ${plain.slice(0, SHOWN)}`,
    ...(message === '' ? [] : [`  message:   ${message.trim().slice(0, SHOWN)}`]),
    'As short as it would go, on the encrypted client:',
    sealedCode,
    'and on the plain one:',
    plainCode,
  ].join('\n')
}
