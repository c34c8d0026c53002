/**
 * Proves that a fresh machine needs `npm ci` and one command more: on a clean clone of HEAD, with an empty npm cache, it
 * runs `npm ci`, `npm run demo` and the tests, for every combination of Node.js, npm, and install scripts on or off.
 *
 * Usage: node scripts/two-commands.mjs [--quick] [--only node=22,npm=10,scripts=off] [--test-script test] [--json] [--keep]
 *          [--show] [--tests-report FILE]
 *   --quick         one combination: the Node.js and npm that run this, install scripts off
 *   --only          one value for some axes; any version or range of node and npm, also one outside the matrix
 *   --test-script   the package.json script that runs the tests
 *   --json          the result as JSON on stdout
 *   --keep          keep the clones and logs of what succeeded, too
 *   --show          the output of the commands goes to stderr while they run, not to logs
 *   --tests-report  vitest's JSON report of the tests, with paths relative to the clone; for one combination only
 *
 * Nothing but the registry of `npm config get registry` may be asked for anything. With install scripts on, what other
 * packages' scripts ask for in vain is shown, but is not a failure as long as every command succeeds.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { bringTools, runOnFreshMachine, tail } from './fresh-machine.mjs'

const MATRIX = { node: ['20.19.0', '22', '24'], npm: ['10', '11'], scripts: ['off', 'on'] }
const QUICK = { node: ['current'], npm: ['current'], scripts: ['off'] }

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'test-script': { type: 'string', default: 'test' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    'tests-report': { type: 'string' },
  },
})

const root = process.cwd()
const cells = combinations({ ...(options.quick ? QUICK : MATRIX), ...parseOnly(options.only) })
const commands = [
  ['npm', 'ci'],
  ['npm', 'run', 'demo'],
  ['npm', 'run', options['test-script']],
]
const report = options['tests-report']
if (report !== undefined && cells.length !== 1) throw new Error('--tests-report takes one combination; add --quick.')

const dirty = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).trim() !== ''
if (dirty) console.error('Note: HEAD is tested; the uncommitted changes in this folder are not.')

const workshop = mkdtempSync(join(tmpdir(), 'fieldseal-two-commands-'))
const results = []
for (const cell of cells) {
  console.error(`${describe(cell)} …`)
  const result = await runCell(cell)
  console.error(`${describe(cell)}: ${result.problem ?? 'works'}`)
  const failed = result.steps.find(({ code }) => code !== 0)
  if (failed !== undefined && !options.show)
    console.error(`--- ${failed.command}, end of ${failed.log}\n${tail(failed.log)}\n---`)
  results.push(result)
}

const failures = results.filter(({ problem }) => problem !== null)
if (failures.length === 0 && !options.keep) rmSync(workshop, { recursive: true, force: true })
else console.error(`Clones and logs: ${workshop}`)
if (options.json) console.log(JSON.stringify(results, null, 2))
else printTable()
process.exitCode = failures.length === 0 ? 0 : 1

async function runCell(cell) {
  const folder = mkdtempSync(join(workshop, 'cell-'))
  const paths = bringTools(cell, join(workshop, 'tools'))
  const draft = join(folder, 'tests.json')
  const reporters = ['--', '--reporter=default', '--reporter=json', `--outputFile.json=${draft}`]
  const outcome = await runOnFreshMachine({
    root,
    folder,
    paths,
    scripts: cell.scripts,
    commands: report === undefined ? commands : [...commands.slice(0, -1), [...commands.at(-1), ...reporters]],
    show: options.show,
  })
  if (report !== undefined && existsSync(draft)) saveReport(draft, join(folder, 'clone'))
  const problem = problemOf(cell, outcome)
  if (problem === null && !options.keep) rmSync(folder, { recursive: true, force: true })
  return { cell, ...outcome, problem }
}

function problemOf(cell, { steps, network }) {
  const failed = steps.find(({ code }) => code !== 0)
  if (failed !== undefined)
    return `${failed.command} failed${failed.code === null ? ' (killed)' : ` (exit code ${failed.code})`}`
  if (cell.scripts === 'off' && network.refused.length > 0) return `asked for ${network.refused.join(', ')}`
  if (network.reached.length === 0) return 'never asked the registry through the proxy: its network was not watched'
  return null
}

/** The clone will be gone, so its files are named as they are in any other. */
function saveReport(draft, clone) {
  const { testResults, ...rest } = JSON.parse(readFileSync(draft, 'utf8'))
  const files = testResults.map((file) => ({ ...file, name: relative(clone, file.name) }))
  writeFileSync(report, JSON.stringify({ ...rest, testResults: files }))
}

function parseOnly(text) {
  const pairs = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split('='))
  for (const [axis, value] of pairs) {
    const known =
      Object.hasOwn(MATRIX, axis) && value !== undefined && (axis !== 'scripts' || MATRIX.scripts.includes(value))
    if (!known)
      throw new Error(`--only takes node=VERSION, npm=VERSION and scripts=on|off, not ${axis}=${value ?? ''}.`)
  }
  return Object.fromEntries(pairs.map(([axis, value]) => [axis, [value]]))
}

function combinations({ node, npm, scripts }) {
  return node.flatMap((n) => npm.flatMap((m) => scripts.map((s) => ({ node: n, npm: m, scripts: s }))))
}

function describe({ node, npm, scripts }) {
  return `Node.js ${node}, npm ${npm}, install scripts ${scripts}`
}

function printTable() {
  const header = ['node', 'npm', 'scripts', ...commands.map((command) => command.join(' ')), 'refused hosts', 'result']
  const rows = results.map(({ cell, node, npm, steps, network, problem }) => [
    node,
    npm,
    cell.scripts,
    ...commands.map((_, index) => seconds(steps[index])),
    network.refused.join(' ') || 'none',
    problem ?? 'works',
  ])
  const table = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table)
    console.log(
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
}

function seconds(step) {
  if (step === undefined) return '-'
  return `${step.seconds.toFixed(1)} s${step.code === 0 ? '' : ' ✗'}`
}
