import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import type { Options } from './options.js'
import type { Answer, WorkerOptions, WrittenResult } from './worker.js'

const HERE = import.meta.dirname

/**
 * Runs the programs of all seeds in several processes, and hands over each result as it comes, in no order. It ends
 * early when `wanted` says so.
 */
export async function runInProcesses(
  options: Options,
  wanted: (result: WrittenResult) => boolean,
  ready: () => void,
): Promise<void> {
  const { seed, runs, workers } = options
  let next = 0
  let isOver = false
  const seeds = (): number | undefined => (isOver || next >= runs ? undefined : seed + next++)
  const take = (result: WrittenResult): void => {
    if (!wanted(result)) isOver = true
  }
  // The first process makes the clients that the others find made.
  const first = startProcess(options, seeds, take)
  await Promise.race([first.ready, first.done])
  ready()
  const others = Array.from({ length: Math.min(workers, runs) - 1 }, () => startProcess(options, seeds, take))
  const all = [first, ...others]
  try {
    await Promise.all(all.map(({ done }) => done))
  } finally {
    for (const { child } of all) child.kill()
  }
}

interface Process {
  readonly child: ChildProcess
  /** It has its databases. */
  readonly ready: Promise<void>
  /** It has ended, and well. */
  readonly done: Promise<void>
}

function startProcess(
  { database, shrinkMs, model, tenants, prisma, generator }: Options,
  nextSeed: () => number | undefined,
  take: (result: WrittenResult) => void,
): Process {
  const told: WorkerOptions = { database, shrinkMs, model, tenants }
  const child = fork(path.join(HERE, 'worker.ts'), [JSON.stringify(told)], {
    execArgv: ['--import', path.join(HERE, 'typescript.mjs')],
    env: { ...process.env, TEST_PRISMA: prisma, TEST_GENERATOR: generator },
    serialization: 'advanced',
  })
  const give = (): void => {
    child.send(nextSeed() ?? 'end')
  }
  const ready = new Promise<void>((resolve) => {
    child.on('message', (answer: Answer) => {
      if (answer.kind === 'ready') resolve()
      else take(answer.result)
      give()
    })
  })
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`A process of the run ended with ${signal ?? `code ${code}`}`))
    })
  })
  return { child, ready, done }
}
