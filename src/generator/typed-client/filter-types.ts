import type { Answer, FieldTyping } from './field-typing.js'
import { inputType, type Names } from './value-types.js'

/**
 * The type of a filter on an encrypted field, and the declarations it needs: exactly what the field's indexes can
 * answer. `never` as a type means that nothing can be asked of the field.
 */
export interface FilterType {
  /** What stands behind the field in a filter. */
  readonly type: string
  /** Declarations by name, to be added to the client once each. */
  readonly declarations: ReadonlyMap<string, string>
}

/** @param hasModes whether the database knows `mode: 'insensitive'`. */
export function filterType(field: FieldTyping, names: Names, hasModes: boolean): FilterType {
  if (field.column === 'Json') return field.optional ? jsonNullFilter(names) : NOTHING
  if (field.answer === 'null') return field.optional ? nullFilter(names) : NOTHING
  const { answer, insensitive } = field
  const plain = equalityFilter(field, answer, undefined, names)
  if (!hasModes || insensitive === 'null') return withValue([plain], field, names)
  if (answer === insensitive) return withValue([equalityFilter(field, answer, 'AnyCase', names)], field, names)
  const filters = [
    equalityFilter(field, answer, 'CaseSensitive', names),
    equalityFilter(field, insensitive, 'CaseInsensitive', names),
  ]
  return withValue(filters, field, names)
}

/** The type of a condition on groups that are made by an encrypted field. */
export function groupFilterType(field: FieldTyping, names: Names): FilterType {
  if (field.answer !== 'equality') return NOTHING
  const filter = equalityFilter(field, 'equality', undefined, names)
  const count = `${names.prisma}NestedInt${field.optional ? 'Nullable' : ''}Filter${names.skip}`
  const name = filter.type.slice(names.prisma.length).replace(/Filter$/, 'GroupFilter')
  const text = declaration(name, [...equalityMembers(field, 'equality', names), `_count?: ${count}`])
  return withValue(
    [{ type: `${names.prisma}${name}`, declarations: new Map([...filter.declarations, [name, text]]) }],
    field,
    names,
  )
}

/** The type of an equality and nothing else: what an index over several fields asks of each. */
export function equalityType(field: FieldTyping, names: Names): string {
  const value = inputType(field, names)
  return `${value} | { equals: ${value} }`
}

const NOTHING: FilterType = { type: 'never', declarations: new Map() }

const MODES = {
  AnyCase: (prisma: string) => `mode?: ${prisma}QueryMode`,
  CaseSensitive: () => "mode?: 'default'",
  CaseInsensitive: () => "mode: 'insensitive'",
}

function equalityFilter(
  field: FieldTyping,
  answer: Answer,
  mode: keyof typeof MODES | undefined,
  names: Names,
): FilterType {
  const { prisma, skip } = names
  const name = nameOf(field, answer, mode ?? '')
  const isOptional = mode === 'AnyCase' || mode === 'CaseSensitive'
  const modes = mode === undefined ? [] : [`${MODES[mode](prisma)}${isOptional ? skip : ''}`]
  const own = declaration(name, [...equalityMembers(field, answer, names), ...modes])
  // Within `not` there is no mode.
  const nested = nameOf(field, 'equality', '')
  const inner = declaration(nested, equalityMembers(field, 'equality', names))
  const declarations = new Map(answer === 'equality' ? [[nested, inner]] : [])
  return { type: `${prisma}${name}`, declarations: declarations.set(name, own) }
}

function equalityMembers(field: FieldTyping, answer: Answer, names: Names): readonly string[] {
  const { prisma, skip } = names
  const value = inputType(field, names)
  const orNull = field.optional ? ' | null' : ''
  const members = [`equals?: ${value}${orNull}${skip}`, `in?: ${listOf(value)}${skip}`]
  if (answer !== 'equality') return field.optional ? [...members, `not?: null${skip}`] : members
  const nested = `${prisma}${nameOf(field, 'equality', '')}`
  return [...members, `notIn?: ${listOf(value)}${skip}`, `not?: ${nested} | ${value}${orNull}${skip}`]
}

function withValue(filters: readonly FilterType[], field: FieldTyping, names: Names): FilterType {
  const types = [...filters.map(({ type }) => type), inputType(field, names), ...(field.optional ? ['null'] : [])]
  return {
    type: types.join(' | '),
    declarations: new Map(filters.flatMap(({ declarations }) => [...declarations])),
  }
}

const NULL_FILTER = 'SealedNullFilter'
const JSON_NULL_FILTER = 'SealedJsonNullFilter'

function nullFilter({ prisma, skip }: Names): FilterType {
  const text = declaration(NULL_FILTER, [`equals?: null${skip}`, `not?: null${skip}`])
  return { type: `${prisma}${NULL_FILTER} | null`, declarations: new Map([[NULL_FILTER, text]]) }
}

/** Prisma compares Json with `Prisma.DbNull`, not with null. */
function jsonNullFilter({ prisma, skip }: Names): FilterType {
  const dbNull = `typeof ${prisma}DbNull${skip}`
  const text = declaration(JSON_NULL_FILTER, [`equals?: ${dbNull}`, `not?: ${dbNull}`])
  return { type: `${prisma}${JSON_NULL_FILTER}`, declarations: new Map([[JSON_NULL_FILTER, text]]) }
}

/** `SealedDateTimeNullableFilter`; a look-up answers less than equality. */
function nameOf({ type, list, optional }: FieldTyping, answer: Answer, mode: string): string {
  const parts = [type, list ? 'List' : '', optional ? 'Nullable' : '', answer === 'look-up' ? 'LookUp' : '', mode]
  return `Sealed${parts.join('')}Filter`
}

/** The text of a type with members. */
export function declaration(name: string, members: readonly string[]): string {
  return [`export type ${name} = {`, ...members.map((member) => `  ${member}`), '}'].join('\n')
}

function listOf(value: string): string {
  return value.includes('|') ? `(${value})[]` : `${value}[]`
}
