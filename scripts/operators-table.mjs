#!/usr/bin/env node
// Writes the table of operators into docs/querying.md, from the very data the planner decides by.
//   node scripts/operators-table.mjs [--check]
//
//   --check  writes nothing; exit code 1 if the page is not what would be written
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

const ROOT = path.dirname(import.meta.dirname)
const PAGE = path.join(ROOT, 'docs/querying.md')
const SOURCE = path.join(ROOT, 'src/prisma/plan/operators.ts')
const [BEGIN, END] = ['<!-- operators: begin (npm run docs:operators) -->', '<!-- operators: end -->']

/** What each list of the source is called on the page. */
const SECTIONS = {
  FILTERS: 'filter on the field',
  COMBINATIONS: 'filters joined',
  QUANTIFIERS: 'filter on related rows',
  CHANGES: '`data`',
  ARGUMENTS: 'argument',
}
const SUPPORT = {
  works: 'works',
  index: 'needs an index',
  'case-folding index': 'needs an index that ignores case',
  'unique index': 'needs a unique index',
  'exact index': 'needs an exact index',
  refused: 'refused',
}

const page = readFileSync(PAGE, 'utf8')
const [before, rest] = page.split(`${BEGIN}\n`)
const [, after] = rest?.split(END) ?? []
if (after === undefined) fail(`docs/querying.md has no ${BEGIN} … ${END}`)
const written = `${before}${BEGIN}\n${renderTable(await loadOperators())}${END}${after}`
if (!process.argv.includes('--check')) writeFileSync(PAGE, written)
else if (written !== page) fail('docs/querying.md does not say what the planner does. Run: npm run docs:operators')

/** The source imports nothing, so that it can be run by itself. */
async function loadOperators() {
  const { outputText } = ts.transpileModule(readFileSync(SOURCE, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`)
}

function renderTable(operators) {
  const lines = ['| Where | What | On an encrypted field | |', '|---|---|---|---|']
  for (const [list, section] of Object.entries(SECTIONS)) {
    for (const { names, rule } of alike(Object.entries(operators[list]))) {
      const what = names.map((name) => `\`${name}\``).join(', ')
      lines.push(
        `| ${section} | ${what} | ${SUPPORT[rule.support] ?? fail(`unknown: ${rule.support}`)} | ${rule.note ?? ''} |`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

/** Names with the same rule, in the order of the first. */
function alike(rules) {
  const groups = new Map()
  for (const [name, rule] of rules) {
    const key = JSON.stringify([rule.support, rule.note])
    groups.set(key, { names: [...(groups.get(key)?.names ?? []), name], rule })
  }
  return groups.values()
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
