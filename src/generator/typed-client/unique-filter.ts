import type { CompoundIndex, ModelTyping } from './field-typing.js'
import { unexpected } from './unexpected.js'
import { inputType, type Names } from './value-types.js'

/** `firmId_ssnIndex` as `firmId_ssn`; undefined if a column indexes several fields, and so stands for none. */
export function uniqueName(fields: readonly string[], { indexColumns }: ModelTyping): string | undefined {
  const sources = fields.map((field) => (indexColumns.has(field) ? indexColumns.get(field) : field))
  return sources.includes(undefined) ? undefined : sources.join('_')
}

/** The end of a WhereUniqueInput: `}, "id" | "ssnIndex">`. */
export function retypeUniqueKeys(line: string, name: string, model: ModelTyping, file: string): string {
  const [, indent, listed, rest] = /^(\s*)\}, ((?:"\w+"(?: \| )?)+)>(.*)$/.exec(line) ?? []
  if (indent === undefined || listed === undefined || rest === undefined) {
    throw unexpected(`ends ${name} with ${line.trim()}`, file)
  }
  const keys = listed.split(' | ').flatMap((quoted) => {
    const key = quoted.slice(1, -1)
    const group = model.unnamedUniques.get(key)
    if (group !== undefined) return uniqueName(group, model) ?? []
    return model.indexColumns.has(key) ? (model.indexColumns.get(key) ?? []) : key
  })
  const union = keys.length === 0 ? 'never' : [...new Set(keys)].map((key) => `"${key}"`).join(' | ')
  return `${indent}}, ${union}>${rest}`
}

/** The fields that an index is over, as members that take a value. */
export function partsOf(
  { fields }: CompoundIndex,
  { encrypted }: ModelTyping,
  names: Names,
): readonly { readonly name: string; readonly type: string }[] {
  return fields.flatMap((name) => {
    const typing = encrypted.get(name)
    return typing === undefined ? [] : [{ name, type: inputType(typing, names) }]
  })
}

/** Fields that a unique index covers identify a row together: they stand beside any filter. */
export function uniqueTogether(model: ModelTyping, names: Names): string {
  const { name, compound } = model
  const alternatives = compound
    .filter(({ unique }) => unique)
    .map((index) => {
      const members = partsOf(index, model, names).map((part) => `${part.name}: ${part.type}`)
      return ` | (${names.prisma}${name}WhereInput & { ${members.join('; ')} })`
    })
  return alternatives.join('')
}
