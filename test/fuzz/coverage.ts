import type { Provider } from '../support/schema.js'
import { type Model, modelNamed } from './models.js'
import { isPlain } from './sides.js'
import type { Step } from './step.js'
import { nestedWritesOf, sealedArguments, type Way } from './walk.js'

/** Columns of the table: what a filter on encrypted fields may say, and what such filters stand in. */
export const OPERATORS = [
  'value',
  'equals',
  'in',
  'notIn',
  'not',
  'not {}',
  'null',
  'not null',
  'insens.',
  'AND',
  'OR',
  'NOT',
  'some',
  'every',
  'none',
  'is',
  'isNot',
] as const
export type Operator = (typeof OPERATORS)[number]

const RELATED: readonly Operator[] = ['some', 'every', 'none', 'is', 'isNot']

/** Rows of the table: an operation by its own filter, or a verb nested in it by that verb's; `ret` a read's inner filters. */
const ROWS = [
  ...['findUnique', 'findUniqueOrThrow', 'findFirst', 'findFirstOrThrow', 'findMany', 'count', 'aggregate', 'groupBy'],
  ...['update', 'updateMany', 'updateManyAndReturn', 'upsert', 'delete', 'deleteMany'],
  ...['connect', 'connectOrCreate'].map((verb) => `create ${verb}`),
  ...['update', 'upsert'].flatMap((operation) =>
    [
      ...['connect', 'connectOrCreate', 'set', 'disconnect', 'update', 'updateMany', 'upsert', 'delete', 'deleteMany'],
    ].map((verb) => `${operation} ${verb}`),
  ),
  'groupBy having',
  'find… include',
]

/** Prisma has no such thing. */
function isImpossible(row: string, operator: Operator): boolean {
  // Nested changes of many rows filter by scalars alone.
  if (/ (updateMany|deleteMany)$/.test(row)) return RELATED.includes(operator)
  if (row === 'groupBy having') return RELATED.includes(operator) || operator === 'insens.'
  return false
}

/** How often each cell of the table was filled: `row|operator` → count. */
export type Counts = ReadonlyMap<string, number>

/** Counts that grow. */
export interface Tally {
  add(key: string, count?: number): void
  readonly counts: Counts
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  return { counts, add: (key, count = 1) => counts.set(key, (counts.get(key) ?? 0) + count) }
}

/** The cells an operation stands in, on the ways it has gone. */
export function cellsOf(step: Step, ways: readonly Way[]): string[] {
  const args = sealedArguments(step)
  const model = modelNamed(step.model)
  const cells = new Set<string>()
  const count = (row: string, node: Model, filter: unknown): void => {
    const found = new Set<Operator>()
    readFilter(node, filter, found)
    for (const operator of found) cells.add(`${row}|${operator}`)
  }
  count(step.operation, model, args.where)
  count('groupBy having', model, args.having)
  for (const { model: child, verb, where } of nestedWritesOf(step, ways))
    count(`${step.operation} ${verb}`, child, where)
  for (const { model: child, where } of selectedFilters(model, args)) count('find… include', child, where)
  return [...cells]
}

/** Adds what a filter says of encrypted fields, and tells whether it says anything of them. */
function readFilter(model: Model, filter: unknown, found: Set<Operator>): boolean {
  let isSealed = false
  for (const one of Array.isArray(filter) ? filter : [filter]) {
    for (const [key, given] of Object.entries(Object(one))) isSealed = readEntry(model, key, given, found) || isSealed
  }
  return isSealed
}

function readEntry(model: Model, key: string, given: unknown, found: Set<Operator>): boolean {
  if (key === 'AND' || key === 'OR' || key === 'NOT') {
    const isSealed = readFilter(model, given, found)
    if (isSealed) found.add(key)
    return isSealed
  }
  const relation = model.relations[key]
  if (relation !== undefined) return readRelation(modelNamed(relation.model), given, found)
  const field = model.fields[key]
  if (field?.encrypted === true) {
    readCondition(given, found)
    return true
  }
  // The name of a key of several fields.
  return field === undefined && isPlain(given) ? readFilter(model, given, found) : false
}

function readRelation(child: Model, given: unknown, found: Set<Operator>): boolean {
  if (!isPlain(given)) return false
  const quantified = Object.entries(given).filter(([name]) => RELATED.some((operator) => operator === name))
  if (quantified.length === 0) return readFilter(child, given, found)
  let isSealed = false
  for (const [name, inner] of quantified) {
    const operator = RELATED.find((one) => one === name)
    if (!readFilter(child, inner, found) || operator === undefined) continue
    found.add(operator)
    isSealed = true
  }
  return isSealed
}

function readCondition(given: unknown, found: Set<Operator>): void {
  if (given === null) found.add('null')
  else if (!isPlain(given)) found.add('value')
  else {
    for (const [operator, operand] of Object.entries(given)) {
      const isNull = operand === null || operand === undefined
      if (operator === 'mode') found.add('insens.')
      else if (operator === 'not') found.add(isNull ? 'not null' : isPlain(operand) ? 'not {}' : 'not')
      else if (operator === 'equals') found.add(isNull ? 'null' : 'equals')
      else if (operator === 'in' || operator === 'notIn') found.add(operator)
    }
  }
}

function selectedFilters(model: Model, args: unknown): { model: Model; where: unknown }[] {
  const { select, include } = Object(args)
  return [select, include].flatMap((fields) =>
    Object.entries(Object(fields)).flatMap(([name, given]) => {
      if (name === '_count') return selectedFilters(model, given)
      const relation = model.relations[name]
      if (relation === undefined) return []
      const child = modelNamed(relation.model)
      return [{ model: child, where: Object(given).where }, ...selectedFilters(child, given)]
    }),
  )
}

/** The table as text, and its cells that were not filled often enough. */
export function renderCoverage(
  counts: Counts,
  provider: Provider,
  floor: number,
): { readonly text: string; readonly missing: readonly string[] } {
  const rows = ROWS.filter((row) => provider !== 'mysql' || row !== 'updateManyAndReturn')
  const missing: string[] = []
  const lines = rows.map((row) => {
    const cells = OPERATORS.map((operator) => {
      if (isImpossible(row, operator)) return '–'
      const count = counts.get(`${row}|${operator}`) ?? 0
      if (count < floor) missing.push(`${row} × ${operator}: ${count}`)
      return String(count)
    })
    return [row, ...cells]
  })
  const table = [['operation, verb', ...OPERATORS], ...lines]
  const widths = table[0]?.map((_, at) => Math.max(...table.map((line) => line[at]?.length ?? 0))) ?? []
  const text = table
    .map((line) =>
      line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
    .join('\n')
  return { text, missing }
}
