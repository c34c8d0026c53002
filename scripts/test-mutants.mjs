#!/usr/bin/env node
// Plants faults, one at a time, in copies of the source tree, and runs the tests that must notice them: the differential
// test on SQLite, or what a mutant names (test/mutants/mutants.mjs). The exit code is 1 if one survives, or if one no
// longer fits the source.
//   node scripts/test-mutants.mjs [--only NAME] [--runs N] [--seed N] [--json]
//
//   --only NAME     mutants whose name holds this
//   --runs N        programs of the differential test, at most; default 300
//   --seed N        of the first program; default 1
//   --workers N     mutants at once; default: one for each core
//   --json          the result as JSON on stdout
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { MUTANTS } from '../test/mutants/mutants.mjs'

const ROOT = path.dirname(import.meta.dirname)
/** What the tests need of the tree, and what they only read. */
const COPIED = ['src', 'test', 'scripts', 'prisma', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const LINKED = ['node_modules', '.tmp']
const NOT_COPIED = /prisma-6\.\d+\/(node_modules|\.tmp)/
/** Milliseconds after which a test that has not ended has failed to notice. */
const PATIENCE = 300_000
/** Programs that must pass before any mutant is planted. */
const BASELINE_RUNS = 10

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
  },
})
const say = options.json ? console.error : console.log
const mutants = MUTANTS.filter(({ name }) => name.includes(options.only))
if (mutants.length === 0) fail(`No mutant is called ${options.only}`)
const misfits = MUTANTS.flatMap((mutant) => misfitOf(mutant))
if (misfits.length > 0) fail(`These mutants do not fit the source any more:\n${misfits.join('\n')}`)

const folder = mkdtempSync(path.join(tmpdir(), 'fieldseal-mutants-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const started = Date.now()
const trees = Array.from({ length: Number(options.workers) }, (_, at) => copyOfTree(String(at)))
const sound = await runTests(trees[0], fuzz(BASELINE_RUNS))
if (sound.code !== 0) fail(`The tests fail without any mutant:\n${sound.output}`)
const queue = [...mutants]
const results = []
await Promise.all(trees.map(work))

const survivors = results.filter(({ killed }) => !killed)
const seconds = Math.round((Date.now() - started) / 1000)
if (options.json) console.log(JSON.stringify({ ok: survivors.length === 0, seconds, results }, null, 2))
else {
  console.log(`\n${results.length - survivors.length} of ${results.length} mutants killed, in ${seconds} s`)
  for (const { name, why, output } of survivors) console.log(`\nSURVIVED: ${name}: ${why}\n${output}`)
}
process.exit(survivors.length === 0 ? 0 : 1)

/** Plants mutants of the queue in a tree, one after the other. */
async function work(tree) {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { name, why, tests, focus } = mutant
    const file = path.join(tree, mutant.file)
    const source = readFileSync(file, 'utf8')
    writeFileSync(
      file,
      source.replace(mutant.find, () => mutant.replace),
    )
    const { code, output } = await runTests(tree, tests === undefined ? fuzz(options.runs, focus) : vitest(tests))
    writeFileSync(file, source)
    const by = code === 0 || code === 'late' ? undefined : killerOf(output, tests)
    results.push({ name, why, killed: by !== undefined, by, ...(by === undefined && { output: output.slice(-2000) }) })
    say(by === undefined ? `SURVIVED  ${name}` : `killed    ${name}, by ${by}`)
  }
}

function copyOfTree(name) {
  const tree = path.join(folder, name)
  for (const entry of COPIED) {
    const filter = (from) => !NOT_COPIED.test(from)
    cpSync(path.join(ROOT, entry), path.join(tree, entry), { recursive: true, filter })
  }
  for (const entry of LINKED) symlinkSync(path.join(ROOT, entry), path.join(tree, entry))
  return tree
}

/** The differential test until its first failure. */
function fuzz(runs, focus = []) {
  const settings = ['--workers', '1', '--failures', '1', '--shrink', '0', '--seed', options.seed]
  return ['scripts/fuzz.mjs', ...settings, ...focus, '--runs', String(runs)]
}

function vitest(files) {
  return ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers', '1', ...files]
}

function runTests(tree, args) {
  const env = { ...process.env, TEST_DATABASES: 'sqlite', NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { cwd: tree, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGTERM')
      resolve({ code: 'late', output })
    }, PATIENCE)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}

/** What noticed it, as the output says; undefined if something else went wrong. */
function killerOf(output, files) {
  if (files !== undefined) return /FAIL +(?:\|\w+\| )?(.+)/.exec(output)?.[1]?.trim()
  const failure = /^Program (\d+): (.+?)\. Run it again/m.exec(output)
  const count = /^(\d+) programs, /m.exec(output)
  return failure === null ? undefined : `program ${failure[1]} (of ${count?.[1]}): ${failure[2]}`
}

function misfitOf({ name, file, find }) {
  const count = readFileSync(path.join(ROOT, file), 'utf8').split(find).length - 1
  return count === 1 ? [] : [`  ${name}: ${JSON.stringify(find)} stands ${count} times in ${file}`]
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
