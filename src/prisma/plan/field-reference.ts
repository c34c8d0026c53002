import { isArguments, type Planning, refuse } from './planning.js'
import type { ModelShape } from './shape.js'

/** Prisma's `prisma.model.fields.name`, an instance that names a model and a column. */
export function isFieldReference(value: unknown): value is { readonly modelName: string; readonly name: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isArguments(value) &&
    'modelName' in value &&
    'name' in value &&
    'typeName' in value
  )
}

/** Refuses a comparison of a plain field with an encrypted one, however deep in its filter. */
export function requirePlainReferences(planning: Planning, shape: ModelShape, key: string, value: unknown): void {
  if (isArguments(value) || Array.isArray(value)) {
    for (const operand of Object.values(value)) requirePlainReferences(planning, shape, key, operand)
  }
  if (!isFieldReference(value)) return
  const other = planning.schema.get(value.modelName)
  if (!other?.sealed.has(value.name) && !other?.indexes.has(value.name)) return
  throw refuse(
    planning,
    shape.name,
    key,
    `${value.modelName}.${value.name} is encrypted and cannot be compared with`,
    'Compare after the query',
  )
}
