/**
 * A named declaration in a generated client: an `export type NAME = … {`, an interface or a constant object, up to the
 * line that closes it. Prisma writes one member a line, which is what makes this enough.
 */
export interface Declaration {
  readonly name: string
  /** Positions of its first and last line in the file, from 0. */
  readonly first: number
  readonly last: number
}

/** A member of a declaration, on one line: `  readonly name?: type`. */
export interface Member {
  readonly indent: string
  readonly readonly: boolean
  readonly name: string
  readonly optional: boolean
  /** Everything behind the colon. */
  readonly type: string
}

const HEADER =
  /^( *)(?:export )?(?:(?:type|interface|const) |exports\.Prisma\.)(\$?[A-Za-z_][A-Za-z0-9_$]*)(?![A-Za-z0-9_$])/
const MEMBER = /^( +)(readonly )?([A-Za-z][A-Za-z0-9_]*)(\??): (.*)$/

/** Every declaration that begins on a line of its own. Prisma does not nest them, but for the namespace around them. */
export function declarationsIn(lines: readonly string[]): readonly Declaration[] {
  const found: Declaration[] = []
  for (let first = 0; first < lines.length; first++) {
    const [, indent, name] = HEADER.exec(lines[first] ?? '') ?? []
    if (indent === undefined || name === undefined) continue
    const last = lines[first]?.endsWith('{') === true ? closingLine(lines, first, indent) : first
    found.push({ name, first, last })
    first = last
  }
  return found
}

/** The first line that closes a brace at the depth of the header. */
function closingLine(lines: readonly string[], first: number, indent: string): number {
  const closing = `${indent}}`
  const last = lines.findIndex((line, at) => at > first && line.startsWith(closing))
  return last === -1 ? first : last
}

/** The member a line declares, if it declares one. */
export function memberOf(line: string): Member | undefined {
  const [, indent, readonly, name, optional, type] = MEMBER.exec(line) ?? []
  if (indent === undefined || name === undefined || type === undefined) return undefined
  return { indent, readonly: readonly !== undefined, name, optional: optional === '?', type }
}

export function printMember({ indent, readonly, name, optional, type }: Member): string {
  return `${indent}${readonly ? 'readonly ' : ''}${name}${optional ? '?' : ''}: ${type}`
}
