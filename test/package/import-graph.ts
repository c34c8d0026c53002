import { join } from 'node:path'
import { repository, runProgram } from './project-folder.js'

/** One import that a rule forbids. `from` and `to` are paths from the root of the tree. */
export interface Violation {
  readonly rule: string
  readonly from: string
  readonly to: string
}

/** Runs this repository's import rules on the `src` of a tree and returns every violation. */
export function violationsIn(root: string): Violation[] {
  const { code, stdout, stderr } = runProgram(
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    ['src', '--config', join(repository, '.dependency-cruiser.mjs'), '--output-type', 'json'],
    root,
  )
  if (code !== 0) throw new Error(`The import rules could not be run: ${stderr}`)
  return parseViolations(JSON.parse(stdout))
}

function parseViolations(report: unknown): Violation[] {
  const summary = isRecord(report) ? report.summary : undefined
  const violations = isRecord(summary) ? summary.violations : undefined
  if (!Array.isArray(violations)) throw new Error('The import report has no list of violations.')
  return violations.map((violation: unknown) => {
    const rule = isRecord(violation) && isRecord(violation.rule) ? violation.rule.name : undefined
    if (!isRecord(violation) || typeof rule !== 'string') throw new Error('A violation names no rule.')
    return { rule, from: String(violation.from), to: String(violation.to) }
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
