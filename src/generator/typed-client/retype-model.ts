import { type Declaration, declarationsIn, type Member, memberOf, printMember } from './client-text.js'
import { ARGUMENT_WORDS, classify, type DeclarationKind, REQUIRED_KINDS } from './declaration-kinds.js'
import type { ModelTyping } from './field-typing.js'
import { type ClientNames, retype } from './member-rules.js'
import { filterTogether, type TogetherType } from './together.js'
import { unexpected } from './unexpected.js'
import { partsOf, retypeUniqueKeys, uniqueName, uniqueTogether } from './unique-filter.js'
import { inputType } from './value-types.js'

/** A file of the client with the types of encrypted fields put in. */
export interface RetypedText {
  readonly text: string
  /** Filter types the text uses, by name. */
  readonly declarations: ReadonlyMap<string, string>
  /** Kinds of declarations met, by model. */
  readonly met: ReadonlyMap<string, ReadonlySet<DeclarationKind>>
}

/** Where a problem with the client's text is. */
interface Place {
  readonly file: string
  readonly model: ModelTyping
  readonly kind: DeclarationKind
  readonly names: ClientNames
  readonly declarations: Map<string, string>
}

/**
 * Puts the types of encrypted fields into a file of the client.
 * @param allModels names of all models of the client, since names of declarations begin with them.
 * @throws GenerateError at the first declaration that is not as this release knows it.
 */
export function retypeText(
  text: string,
  file: string,
  models: readonly ModelTyping[],
  allModels: readonly string[],
  names: ClientNames,
): RetypedText {
  const lines = text.split('\n')
  const byName = new Map(models.map((model) => [model.name, model]))
  const longestFirst = [...allModels].sort((a, b) => b.length - a.length)
  const declarations = new Map<string, string>()
  const met = new Map<string, Set<DeclarationKind>>()
  const out: string[] = []
  let at = 0
  for (const declaration of declarationsIn(lines)) {
    const { model: name, kind } = classify(declaration.name, longestFirst) ?? {}
    const model = name === undefined ? undefined : byName.get(name)
    if (model === undefined || kind === undefined) continue
    const own = lines.slice(declaration.first, declaration.last + 1)
    if (kind === 'none' || kind === 'unknown') {
      requireWithoutFields(own, declaration, model, kind, file)
      continue
    }
    out.push(...lines.slice(at, declaration.first))
    at = declaration.last + 1
    const kinds = met.get(model.name) ?? new Set()
    met.set(model.name, kinds.add(kind))
    out.push(...retypeDeclaration(own, declaration, { file, model, kind, names, declarations }))
  }
  out.push(...lines.slice(at))
  return { text: out.join('\n'), declarations, met }
}

/** @throws GenerateError if a kind of declaration that every client has was nowhere. */
export function requireAllKinds(models: readonly ModelTyping[], met: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const { name } of models) {
    const missing = REQUIRED_KINDS.filter((kind) => met.get(name)?.has(kind) !== true)
    if (missing.length === 0) continue
    throw unexpected(`has no ${missing.join(', no ')} of the model ${name} where they are looked for`)
  }
}

function retypeDeclaration(own: readonly string[], declaration: Declaration, place: Place): readonly string[] {
  const { model, kind, names, file } = place
  if (kind === 'omission') return own.map((line) => withoutNames(line, model))
  if (kind === 'group arguments') return own.map((line) => retypeGroups(line, place))
  if (own.length === 1) return own
  const isFilter = kind === 'filter' || kind === 'unique filter'
  const together = isFilter ? filterTogether(model, names) : undefined
  const seen = new Set<string>()
  const depth = depthOf(own[0] ?? '', kind)
  const members = own.slice(1, -1).flatMap((line) => {
    const member = memberOf(line)
    if (member?.indent.length !== depth) return [line]
    const parts = kind === 'compound unique' ? model.compound.find(({ column }) => column === member.name) : undefined
    if (parts !== undefined) return partsOf(parts, model, names).map((part) => printMember({ ...member, ...part }))
    const retyped = retypeMember(member, declaration, place)
    if (retyped === undefined) return [GONE]
    if (!model.encrypted.has(retyped.name)) return retyped === member ? [line] : [printMember(retyped)]
    // A field that is unique through its index stands where the index stood, and not once more among the filters.
    if (seen.has(retyped.name)) return [GONE]
    seen.add(retyped.name)
    // It is filtered together with others.
    if (isFilter && together?.fields.has(retyped.name) === true) return [GONE]
    return [retyped === member ? line : printMember(retyped)]
  })
  requireFields(seen, declaration, place)
  const last = own.at(-1) ?? ''
  const closing = kind === 'unique filter' ? retypeUniqueKeys(last, declaration.name, model, file) : last
  return [own[0] ?? '', ...withoutGone(members), isFilter ? withTogether(closing, place, together) : closing]
}

/** How far in fields stand; in a row's type they are one step further in, beside `name` and `objects`. */
function depthOf(header: string, kind: DeclarationKind): number {
  const indent = header.length - header.trimStart().length
  return indent + (kind === 'rows' ? 4 : 2)
}

/** Stands for a member that was taken out, until its doc comment is, too. */
const GONE = '\u0000'

function withoutGone(lines: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (const line of lines) {
    if (line !== GONE) kept.push(line)
    else if (kept.at(-1)?.trim() === '*/') {
      while (kept.pop()?.trim().startsWith('/**') === false);
    }
  }
  return kept
}

/** @returns the member itself if it stays as it is, undefined if it goes. */
function retypeMember(member: Member, declaration: Declaration, place: Place): Member | undefined {
  const { model, kind, names } = place
  const source = model.indexColumns.get(member.name)
  if (model.indexColumns.has(member.name)) {
    if (SHOWN.has(kind) && model.exposed.has(member.name)) return member
    const field = source === undefined ? undefined : model.encrypted.get(source)
    const type = withoutSkip(member.type, names)
    const identifies = kind === 'compound unique' || (kind === 'unique filter' && type === 'string')
    if (!identifies || field === undefined) return undefined
    return { ...member, name: field.name, type: `${inputType(field, names)}${member.optional ? names.skip : ''}` }
  }
  const group = kind === 'unique filter' ? model.unnamedUniques.get(member.name) : undefined
  if (group !== undefined) {
    const renamed = uniqueName(group, model)
    return renamed === undefined ? undefined : { ...member, name: renamed }
  }
  if (kind === 'create' && model.filledByTenant.has(member.name)) return { ...member, optional: true }
  const field = model.encrypted.get(member.name)
  if (field === undefined) return member
  const retyped = retype(kind, field, withoutSkip(member.type, names), names)
  if (retyped === undefined) {
    throw unexpected(
      `gives ${declaration.name}.${member.name} the type ${member.type}, which is not one of an encrypted field`,
      place.file,
    )
  }
  if (retyped === 'gone') return undefined
  for (const [name, text] of retyped.declarations ?? []) place.declarations.set(name, text)
  const type = `${retyped.type}${member.type.slice(withoutSkip(member.type, names).length)}`
  return type === member.type ? member : { ...member, type }
}

function withoutSkip(type: string, { skip }: ClientNames): string {
  return skip !== '' && type.endsWith(skip) ? type.slice(0, -skip.length) : type
}

/** Where the columns of exposed indexes stay. */
const SHOWN: ReadonlySet<DeclarationKind> = new Set(['rows', 'selection', 'omission'])

/** The end of a filter, with the fields that are filtered together. */
function withTogether(line: string, { model, kind, names, declarations }: Place, together: TogetherType | undefined) {
  for (const [name, text] of together?.declarations ?? []) declarations.set(name, text)
  const alternatives = kind === 'unique filter' ? uniqueTogether(model, names) : ''
  return `${line}${together === undefined ? '' : ` & ${together.type}`}${alternatives}`
}

/** `by: ClientScalarFieldEnum[] | ClientScalarFieldEnum` without fields whose groups cannot give a value back. */
function retypeGroups(line: string, { model }: Place): string {
  const member = memberOf(line)
  const without = [...model.encrypted.values()].filter(
    ({ column, answer }) => column !== 'String' && answer === 'equality',
  )
  if (member?.name !== 'by' || without.length === 0) return line
  const names = without.map(({ name }) => `"${name}"`).join(' | ')
  const type = member.type.replace(/(?:Prisma\.)?\w+ScalarFieldEnum/g, (all) => `Exclude<${all}, ${names}>`)
  return printMember({ ...member, type })
}

/** `GetOmit<"id" | "ssnIndex", …>` without the columns. */
function withoutNames(line: string, { indexColumns, exposed }: ModelTyping): string {
  const isShown = (name: string): boolean => !indexColumns.has(name) || exposed.has(name)
  return line.replace(/(?:"\w+" \| )*"\w+"/, (union) => {
    const kept = union.split(' | ').filter((quoted) => isShown(quoted.slice(1, -1)))
    return kept.join(' | ')
  })
}

/** Kinds whose declarations hold every encrypted field, so that one that is missing was written in another way. */
const WHOLE: ReadonlySet<DeclarationKind> = new Set([
  'filter',
  'unique filter',
  'create',
  'update',
  'rows',
  'row groups',
  'counts',
  'selection',
])

function requireFields(seen: ReadonlySet<string>, { name }: Declaration, { model, kind, file }: Place): void {
  if (!WHOLE.has(kind)) return
  const missing = [...model.encrypted.keys()].filter((field) => !seen.has(field))
  if (missing.length > 0)
    throw unexpected(`does not show ${missing.join(', ')} in ${name}, or not on a line each`, file)
}

function requireWithoutFields(
  own: readonly string[],
  { name }: Declaration,
  { encrypted, indexColumns }: ModelTyping,
  kind: 'none' | 'unknown',
  file: string,
): void {
  const field = own
    .flatMap((line) => memberOf(line)?.name ?? [])
    .filter((member) => kind === 'unknown' || !ARGUMENT_WORDS.has(member))
    .find((member) => encrypted.has(member) || indexColumns.has(member))
  if (field !== undefined) throw unexpected(`has ${field} in ${name}, a type that this release does not know`, file)
}
