import type { FieldTyping } from './field-typing.js'
import { inputType, type Names } from './value-types.js'

/**
 * The type of a filter on an encrypted field, and the declarations it needs: exactly what the field's indexes can
 * answer. `undefined` as a type means that nothing can be asked of the field.
 */
export interface FilterType {
  /** What stands behind the field in a filter. */
  readonly type: string
  /** Declarations by name, to be added to the client once each. */
  readonly declarations: ReadonlyMap<string, string>
}

/** @param hasModes whether the database knows `mode: 'insensitive'`. */
export function filterType(field: FieldTyping, names: Names, hasModes: boolean): FilterType {
  const { prisma, skip } = names
  if (field.column === 'Json') return field.optional ? jsonNullFilter(names) : nothing()
  if (field.answer === 'null') return field.optional ? nullFilter(names) : nothing()
  const mode = field.insensitive && hasModes ? 'mode' : ''
  const name = nameOf(field, mode !== '')
  const value = inputType(field, names)
  const orNull = field.optional ? ' | null' : ''
  const members = [`equals?: ${value}${orNull}${skip}`, `in?: ${listOf(value)}${skip}`]
  if (field.answer === 'equality') {
    members.push(`notIn?: ${listOf(value)}${skip}`, `not?: ${prisma}${name} | ${value}${orNull}${skip}`)
  } else if (field.optional) members.push(`not?: null${skip}`)
  if (mode !== '') members.push(`mode?: ${prisma}QueryMode${skip}`)
  return {
    type: `${prisma}${name} | ${value}${orNull}`,
    declarations: new Map([[name, declaration(name, members)]]),
  }
}

function nothing(): FilterType {
  return { type: 'never', declarations: new Map() }
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

/** `SealedDateTimeNullableFilter`; a look-up answers less than equality, and one that folds case takes a mode. */
function nameOf({ type, list, optional, answer }: FieldTyping, takesMode: boolean): string {
  const parts = [
    type,
    list ? 'List' : '',
    optional ? 'Nullable' : '',
    answer === 'look-up' ? 'LookUp' : '',
    takesMode ? 'Insensitive' : '',
  ]
  return `Sealed${parts.join('')}Filter`
}

function declaration(name: string, members: readonly string[]): string {
  return [`export type ${name} = {`, ...members.map((member) => `  ${member}`), '}'].join('\n')
}

function listOf(value: string): string {
  return value.includes('|') ? `(${value})[]` : `${value}[]`
}
