import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { type Options, replayCommand } from './options.js'
import type { Answer, WorkerOptions, WrittenFailure, WrittenResult } from './worker.js'

const HERE = import.meta.dirname
/** Milliseconds after which a program hangs; one takes a tenth of a second. */
const PATIENCE = 120_000

/** Who is told of what the processes find. */
export interface Listener {
  /** The databases are there, and the first program runs. */
  ready(): void
  /** A program has failed, and a shorter one is looked for. */
  failing(seed: number, failure: WrittenFailure): void
  /** The result of a program; whether to go on. */
  result(result: WrittenResult): boolean
}

/**
 * Runs the programs of all seeds in several processes, and hands over each result as it comes, in no order. It ends
 * early when the listener says so.
 * @throws Error that names the seed of a program that has ended its process, or does not end.
 */
export async function runInProcesses(options: Options, listener: Listener): Promise<void> {
  const { seed, runs, workers } = options
  let next = 0
  let isOver = false
  const seeds = (): number | undefined => (isOver || next >= runs ? undefined : seed + next++)
  const take = (result: WrittenResult): void => {
    if (!listener.result(result)) isOver = true
  }
  const running = new Set<Process>()
  const start = (): Process => {
    const one = startProcess(options, seeds, { ...listener, result: take })
    running.add(one)
    return one
  }
  // In the search for a shorter program Prisma may have panicked, and what its client answers then says nothing.
  const work = async (one = start()): Promise<void> => {
    const isDone = await one.done
    running.delete(one)
    if (!isDone && !isOver && next < runs) await work()
  }
  try {
    // The first process makes the clients that the others find made.
    const first = start()
    await Promise.race([first.ready, first.done])
    listener.ready()
    const others = Array.from({ length: Math.min(workers, runs) - 1 }, () => work())
    await Promise.all([work(first), ...others])
  } finally {
    for (const { child } of running) child.kill()
  }
}

interface Process {
  readonly child: ChildProcess
  /** It has its databases. */
  readonly ready: Promise<void>
  /** It has ended: as there was nothing left to run, or as a program failed. */
  readonly done: Promise<boolean>
}

function startProcess(
  options: Options,
  nextSeed: () => number | undefined,
  { failing, result }: { failing: Listener['failing']; result(result: WrittenResult): void },
): Process {
  const { database, shrinkMs, model, tenants, prisma, generator } = options
  const told: WorkerOptions = { database, shrinkMs, model, tenants }
  const child = fork(path.join(HERE, 'worker.ts'), [JSON.stringify(told)], {
    // Results of queries die young: with more room for the young, fewer of them are copied. As many processes run as
    // there are cores, so that threads beside them only wait for each other.
    execArgv: ['--max-semi-space-size=32', '--single-threaded-gc', '--import', path.join(HERE, 'typescript.mjs')],
    env: { ...process.env, TEST_PRISMA: prisma, TEST_GENERATOR: generator },
    serialization: 'advanced',
  })
  let current: number | undefined
  let hasFailed = false
  let watch: NodeJS.Timeout | undefined
  const give = (): void => {
    current = hasFailed ? undefined : nextSeed()
    clearTimeout(watch)
    if (current !== undefined) watch = setTimeout(() => child.kill('SIGKILL'), PATIENCE + shrinkMs)
    child.send(current ?? 'end')
  }
  const ready = new Promise<void>((resolve) => {
    child.on('message', (answer: Answer) => {
      if (answer.kind === 'failing') return failing(answer.seed, answer.failure)
      if (answer.kind === 'ready') resolve()
      else {
        hasFailed = answer.result.failure !== undefined
        result(answer.result)
      }
      give()
    })
  })
  const done = new Promise<boolean>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearTimeout(watch)
      if (code === 0) return resolve(!hasFailed)
      const how = signal === 'SIGKILL' ? 'had to be ended' : `ended with ${signal ?? `code ${code}`}`
      const where =
        current === undefined ? 'outside any program' : `in program ${current}: ${replayCommand(options, current)}`
      reject(new Error(`A process of the run ${how} ${where}`))
    })
  })
  return { child, ready, done }
}
