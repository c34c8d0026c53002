import type { SealedField } from '../../sealer/index.js'
import { nullKind } from '../internals.js'
import { type Arguments, isArguments, isGiven, type Planning, refuse, tenantFor } from './planning.js'
import type { AnsweringIndex, ModelShape } from './shape.js'

/** What one filter on an encrypted field asks. */
type Condition =
  | { readonly operator: 'equals' | 'not'; readonly value: unknown }
  | { readonly operator: 'in' | 'notIn'; readonly values: readonly unknown[] }
  | { readonly operator: 'notAll'; readonly conditions: readonly Condition[] }

/** A filter on an encrypted field, read but not yet planned. */
export interface EncryptedFilter {
  readonly field: SealedField
  readonly given: unknown
  readonly conditions: readonly Condition[]
}

const EXACT_OPERATORS = new Set(['equals', 'in', 'notIn', 'not'])

/** Reads a filter. Only the operators that equality can answer are known; all others are refused. */
export function readEncryptedFilter(planning: Planning, field: SealedField, given: unknown): EncryptedFilter {
  return { field, given, conditions: conditionsOf(planning, field, given) }
}

function conditionsOf(planning: Planning, field: SealedField, given: unknown): Condition[] {
  if (!isArguments(given)) return [{ operator: 'equals', value: comparable(planning, field, given) }]
  return Object.entries(given).flatMap(([operator, operand]): Condition[] => {
    if (!isGiven(operand)) return []
    if (operator === 'mode' && operand === 'default') return []
    if (!EXACT_OPERATORS.has(operator)) throw refuseOperator(planning, field, operator)
    if (operator === 'in' || operator === 'notIn') {
      if (!Array.isArray(operand)) throw refuseOperator(planning, field, `${operator} without a list`)
      return [{ operator, values: operand.map((value) => present(planning, field, value)) }]
    }
    if (operator === 'not' && isArguments(operand) && field.type !== 'Json') {
      return [{ operator: 'notAll', conditions: conditionsOf(planning, field, operand) }]
    }
    return [{ operator: operator === 'not' ? 'not' : 'equals', value: comparable(planning, field, operand) }]
  })
}

/** A value to compare with, SQL NULL as null. */
function comparable(planning: Planning, field: SealedField, value: unknown): unknown {
  const kind = nullKind(value)
  if (value === null || kind === 'DbNull') return null
  if (kind !== undefined) throw refuseOperator(planning, field, `a comparison with ${kind}`)
  if (isFieldReference(value)) throw refuseOperator(planning, field, 'a comparison with another column')
  return value
}

function present(planning: Planning, field: SealedField, value: unknown): unknown {
  const given = comparable(planning, field, value)
  if (given === null || given === undefined) throw refuseOperator(planning, field, 'null in a list')
  return given
}

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

/** Whether a filter asks for nothing but null or not null, which needs no index. */
export function asksOnlyForNull({ conditions }: EncryptedFilter): boolean {
  return conditions.every(isAboutNull)
}

function isAboutNull(condition: Condition): boolean {
  if (condition.operator === 'notAll') return condition.conditions.every(isAboutNull)
  return 'value' in condition && condition.value === null
}

/** The one value a filter demands, if it is an equality and nothing else. */
export function equalityOf({ conditions }: EncryptedFilter): { readonly value: unknown } | undefined {
  const [only, more] = conditions
  return only?.operator === 'equals' && more === undefined && only.value !== null ? only : undefined
}

/** Whether rows that pass hold one of some tags: an equality or `in`, beside whatever else. */
export function demandsTag({ conditions }: EncryptedFilter): boolean {
  return conditions.some(
    (condition) => condition.operator === 'in' || (condition.operator === 'equals' && condition.value !== null),
  )
}

/** Writes the filter on the index's column in place of the field's. */
export function planTagFilter(
  planning: Planning,
  shape: ModelShape,
  { field, given, conditions }: EncryptedFilter,
  answering: AnsweringIndex,
  out: Arguments,
): void {
  const column = answering.index.column
  if (!isArguments(given)) {
    if (planning.negated === true && !answering.negatable) throw refuseNegation(planning, field, 'a negation', column)
    out[column] = null
    fillTag(planning, shape, answering, given, out, column)
    return
  }
  out[column] = tagFilter(planning, shape, field, conditions, answering)
}

function tagFilter(
  planning: Planning,
  shape: ModelShape,
  field: SealedField,
  conditions: readonly Condition[],
  answering: AnsweringIndex,
): Arguments {
  const filter: Arguments = {}
  for (const condition of conditions) {
    const { operator } = condition
    const negates = planning.negated === true || (operator !== 'equals' && operator !== 'in')
    if (negates && !answering.negatable && !isAboutNull(condition)) {
      const what = planning.negated === true ? 'a negation' : operator === 'notAll' ? 'not' : operator
      throw refuseNegation(planning, field, what, answering.index.column)
    }
    if (operator === 'notAll') {
      filter.not = tagFilter(planning, shape, field, condition.conditions, answering)
    } else if ('values' in condition) {
      const tags: unknown[] = condition.values.map(() => null)
      condition.values.forEach((value, at) => {
        fillTag(planning, shape, answering, value, tags as unknown as Record<number, unknown>, at)
      })
      filter[operator] = tags
    } else {
      filter[operator] = null
      fillTag(planning, shape, answering, condition.value, filter, operator)
    }
  }
  return filter
}

/** A normalising index finds more than the value itself: negated, it would leave out rows that should pass. */
function refuseNegation(planning: Planning, field: SealedField, what: string, column: string): Error {
  return refuse(
    planning,
    field.model,
    field.field,
    `${what} cannot be answered by the normalising index ${column}`,
    'Declare an exact index, or say equivalence: true if the classes are meant',
  )
}

function fillTag(
  planning: Planning,
  shape: ModelShape,
  { index }: AnsweringIndex,
  value: unknown,
  holder: Record<string | number, unknown>,
  key: string | number,
): void {
  if (value === null) return
  planning.tags.push({ item: { index, tenant: tagTenant(planning, shape, index.scope), values: [value] }, holder, key })
}

/** A global index needs no tenant: that is what it is for. */
export function tagTenant(planning: Planning, shape: ModelShape, scope: 'tenant' | 'global'): string {
  return scope === 'global' ? '' : tenantFor(planning, shape)
}

function refuseOperator(planning: Planning, field: SealedField, what: string): Error {
  return refuse(
    planning,
    field.model,
    field.field,
    `${what} cannot be answered on an encrypted field`,
    'Use equals, in, notIn, not or null on a field with a blind index, or filter in memory after the query',
  )
}
