#!/usr/bin/env node
// The differential test as CI runs it: on SQLite, PostgreSQL and MariaDB with Prisma 7 at full size, where each kind of
// operation × verb × operator must have had a filled result, and a smaller share with the oldest Prisma versions. The
// seeds are always the same; `npm run fuzz` runs others. The exit code is 0 only if no program showed a difference.
//   node scripts/fuzz-all.mjs [--only 7/sqlite] [--runs N] [--seed N] [--report FILE]
//
//   --only PART     the runs whose name holds this, e.g. 6.16, postgres, 7/mysql
//   --runs N        programs of each full-size run; default 2000. With fewer than 2000 no kind must have been filled
//   --seed N        of the first program of each run; default 1
//   --report FILE   writes to FILE, as JSON, how many programs passed, failed and were left out
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

const FULL = 2000
const FLOOR = 50
/** Programs with a Prisma version on which the whole of the run need not be proven again. */
const SHARE = 100
const RUNS = [
  { prisma: '7', db: 'sqlite' },
  { prisma: '7', db: 'postgres' },
  { prisma: '7', db: 'mysql' },
  { prisma: '6.19', db: 'sqlite', runs: SHARE },
  { prisma: '6.19', db: 'postgres', runs: SHARE },
  { prisma: '6.16', db: 'sqlite', runs: SHARE },
  { prisma: '6.16', db: 'mysql', runs: SHARE },
]

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: String(FULL) },
    seed: { type: 'string', default: '1' },
    report: { type: 'string' },
  },
})
const chosen = RUNS.filter((run) => nameOf(run).includes(options.only))
if (chosen.length === 0) {
  console.error(`--only ${options.only} leaves none of ${RUNS.map(nameOf).join(', ')}`)
  process.exit(2)
}
const folder = mkdtempSync(path.join(tmpdir(), 'fieldseal-fuzz-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const results = []
for (const run of chosen) results.push(await runOne(run))

const ran = { passed: 0, failed: 0, skipped: 0 }
console.log('\n  passed   failed  skipped  seconds')
for (const { name, ok, counts, seconds } of results) {
  for (const key of Object.keys(ran)) ran[key] += counts[key]
  const cells = [...Object.values(counts), seconds].map((count) => String(count).padStart(8))
  console.log(`${cells.join(' ')}  ${name}${ok ? '' : ', FAILED'}`)
}
const ok = results.every((result) => result.ok)
if (options.report !== undefined) writeFileSync(options.report, JSON.stringify({ ok, ran, results }, null, 2))
console.log(ok ? 'No difference.' : 'FAILED')
process.exit(ok ? 0 : 1)

async function runOne(run) {
  const { prisma, db } = run
  const name = nameOf(run)
  const runs = Math.min(run.runs ?? FULL, Number(options.runs))
  const report = path.join(folder, `${name.replace('/', '-')}.json`)
  const floor = runs === FULL ? ['--floor', String(FLOOR)] : []
  const args = ['--prisma', prisma, '--db', db, '--runs', String(runs), '--seed', options.seed, '--report', report]
  console.log(`\n--- Prisma ${prisma} on ${db}`)
  const started = Date.now()
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'fuzz.mjs'), ...args, ...floor], {
    stdio: 'inherit',
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { name, ok: code === 0, counts: countsOf(report, runs), seconds: Math.round((Date.now() - started) / 1000) }
}

/** What the run has written; one that broke off has not, and none of its programs is known to have passed. */
function countsOf(report, runs) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).ran
  } catch {
    return { passed: 0, failed: 0, skipped: runs }
  }
}

function nameOf({ prisma, db }) {
  return `${prisma}/${db}`
}
