import type { CompoundIndex, FieldTyping, ModelTyping } from './field-typing.js'
import { equalityType, type FilterType, filterType } from './filter-types.js'
import type { Names } from './value-types.js'

/** The type of the filters on fields that only an index over several fields answers. */
export interface TogetherType extends FilterType {
  /** Fields that are filtered so, and not one by one. */
  readonly fields: ReadonlySet<string>
}

/**
 * Equalities on all fields of a compound index side by side, or only null of each; undefined if every field of the
 * model's compound indexes has an index of its own besides.
 */
export function filterTogether({ name, compound, encrypted }: ModelTyping, names: Names): TogetherType | undefined {
  const needed = compound
    .map((index) => ({ ...index, alone: index.fields.filter((field) => encrypted.get(field)?.answer === 'null') }))
    .filter(({ alone }) => alone.length > 0)
  if (needed.length === 0) return undefined
  const fields = new Set(needed.flatMap(({ alone }) => alone))
  const declarations = new Map<string, string>()
  const alternatives = combinations(needed).map((indexes) => {
    const covered = new Set(indexes.flatMap((index) => index.fields))
    const equalities = [...covered].map((field) => memberOf(field, encrypted, (typing) => equalityType(typing, names)))
    const others = [...fields].filter((field) => !covered.has(field))
    const nulls = others.map((field) =>
      memberOf(`${field}?`, encrypted, (typing) => {
        const filter = filterType(typing, names, false)
        for (const [key, text] of filter.declarations) declarations.set(key, text)
        return `${filter.type}${names.skip}`
      }),
    )
    return `{ ${[...equalities, ...nulls].join('; ')} }`
  })
  const type = `Sealed${name}Together`
  declarations.set(type, `export type ${type} =\n${alternatives.map((one) => `  | ${one}`).join('\n')}`)
  return { type: `${names.prisma}${type}`, fields, declarations }
}

function memberOf(
  member: string,
  encrypted: ReadonlyMap<string, FieldTyping>,
  type: (typing: FieldTyping) => string,
): string {
  const typing = encrypted.get(member.replace(/\?$/, ''))
  return `${member}: ${typing === undefined ? 'never' : type(typing)}`
}

/** Indexes that can answer at the same time: those that share no field; first of all none. */
function combinations(indexes: readonly CompoundIndex[]): readonly (readonly CompoundIndex[])[] {
  const [index, ...rest] = indexes
  if (index === undefined) return [[]]
  const without = combinations(rest)
  const isFree = (field: string): boolean => !index.fields.includes(field)
  return [
    ...without,
    ...without.filter((some) => some.every(({ fields }) => fields.every(isFree))).map((some) => [index, ...some]),
  ]
}
