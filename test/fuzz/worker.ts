import { checkSeed, type ProgramResult } from './check.js'
import { programs } from './grammar/program.js'
import type { Options } from './options.js'
import { asCode } from './print.js'
import type { Failure } from './reduce.js'
import { prepareTwins } from './twins.js'

// A process of `scripts/fuzz.mjs`: prepares databases of its own, says that it is ready, and then runs the program of
// each seed it is sent. It ends when it is sent `end`.

/** What a process is told when it starts. */
export type WorkerOptions = Pick<Options, 'database' | 'shrinkMs' | 'model' | 'tenants'>

/** What a process answers. A failure is told twice: as it was found, and as short as it would go. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failing'; readonly seed: number; readonly failure: WrittenFailure }
  | { readonly kind: 'result'; readonly result: WrittenResult }

/** A result as it goes from process to process: the failing program as code. */
export type WrittenResult = Omit<ProgramResult, 'failure'> & { readonly failure?: WrittenFailure }

export interface WrittenFailure {
  readonly sealedCode: string
  readonly plainCode: string
  readonly what: string
  readonly sealed: string
  readonly plain: string
  readonly message: string
}

/** Errors are compared by class and code: their stacks cost more than the rest of them. */
Error.stackTraceLimit = 0

const { database, shrinkMs, model, tenants }: WorkerOptions = JSON.parse(process.argv[2] ?? '{}')
const twins = await prepareTwins(database)
const arbitrary = programs({ ...twins, model, tenants })
process.on('message', (message: number | 'end') => {
  const work = message === 'end' ? twins.dispose().then(() => process.disconnect()) : run(message)
  work.catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
answer({ kind: 'ready' })

async function run(seed: number): Promise<void> {
  const failing = (failure: Failure) => answer({ kind: 'failing', seed, failure: written(failure) })
  const { failure, ...result } = await checkSeed(twins, arbitrary, seed, shrinkMs, failing)
  answer({ kind: 'result', result: { ...result, ...(failure && { failure: written(failure) }) } })
}

function written({ program, difference }: Failure): WrittenFailure {
  const { what, sealed, plain, cause } = difference
  const message = cause instanceof Error ? cause.message : ''
  return { what, sealed, plain, message, sealedCode: asCode(program), plainCode: asCode(program, 'plain') }
}

function answer(message: Answer): void {
  process.send?.(message)
}
