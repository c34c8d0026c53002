import type { Difference } from './run-program.js'
import { isPlain } from './sides.js'
import { isTransaction, type Program, type Step, type Transaction } from './step.js'

/** A program that showed a difference. */
export interface Failure {
  readonly program: Program
  readonly difference: Difference
}

/**
 * Looks for the shortest program that still shows a difference of the same kind: without what comes after it, then without each operation,
 * then without each part of the arguments. Greedy, as each try costs a run.
 * @param runs runs a program.
 * @param deadline when to be content with what there is, in milliseconds since 1970.
 */
export async function reduce(
  failure: Failure,
  runs: (program: Program) => Promise<Difference | undefined>,
  deadline: number,
): Promise<Failure> {
  let best = failure
  const attempt = async (steps: Program['steps']): Promise<boolean> => {
    const program = { ...best.program, steps }
    const difference = await runs(program)
    if (difference === undefined || difference.kind !== failure.difference.kind) return false
    best = { program, difference }
    return true
  }
  const isOver = () => Date.now() > deadline
  await attempt(best.program.steps.slice(0, best.difference.at + 1))
  for (let at = best.program.steps.length - 1; at >= 0 && !isOver(); at--) {
    await attempt(best.program.steps.toSpliced(at, 1))
  }
  for (let at = best.program.steps.length - 1; at >= 0; at--) {
    let isSmaller = true
    while (isSmaller) {
      isSmaller = false
      const current = best.program.steps[at]
      for (const smaller of current === undefined ? [] : smallerSteps(current)) {
        if (isOver()) return best
        isSmaller = await attempt(best.program.steps.with(at, smaller))
        if (isSmaller) break
      }
    }
  }
  return best
}

function* smallerSteps(one: Step | Transaction): Generator<Step | Transaction> {
  if (!isTransaction(one)) {
    for (const args of smallerValues(one.args)) if (isPlain(args)) yield { ...one, args: { ...args } }
    return
  }
  if (one.steps.length === 1) for (const step of one.steps) yield step
  for (const [at, step] of one.steps.entries()) {
    yield { ...one, steps: one.steps.toSpliced(at, 1) }
    for (const smaller of smallerSteps(step)) {
      if (!isTransaction(smaller)) yield { ...one, steps: one.steps.with(at, smaller) }
    }
  }
}

/** The value without one of its parts, at any depth; what differs between the two clients stays whole or goes. */
function* smallerValues(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      yield value.toSpliced(at, 1)
      for (const smaller of smallerValues(one)) yield value.with(at, smaller)
    }
  } else if (isPlain(value)) {
    for (const [key, one] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))
      for (const smaller of smallerValues(one)) yield { ...value, [key]: smaller }
    }
  }
}
