import type { SealedField } from '../../sealer/index.js'
import { nullKind } from '../internals.js'
import { isFieldReference } from './field-reference.js'
import { findIndex, requireIndex } from './index-choice.js'
import { CANNOT_FILTER, FILTERS } from './operators.js'
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
  /** `mode: 'insensitive'`. */
  readonly insensitive: boolean
}

/** Reads a filter. Only the operators that equality can answer are known; all others are refused. */
export function readEncryptedFilter(planning: Planning, field: SealedField, given: unknown): EncryptedFilter {
  const { mode, ...operators } = isArguments(given) ? given : { mode: undefined }
  const insensitive = isGiven(mode) && mode === 'insensitive'
  if (isGiven(mode) && !insensitive && mode !== 'default') throw refuseOperator(planning, field, 'this mode')
  const conditions = conditionsOf(planning, field, isArguments(given) ? operators : given)
  return { field, given, conditions, insensitive }
}

function conditionsOf(planning: Planning, field: SealedField, given: unknown): Condition[] {
  if (!isArguments(given)) return [{ operator: 'equals', value: comparable(planning, field, given) }]
  return Object.entries(given).flatMap(([operator, operand]): Condition[] => {
    if (!isGiven(operand)) return []
    const rule = Object.hasOwn(FILTERS, operator) ? FILTERS[operator] : CANNOT_FILTER
    if (rule?.support === 'refused') throw refuseOperator(planning, field, operator)
    if (operator === 'in' || operator === 'notIn') {
      if (!Array.isArray(operand)) throw refuseOperator(planning, field, `${operator} without a list`)
      return [{ operator, values: operand.map((value) => present(planning, field, value)) }]
    }
    if (operator !== 'equals' && operator !== 'not') throw refuseOperator(planning, field, operator)
    if (operator === 'not' && isArguments(operand) && field.type !== 'Json') {
      return [{ operator: 'notAll', conditions: conditionsOf(planning, field, operand) }]
    }
    return [{ operator, value: comparable(planning, field, operand) }]
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

/** The index whose tags the rows that pass must hold: that of an equality or `in`, beside whatever else is asked. */
export function demandedIndex(
  planning: Planning,
  shape: ModelShape,
  { field, conditions, insensitive }: EncryptedFilter,
): AnsweringIndex | undefined {
  const demands = conditions.some(
    (condition) => condition.operator === 'in' || (condition.operator === 'equals' && condition.value !== null),
  )
  return demands ? findIndex(planning, shape, field.field, { exactly: false, insensitive }) : undefined
}

/** Writes a filter on columns of the field's indexes in place of the field's own: each condition on one that answers it. */
export function planTagFilter(planning: Planning, shape: ModelShape, filter: EncryptedFilter, out: Arguments): void {
  const { field, given, conditions } = filter
  for (const condition of conditions) {
    const answering = indexOf(planning, shape, filter, condition)
    const { column } = answering.index
    if (!isArguments(given)) {
      out[column] = null
      fillTag(planning, shape, answering, given, out, column)
    } else {
      const others = out[column]
      const operators: Arguments = isArguments(others) ? others : {}
      out[column] = operators
      planCondition(planning, shape, condition, answering, operators)
    }
  }
  const equality = equalityOf(filter)
  const answering = equality === undefined ? undefined : demandedIndex(planning, shape, filter)
  if (equality === undefined || answering === undefined) return
  const { index } = answering
  const item = { index, tenant: tagTenant(planning, shape, index.scope), values: [equality.value] }
  planning.lookups?.push({ fields: [field.field], item })
}

/** A normalising index finds more than the value itself: negated, it would leave out rows that should pass. */
function indexOf(
  planning: Planning,
  shape: ModelShape,
  { field, insensitive }: EncryptedFilter,
  condition: Condition,
): AnsweringIndex {
  if (isAboutNull(condition)) return requireIndex(planning, shape, field.field, { exactly: false }, 'null')
  const operator = condition.operator === 'notAll' ? 'not' : condition.operator
  const negates = planning.negated === true
  const exactly = negates || FILTERS[operator]?.support === 'exact index'
  return requireIndex(planning, shape, field.field, { exactly, insensitive }, negates ? 'a negation' : operator)
}

function planCondition(
  planning: Planning,
  shape: ModelShape,
  condition: Condition,
  answering: AnsweringIndex,
  out: Arguments,
): void {
  const { operator } = condition
  if (operator === 'notAll') {
    const inner: Arguments = {}
    out.not = inner
    for (const one of condition.conditions) planCondition(planning, shape, one, answering, inner)
  } else if ('values' in condition) {
    const tags: Record<number, unknown> = condition.values.map(() => null)
    condition.values.forEach((value, at) => {
      fillTag(planning, shape, answering, value, tags, at)
    })
    out[operator] = tags
  } else {
    out[operator] = null
    fillTag(planning, shape, answering, condition.value, out, operator)
  }
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
    CANNOT_FILTER.note,
  )
}
