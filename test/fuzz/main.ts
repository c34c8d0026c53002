import { accessSync, constants, writeFileSync } from 'node:fs'
import type { DatabaseName } from '../support/databases/database.js'
import { startMariadb } from '../support/servers/mariadb.js'
import { startPostgresql } from '../support/servers/postgresql.js'
import { keepFailure } from './failure-file.js'
import { type Options, readOptions } from './options.js'
import { runInProcesses } from './pool.js'
import { createSummary, renderFailure, renderSummary, type Summary, shortcomings, type Totals } from './summary.js'

/** Runs the command line; the result is the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  keepFilesInMemory()
  const stop = await startServer(options.database)
  try {
    return await run(options)
  } finally {
    await stop()
  }
}

async function run(options: Options): Promise<number> {
  const { seed, runs, database, prisma, generator, workers, json, report } = options
  const say = json ? console.error : console.log
  say(`Seed ${seed}: ${runs} programs on ${database}, Prisma ${prisma}, ${generator}, in ${workers} processes`)
  const summary = createSummary()
  let started = Date.now()
  const progress = showProgress(summary, runs, () => started)
  try {
    await runInProcesses(options, {
      ready() {
        started = Date.now()
      },
      failing(failed, failure) {
        const file = keepFailure(options, failed, renderFailure(options, { ...failure, seed: failed }))
        say(`Program ${failed} fails: ${failure.what}. It is kept in ${file}; looking for a shorter one`)
      },
      result(result) {
        summary.add(result)
        const { failure, seed: failed } = result
        if (failure !== undefined) keepFailure(options, failed, renderFailure(options, { ...failure, seed: failed }))
        return summary.failures.length < options.failures
      },
    })
  } finally {
    progress.stop()
  }
  const seconds = (Date.now() - started) / 1000
  const totals = summary.totals()
  // A run that was broken off shows little of anything.
  const lacking = totals.programs < runs ? [] : shortcomings(options, totals)
  const ok = summary.failures.length === 0 && lacking.length === 0
  if (report !== undefined) writeFileSync(report, JSON.stringify(reportOf(options, totals, summary, ok), null, 2))
  if (json) {
    const counts = { refusals: Object.fromEntries(totals.refusals), cells: Object.fromEntries(totals.cells) }
    console.log(
      JSON.stringify({ ok, ...options, seconds, ...totals, ...counts, lacking, failures: summary.failures }, null, 2),
    )
  } else {
    console.log(renderSummary(options, totals, seconds))
    for (const failure of summary.failures) console.log(`\n${renderFailure(options, failure)}`)
    for (const line of lacking) console.log(line)
    console.log(ok ? 'No difference.' : 'FAILED')
  }
  return ok ? 0 : 1
}

/** How many programs showed no difference, how many did, and how many a run that ended early left out. */
function reportOf({ runs }: Options, { programs }: Totals, { failures }: Summary, ok: boolean) {
  const failed = failures.length
  return { ok, ran: { passed: programs - failed, failed, skipped: runs - programs } }
}

const SERVERS: {
  readonly [D in DatabaseName]?: { readonly variable: string; start(): Promise<{ url: string; stop(): Promise<void> }> }
} = {
  postgresql: { variable: 'TEST_POSTGRES_URL', start: startPostgresql },
  mariadb: { variable: 'TEST_MYSQL_URL', start: startMariadb },
}

/** A server that the environment names is used; otherwise a private one is started. The result stops it. */
async function startServer(database: DatabaseName): Promise<() => Promise<void>> {
  const server = SERVERS[database]
  if (server === undefined || process.env[server.variable]) return async () => {}
  const { url, stop } = await server.start()
  process.env[server.variable] = url
  return stop
}

/** Where Linux keeps files in memory, databases are kept there: thousands of small transactions wait for no disk. */
function keepFilesInMemory(): void {
  if (process.env.TMPDIR) return
  try {
    accessSync('/dev/shm', constants.W_OK)
    process.env.TMPDIR = '/dev/shm'
  } catch {
    // There is none: the usual place will do.
  }
}

/** A line that counts, renewed where it stands on a terminal, and written every quarter of a minute elsewhere. */
function showProgress(summary: Summary, runs: number, started: () => number): { stop(): void } {
  const isTerminal = process.stderr.isTTY === true
  const timer = setInterval(
    () => {
      const seconds = (Date.now() - started()) / 1000
      const line = `${summary.programs}/${runs} programs, ${(summary.programs / seconds).toFixed(1)} a second, ${summary.failures.length} failed`
      process.stderr.write(isTerminal ? `\r${line} ` : `${line}\n`)
    },
    isTerminal ? 200 : 15_000,
  )
  return {
    stop() {
      clearInterval(timer)
      if (isTerminal) process.stderr.write('\r\u001b[K')
    },
  }
}
