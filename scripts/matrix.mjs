#!/usr/bin/env node
// Calls every cell of the conformance matrix (operation x argument x form, as the generated client's own types have
// them) and prints what works, what is refused and what to do instead.
//   node scripts/matrix.mjs [--database sqlite] [--prisma 7] [--generator prisma-client] [--tenants without|with] [--json]
//                           [--cells REGEX]   only cells whose name matches; prints each of them
// The exit code is 0 only if every cell is as expected.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createVitest } from 'vitest/node'

const ROOT = path.dirname(import.meta.dirname)

const { values: options } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    prisma: { type: 'string', default: '7' },
    generator: { type: 'string', default: 'prisma-client' },
    tenants: { type: 'string' },
    cells: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const tenancies = tenanciesOf(options.tenants)
const isServer = options.database === 'postgresql' || options.database === 'mariadb'

const vitest = await createVitest('test', {
  root: ROOT,
  watch: false,
  maxWorkers: 1,
  reporters: [{}],
  passWithNoTests: false,
  testNamePattern: `(${tenancies.join('|')}) `,
  ...(isServer ? { globalSetup: ['test/support/services.ts'] } : {}),
  env: {
    TEST_CELLS: 'all',
    ...(options.cells === undefined ? {} : { TEST_CELLS_LIKE: options.cells }),
    TEST_DATABASES: options.database,
    TEST_PRISMA: options.prisma,
    TEST_GENERATOR: options.generator,
  },
})
await vitest.start(['test/conformance/cells.test.ts'])
const modules = vitest.state.getTestModules()
const cells = modules.flatMap((module) => [...module.children.allTests()].flatMap(resultOf))
const broken = [
  ...modules.flatMap((module) => [module, ...module.children.allSuites()].flatMap((task) => task.errors())),
  ...vitest.state.getUnhandledErrors(),
].map(({ message }) => message)
await vitest.close()

const failed = cells.filter(({ passed }) => !passed)
const result = {
  ok: failed.length === 0 && broken.length === 0 && cells.length > 0,
  database: options.database,
  prisma: options.prisma,
  generator: options.generator,
  counts: countOf(cells),
  cells: cells.map(({ error, ...cell }) => (error === undefined ? cell : { ...cell, error })),
  broken,
}
if (options.json) console.log(JSON.stringify(result, null, 2))
else print()
process.exit(result.ok ? 0 : 1)

function tenanciesOf(asked) {
  const all = ['without tenants', 'with tenants']
  const found = asked === undefined ? all : all.filter((tenancy) => tenancy === `${asked} tenants`)
  if (found.length > 0) return found
  console.error('--tenants takes with or without')
  process.exit(2)
}

/** A test that ran, as the cells it called. */
function resultOf(test) {
  const { state, errors = [] } = test.result()
  if (state === 'skipped' || state === 'pending') return []
  const { cells: called } = test.meta()
  if (called !== undefined) return called.map((cell) => ({ ...cell, passed: cell.error === undefined }))
  return [{ name: test.name, tenancy: '', outcome: 'unknown', passed: false, error: errors[0]?.message ?? 'no cells' }]
}

function countOf(list) {
  const outcomes = [...new Set(list.map(({ outcome }) => outcome))].sort()
  return Object.fromEntries(
    outcomes.map((outcome) => [outcome, list.filter((cell) => cell.outcome === outcome).length]),
  )
}

function print() {
  const { counts } = result
  console.log(`Prisma ${options.prisma}, ${options.generator}, ${options.database}: ${cells.length} cells`)
  for (const tenancy of tenancies) {
    const here = cells.filter((cell) => cell.tenancy === tenancy)
    if (here.length === 0) continue
    console.log(`\n# ${tenancy}`)
    if (options.cells !== undefined) printCells(here)
    else {
      printWrites(here)
      printReads(here)
    }
  }
  printRemedies()
  for (const [title, list] of [
    ['NOT AS EXPECTED', failed.map(({ name, tenancy, error }) => `${name} (${tenancy}): ${error?.split('\n')[0]}`)],
    ['BROKEN', broken],
  ]) {
    if (list.length > 0) console.log(`\n${title}\n${list.map((line) => `  ${line}`).join('\n')}`)
  }
  const summary = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`)
  console.log(`\n${result.ok ? 'All as expected' : 'FAILED'}: ${summary.join(', ')}.`)
}

function printCells(here) {
  for (const cell of here) console.log(`  ${markOf([cell]).padEnd(3)} ${cell.name}`)
}

/** Verbs by relations, for each operation that writes; columns of indexes, which nobody may name, are left out. */
function printWrites(here) {
  const named = here.filter(({ name }) => !/Index\b/.test(name))
  const writes = named.flatMap((cell) => {
    const [, head, relation, verb] =
      /^((?:create|update|upsert) (?:data|create|update)): \{ (\w+): \{ (\w+):/.exec(cell.name) ?? []
    return verb === undefined || !isRelation(relation) ? [] : [{ ...cell, head, relation, verb }]
  })
  for (const head of new Set(writes.map((cell) => cell.head))) {
    const rows = writes.filter((cell) => cell.head === head)
    const relations = [...new Set(rows.map(({ relation }) => relation))]
    const verbs = [...new Set(rows.map(({ verb }) => verb))]
    printGrid(`${head}: nested verb by relation`, verbs, relations, (verb, relation) =>
      rows.filter((cell) => cell.verb === verb && cell.relation === relation),
    )
  }
}

/** What is asked, by what it is asked of, for each argument. */
function printReads(here) {
  const reads = here.filter(
    ({ name }) => !/^\w+ (data|create|update): \{ \w+: \{ \w+:/.test(name) || !isRelation(/\{ (\w+)/.exec(name)?.[1]),
  )
  const parsed = reads.map((cell) => {
    const [, operation, argument, rest] = /^(\w+) (\w+): (.*)$/.exec(cell.name) ?? [
      undefined,
      cell.name.replace(/\(\).*/, ''),
      'fluent',
      '',
    ]
    const [, subject = '', detail = ''] = /^\[?\{ (\w+): (.*?) ?\}?\]?$/.exec(rest) ?? []
    const [, operator] = /^\[?\{ (\w+)/.exec(detail) ?? []
    return {
      ...cell,
      operation,
      argument,
      subject: subject || (rest === '' ? '' : rest.replace(/[[\]{} ]/g, '')),
      operator: operator ?? 'itself',
    }
  })
  const arguments_ = [...new Set(parsed.map(({ argument }) => argument))]
  const operations = [...new Set(parsed.map(({ operation }) => operation))]
  printGrid('argument by operation', arguments_, operations, (argument, operation) =>
    parsed.filter((cell) => cell.argument === argument && cell.operation === operation),
  )
  for (const argument of ['where', 'having', 'orderBy', 'distinct', 'by', '_count', '_min', '_max', 'data']) {
    const rows = parsed.filter((cell) => cell.argument === argument && cell.subject !== '')
    const subjects = [...new Set(rows.map(({ subject }) => subject))]
    const operators = [...new Set(rows.map(({ operator }) => operator))]
    printGrid(`${argument}: operator by field`, subjects, operators, (subject, operator) =>
      rows.filter((cell) => cell.subject === subject && cell.operator === operator),
    )
  }
}

function isRelation(name) {
  return /^(has|belongs|many|joins|self)/.test(name ?? '') && !/Id$/.test(name)
}

function printGrid(title, rows, columns, at) {
  if (rows.length === 0) return
  const lines = [['', ...columns], ...rows.map((row) => [row, ...columns.map((column) => markOf(at(row, column)))])]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  console.log(`\n${title}`)
  for (const line of lines) {
    console.log(
      `  ${line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join(' ')
        .trimEnd()}`,
    )
  }
}

/** `yes`, `no` and the numbers of remedies, `P` for what Prisma refuses, `FAIL`; several if forms differ; `-` for none. */
function markOf(list) {
  if (list.length === 0) return '-'
  const marks = list.map(({ passed, outcome, remedy }) => {
    if (!passed) return 'FAIL'
    if (outcome === 'refused') return `no${remedies().indexOf(remedy) + 1}`
    return outcome === 'refused by Prisma' ? 'P' : 'yes'
  })
  return [...new Set(marks)].sort().reverse().join('/')
}

function remedies() {
  return [...new Set(cells.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])))]
}

function printRemedies() {
  console.log('\nyes works  noN refused, see N  P refused by Prisma itself  - not offered')
  for (const [at, remedy] of remedies().entries()) console.log(`no${at + 1}: ${remedy}`)
}
