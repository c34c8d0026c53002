import { maskSecrets, rewriteError } from '../errors/scrub.js'
import { type DatabaseNames, databaseNamesIn } from './database-names.js'
import type { AnsweringIndex, ModelShape, SchemaShape } from './plan/shape.js'

/** Cleans what Prisma and drivers throw, before it reaches the caller. */
export type ErrorScrubber = (error: unknown) => unknown

/** Errors keep class and code, and lose every cell and tag. */
export function scrubSecrets(error: unknown): unknown {
  return rewriteError(error, maskSecrets)
}

/**
 * Errors keep class and code, lose every cell and tag, and speak of the caller's fields: a unique violation of
 * `ssnIndex` names `ssn`, and `meta.target` lists the fields on every driver.
 */
export function createErrorScrubber(schema: SchemaShape, names: DatabaseNames = databaseNamesIn('')): ErrorScrubber {
  const columns = indexColumns(schema)
  const rename = (text: string): string => {
    const frames = startOfFrames(text)
    const named = columns.reduce(
      (renamed, { pattern, fields }) => renamed.replace(pattern, fields),
      text.slice(0, frames),
    )
    return named + text.slice(frames)
  }
  return (error) => {
    const target = isUniqueViolation(error) ? violatedFields(error, schema, names) : undefined
    const clean = rewriteError(error, (text) => rename(maskSecrets(text)))
    if (target !== undefined && isUniqueViolation(clean)) clean.meta = { ...clean.meta, target }
    return clean
  }
}

/** Where a stack's frames begin: they name files and functions, whatever these are called. */
function startOfFrames(text: string): number {
  const at = text.search(/\n {4}at /)
  return at === -1 ? text.length : at
}

interface IndexColumn {
  readonly pattern: RegExp
  readonly fields: string
}

/** Index columns by every name they have, longest first, so that no name is renamed inside another. */
function indexColumns(schema: SchemaShape): IndexColumn[] {
  const names = new Map<string, string>()
  for (const shape of schema.values()) {
    for (const [column, { index }] of shape.indexes) {
      const fields = index.parts.map(({ field }) => field).join('_')
      names.set(column, fields)
      names.set(columnName(shape, column), fields)
    }
  }
  return [...names]
    .sort(([a], [b]) => b.length - a.length)
    .map(([name, fields]) => ({
      pattern: new RegExp(`(?<![A-Za-z0-9])${escapePattern(name)}(?![A-Za-z0-9])`, 'g'),
      fields,
    }))
}

interface UniqueViolation extends Error {
  code: 'P2002'
  meta?: Record<string, unknown>
}

function isUniqueViolation(error: unknown): error is UniqueViolation {
  return error instanceof Error && 'code' in error && error.code === 'P2002'
}

/** The fields a unique violation is about, from whichever of the three forms the driver reports. */
function violatedFields(
  { meta = {} }: UniqueViolation,
  schema: SchemaShape,
  { uniques }: DatabaseNames,
): string[] | undefined {
  const cause = at(meta, 'driverAdapterError', 'cause')
  const reported = at(cause, 'constraint', 'fields') ?? meta.target ?? at(cause, 'constraint', 'index')
  // A nested write reports the outermost model; the table, where it is reported, is the one that refused.
  const [table, model] = [at(cause, 'table'), meta.modelName]
  const nearness = (shape: ModelShape): number => (shape.policy.dbName === table ? 0 : shape.name === model ? 1 : 2)
  for (const shape of [...schema.values()].sort((a, b) => nearness(a) - nearness(b))) {
    const named = typeof reported === 'string' ? uniques.get(shape.name) : undefined
    const group =
      uniqueGroups(shape).find((fields) => isReported(reported, shape, fields)) ??
      [...(named ?? [])].find(([name]) => reported === name || String(reported).endsWith(`.${name}`))?.[1]
    if (group !== undefined) return group.flatMap((field) => sources(shape, field))
  }
  return undefined
}

/** Whether a driver's list of columns, or its name of a constraint, means these fields. */
function isReported(reported: unknown, shape: ModelShape, fields: readonly string[]): boolean {
  if (Array.isArray(reported)) {
    const names = reported.map((name) => String(name).replaceAll('"', ''))
    return (
      names.length === fields.length &&
      fields.every((field, i) => [field, columnName(shape, field)].includes(names[i] ?? ''))
    )
  }
  if (typeof reported !== 'string') return false
  const named = `${shape.policy.dbName}_${fields.map((field) => columnName(shape, field)).join('_')}`
  return NAME_LIMITS.some((limit) => {
    const name = `${named.slice(0, limit - UNIQUE_SUFFIX.length)}${UNIQUE_SUFFIX}`
    return reported === name || reported.endsWith(`.${name}`)
  })
}

/** What Prisma Migrate ends the names of unique indexes in, after cutting them to what PostgreSQL and MySQL take. */
const UNIQUE_SUFFIX = '_key'
const NAME_LIMITS = [63, 64]

function uniqueGroups(shape: ModelShape): string[][] {
  const single = Object.values(shape.policy.fields).flatMap((field) =>
    field.kind === 'scalar' && field.unique ? [[field.name]] : [],
  )
  return [...single, ...[shape.policy.primaryKey, ...shape.policy.uniques].map(({ fields }) => [...fields])]
}

function sources(shape: ModelShape, field: string): readonly string[] {
  const index: AnsweringIndex | undefined = shape.indexes.get(field)
  return index === undefined ? [field] : index.index.parts.map((part) => part.field)
}

function columnName(shape: ModelShape, field: string): string {
  const policy = shape.policy.fields[field]
  return policy?.kind === 'scalar' ? policy.dbName : field
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined),
    value,
  )
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
