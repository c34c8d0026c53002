#!/usr/bin/env node
// Runs the integration suite on every Prisma version with both client generators, each on SQLite, PGlite, PostgreSQL and
// MariaDB, and prints one table. The exit code is 0 only if every test ran and passed. matrix-plan.mjs says which files
// run with one generator of each version, or on one database, and why.
//   node scripts/test-matrix.mjs [--only prisma=6.16,generator=prisma-client] [--files test/prisma,…] [--json]
//
// A server named by TEST_POSTGRES_URL or TEST_MYSQL_URL is used; without a URL a private one is started, once for all.
//   --known FILE   vitest's JSON report of `npm test`, here or in a clone: what ran there, on SQLite and PGlite with
//                  Prisma 7 and prisma-client, is taken from it instead of being run again
//   --report FILE  writes the JSON to FILE as well
//   --effort N     share of the runs of a property test; default 0.3, and 1 where `npm test` runs, too
//   --workers N    test files at once; default 3: many wait for a database
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { configDefaults } from 'vitest/config'
import { createVitest } from 'vitest/node'
import {
  BASE,
  DATABASES,
  GENERATORS,
  ONE_GENERATOR,
  runsWholeSuite,
  SQLITE_BEFORE_7,
  SUITE,
  VERSIONS,
} from './matrix-plan.mjs'
import { createTable, emptyCells, renderTable } from './matrix-table.mjs'

const ROOT = path.dirname(import.meta.dirname)
const CAPABILITY_TESTS = 'offers what the table of capabilities says'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    files: { type: 'string', default: SUITE.join(',') },
    json: { type: 'boolean', default: false },
    known: { type: 'string' },
    report: { type: 'string' },
    effort: { type: 'string' },
    workers: { type: 'string', default: '3' },
  },
})
const files = options.files.split(',')
const combinations = VERSIONS.flatMap((prisma) => GENERATORS.map((generator) => ({ prisma, generator }))).filter(
  isAsked(options.only),
)
if (combinations.length === 0) fail(`--only ${options.only} leaves no combination`)
const known = options.known === undefined ? [] : knownTests(options.known)

const vitest = await createVitest(
  'test',
  {
    root: ROOT,
    // It has projects of its own.
    config: false,
    watch: false,
    maxWorkers: Number(options.workers),
    slowTestThreshold: 5000,
    globalSetup: ['test/support/services.ts'],
    reporters: [options.json ? {} : 'default'],
    passWithNoTests: false,
  },
  {
    test: {
      projects: combinations.flatMap(projectsOf),
    },
  },
)
await vitest.start(files)
const modules = vitest.state.getTestModules()
const ran = modules.flatMap((module) => [...module.children.allTests()].map((test) => outcomeOf(module, test)))
const broken = [
  ...modules.flatMap((module) => [module, ...module.children.allSuites()].flatMap(errorsOf)),
  ...vitest.state.getUnhandledErrors().map((error) => `unhandled: ${error.message ?? error}`),
]
const { CAPABILITIES, offers } = await vitest.import(path.join(ROOT, 'test/capabilities.ts'))
await vitest.close()

const again = new Set(ran.map(identity))
const inTable = [
  ...known.filter((outcome) => !again.has(identity(outcome)) && files.some((part) => outcome.file.includes(part))),
  ...ran,
]
const table = createTable(inTable, { databases: DATABASES, combinations })
// A run of some files or databases leaves cells empty; the whole suite does not.
const isWhole = options.files === SUITE.join(',') && !process.env.TEST_DATABASES
const empty = isWhole ? emptyCells(table) : []
const capabilities = countCapabilities(inTable)
const seen = new Set(known.map(identity))
const fresh = ran.filter((outcome) => !seen.has(identity(outcome)))
const count = (list, state) => list.filter((outcome) => outcome.state === state).length
const result = {
  ok: false,
  table,
  // Tests of this run that the known report does not have, each once.
  ran: {
    passed: count(fresh, 'passed'),
    failed: count(fresh, 'failed') + broken.length,
    skipped: count(fresh, 'skipped'),
  },
  capabilities,
  failures: inTable.filter(({ state }) => state !== 'passed').map(describeOutcome),
  broken,
  empty,
}
result.ok = ran.length > 0 && [result.failures, broken, empty, capabilities.missing].every((list) => list.length === 0)
if (options.report !== undefined) writeFileSync(options.report, JSON.stringify(result, null, 2))
if (options.json) console.log(JSON.stringify(result, null, 2))
else print(result)
process.exit(result.ok ? 0 : 1)

function print({ ok, failures, capabilities: { tested, refused, missing } }) {
  console.log(`\n${renderTable(table)}`)
  console.log(`Capabilities: ${tested} tested, ${refused} asserted to be refused by Prisma.`)
  for (const [title, list] of [
    ['Not passed', failures],
    ['Broken', broken],
    ['Nothing ran', empty],
    ['Capabilities that no test settled', missing],
  ]) {
    if (list.length > 0) console.log(`\n${title}:\n${list.map((line) => `  ${line}`).join('\n')}`)
  }
  console.log(`\n${ok ? 'Everything passed' : 'FAILED'}: ${ran.length} tests ran.`)
}

/** `prisma=6.16,generator=prisma-client` as a test of a combination. */
function isAsked(only) {
  const wanted = only
    .split(',')
    .filter(Boolean)
    .map((pair) => pair.split('='))
  for (const [key, value] of wanted) {
    const choices = { prisma: VERSIONS, generator: GENERATORS }[key]
    if (!choices?.includes(value))
      fail(`--only takes prisma=${VERSIONS.join('|')} and generator=${GENERATORS.join('|')}`)
  }
  return (combination) => wanted.every(([key, value]) => combination[key] === value)
}

function projectsOf(combination) {
  if (!runsWholeSuite(combination)) return [project(combination, nameOf(combination), Object.keys(ONE_GENERATOR))]
  if (combination.prisma === '7' || process.env.TEST_DATABASES) return [project(combination, nameOf(combination), [])]
  const onSqlite = project(combination, `${nameOf(combination)} sqlite`, [], { TEST_DATABASES: 'sqlite' })
  onSqlite.test.include = SQLITE_BEFORE_7
  return [project(combination, nameOf(combination), SQLITE_BEFORE_7), onSqlite]
}

function project(combination, name, left, environment = {}) {
  return {
    extends: path.join(ROOT, 'vitest.config.ts'),
    test: {
      name,
      env: { ...environmentOf(combination), ...environment },
      exclude: [...configDefaults.exclude, ...left],
      isolate: false,
      maxWorkers: Number(options.workers),
    },
  }
}

function nameOf({ prisma, generator }) {
  return `${prisma} ${generator}`
}

function environmentOf(combination) {
  return {
    TEST_PRISMA: combination.prisma,
    TEST_GENERATOR: combination.generator,
    TEST_EFFORT: options.effort ?? (nameOf(combination) === nameOf(BASE) ? '1' : '0.3'),
    ...(options.known !== undefined && nameOf(combination) === nameOf(BASE)
      ? { TEST_DATABASES: 'postgresql,mariadb' }
      : {}),
  }
}

/** Where and how a test ended: its titles name the database, and may name the combination. */
function outcomeOf(module, test) {
  const titles = [test.name]
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) titles.unshift(parent.name)
  const [prisma, generator] = module.project.name.split(' ')
  const state = test.result().state
  const error = test.result().errors?.[0]?.message.split('\n')[0]
  return place({ file: module.relativeModuleId, titles, state, error }, { prisma, generator })
}

function knownTests(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  return report.testResults.flatMap(({ name, assertionResults }) => {
    const file = path.relative(ROOT, path.resolve(ROOT, name))
    return assertionResults.map(({ ancestorTitles, title, status, failureMessages }) => {
      const error = failureMessages?.[0]?.split('\n')[0]
      return place({ file, titles: [...ancestorTitles, title], state: status, error }, BASE)
    })
  })
}

function place(outcome, combination) {
  const text = outcome.titles.join(' ')
  const named = /Prisma (7|6\.19|6\.16), (prisma-client(?:-js)?)\b/.exec(text)
  const database = new RegExp(`\\b(${DATABASES.join('|')})\\b`, 'i').exec(text)?.[1].toLowerCase()
  return {
    ...outcome,
    database,
    prisma: named?.[1] ?? combination.prisma,
    generator: named?.[2] ?? combination.generator,
  }
}

function identity({ file, titles, prisma, generator }) {
  return [file, ...titles, prisma, generator].join('\n')
}

function describeOutcome({ file, titles, prisma, generator, state, error }) {
  return `${state} on ${prisma} ${generator}: ${file} > ${titles.join(' > ')}${error === undefined ? '' : `: ${error}`}`
}

function errorsOf(task) {
  return task
    .errors()
    .map(({ message }) => `${task.project.name}: ${task.fullName ?? task.relativeModuleId}: ${message}`)
}

/** Each capability is, on each configuration that ran, tested or asserted to be refused: a passed test says so. */
function countCapabilities(outcomes) {
  const counts = { tested: 0, refused: 0, missing: [] }
  const settled = outcomes.filter(({ titles }) => titles.some((title) => title.startsWith(CAPABILITY_TESTS)))
  const places = new Map(settled.map((one) => [`${one.database} ${nameOf(one)}`, one]))
  for (const [name, { database, prisma, generator }] of places) {
    for (const capability of CAPABILITIES) {
      const isSettled = settled.some(
        (one) =>
          one.titles.at(-1) === capability &&
          one.state === 'passed' &&
          one.database === database &&
          one.prisma === prisma &&
          one.generator === generator,
      )
      if (!isSettled) counts.missing.push(`${capability} on ${name}`)
      else if (offers(capability, database, prisma)) counts.tested++
      else counts.refused++
    }
  }
  return counts
}

function fail(message) {
  console.error(message)
  process.exit(2)
}
