import type { ErrorDetails } from '../errors/index.js'
import { type Annotation, type AnnotationArgument, type AnnotationValue, isAnnotationName } from './annotation.js'
import { problemAt } from './problem.js'

/** Lists within lists, at most; `normalize` needs two. Bounds the recursion. */
const MAX_LIST_DEPTH = 8

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y
/** Numbers and strings are JSON's (RFC 8259 §6, §7). */
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const BLANK = /\s*/y

/**
 * Reads the annotation that `text` begins with, and says where it ends. What follows it is the caller's.
 * @throws AnnotationError if the text does not follow the grammar of docs/schema.md.
 */
export function parseAnnotation(text: string, at: ErrorDetails = {}): { annotation: Annotation; end: number } {
  let position = 0
  let tag = '@'

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = position
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) position += found.length
    return found
  }

  function next(symbol: string): boolean {
    match(BLANK)
    if (!text.startsWith(symbol, position)) return false
    position += symbol.length
    return true
  }

  function fail(expected: string): never {
    match(BLANK)
    const found =
      position < text.length
        ? JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0))
        : 'the end of the line'
    throw problemAt(
      at,
      `${tag} cannot be read: expected ${expected}, found ${found} at character ${position + 1} of the annotation. ` +
        'Write it on one line as @name(value, name: value).',
    )
  }

  function word(): string {
    match(BLANK)
    return match(IDENTIFIER) ?? fail('a name')
  }

  function path(first: string): AnnotationValue {
    const segments = [first]
    while (next('.')) segments.push(word())
    return { kind: 'path', segments }
  }

  function number(): AnnotationValue | undefined {
    const found = match(NUMBER)
    if (found === undefined) return undefined
    const value = Number(found)
    if (!Number.isFinite(value)) return fail('a number within the range of a double before this')
    return { kind: 'number', value: value === 0 ? 0 : value }
  }

  function string(): AnnotationValue | undefined {
    const found = match(STRING)
    if (found === undefined) return undefined
    const value = parseJsonString(found)
    return value === undefined ? fail('a JSON string of well-formed text before this') : { kind: 'string', value }
  }

  function list(depth: number): AnnotationValue {
    if (depth > MAX_LIST_DEPTH) fail(`at most ${MAX_LIST_DEPTH} lists within each other`)
    const items: AnnotationValue[] = []
    if (next(']')) return { kind: 'list', items }
    do items.push(value(depth))
    while (next(','))
    if (!next(']')) fail('"," or "]"')
    return { kind: 'list', items }
  }

  function value(depth: number): AnnotationValue {
    if (next('[')) return list(depth + 1)
    const literal = string() ?? number()
    if (literal !== undefined) return literal
    const first = match(IDENTIFIER)
    return first === undefined ? fail('a name, number, "string" or [list]') : path(first)
  }

  function arg(): AnnotationArgument {
    const parsed = value(0)
    const isName = parsed.kind === 'path' && parsed.segments.length === 1
    if (isName && next(':')) return { name: parsed.segments[0] ?? fail('a name'), value: value(0) }
    return { name: null, value: parsed }
  }

  if (!text.startsWith('@')) fail('"@"')
  position = 1
  const name = match(IDENTIFIER) ?? ''
  if (!isAnnotationName(name)) return fail('encrypted, blindIndex or tenant')
  tag = `@${name}`

  const afterName = position
  const args: AnnotationArgument[] = []
  if (!next('(')) return { annotation: { name, args }, end: afterName }
  if (!next(')')) {
    do args.push(arg())
    while (next(','))
    if (!next(')')) fail('"," or ")"')
  }
  return { annotation: { name, args }, end: position }
}

function parseJsonString(text: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return typeof value === 'string' && value.isWellFormed() ? value : undefined
}
