import { maskSecrets, rewriteError } from '../errors/scrub.js'
import type { AnsweringIndex, ModelShape, SchemaShape } from './plan/shape.js'

/** Cleans what Prisma and drivers throw, before it reaches the caller. */
export type ErrorScrubber = (error: unknown) => unknown

/**
 * Errors keep class and code, lose every cell and tag, and speak of the caller's fields: a unique violation of
 * `ssnIndex` names `ssn`, and `meta.target` lists the fields on every driver.
 */
export function createErrorScrubber(schema: SchemaShape): ErrorScrubber {
  const columns = indexColumns(schema)
  const rename = (text: string): string =>
    columns.reduce((renamed, { pattern, fields }) => renamed.replace(pattern, fields), text)
  return (error) => {
    const target = isUniqueViolation(error) ? violatedFields(error, schema) : undefined
    const clean = rewriteError(error, (text) => rename(maskSecrets(text)))
    if (target !== undefined && isUniqueViolation(clean)) clean.meta = { ...clean.meta, target }
    return clean
  }
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
function violatedFields({ meta = {} }: UniqueViolation, schema: SchemaShape): string[] | undefined {
  const constraint = at(meta, 'driverAdapterError', 'cause', 'constraint')
  const reported = at(constraint, 'fields') ?? meta.target ?? at(constraint, 'index')
  const model = typeof meta.modelName === 'string' ? schema.get(meta.modelName) : undefined
  const shapes = [...(model === undefined ? [] : [model]), ...schema.values()]
  if (Array.isArray(reported)) {
    const names = reported.map((name) => String(name).replaceAll('"', ''))
    const shape = shapes.find((candidate) => names.every((name) => fieldOfColumn(candidate, name) !== undefined))
    return shape === undefined ? undefined : names.flatMap((name) => sources(shape, fieldOfColumn(shape, name) ?? name))
  }
  if (typeof reported !== 'string') return undefined
  for (const shape of shapes) {
    for (const fields of uniqueGroups(shape)) {
      const named = `${shape.policy.dbName}_${fields.map((field) => columnName(shape, field)).join('_')}_key`
      if (reported === named || reported.endsWith(`.${named}`)) return fields.flatMap((field) => sources(shape, field))
    }
  }
  return undefined
}

function uniqueGroups(shape: ModelShape): string[][] {
  const single = Object.values(shape.policy.fields).flatMap((field) =>
    field.kind === 'scalar' && field.unique ? [[field.name]] : [],
  )
  return [...single, ...shape.policy.uniques.map(({ fields }) => [...fields])]
}

function sources(shape: ModelShape, field: string): readonly string[] {
  const index: AnsweringIndex | undefined = shape.indexes.get(field)
  return index === undefined ? [field] : index.index.parts.map((part) => part.field)
}

function fieldOfColumn(shape: ModelShape, column: string): string | undefined {
  return Object.values(shape.policy.fields).find(
    (field) => field.kind === 'scalar' && (field.dbName === column || field.name === column),
  )?.name
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
