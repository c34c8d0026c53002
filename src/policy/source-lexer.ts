/**
 * `doc` is `///`, `line` is `//`, `block` is a C-style comment, which Prisma passes on like `///`. The text is what
 * stands between the slashes and stars.
 */
export type CommentKind = 'doc' | 'line' | 'block'

/** Code carries its strings whole; a line break inside parentheses or brackets is part of the code, not a token. */
export type SourceToken =
  | { readonly kind: 'code'; readonly text: string; readonly line: number }
  | {
      readonly kind: 'comment'
      readonly comment: CommentKind
      readonly text: string
      readonly line: number
      readonly inCode: boolean
    }
  | { readonly kind: 'open' | 'close' | 'newline'; readonly line: number }

const NEWLINE = /\r\n|\r|\n/y
const STRING = /"(?:[^"\\\r\n]|\\[^\r\n])*"?/y
const COMMENT = /\/\/\/[^\r\n]*|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)/y
const PLAIN = /[^"/(){}[\]\r\n]+/y

/** Cuts Prisma schema text into code, braces, comments and line ends. Takes any text; lines count from 1. */
export function* tokenise(text: string): Generator<SourceToken, void> {
  let position = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  let depth = 0
  let code = ''
  let codeLine = 1

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) position += found.length
    return found
  }
  function* endCode(): Generator<SourceToken, void> {
    if (code.trim() !== '') yield { kind: 'code', text: code.trim(), line: codeLine }
    code = ''
  }
  const add = (part: string): void => {
    if (code.trim() === '') codeLine = line
    code += part
  }

  while (position < text.length) {
    const newline = match(NEWLINE)
    if (newline !== undefined) {
      if (depth > 0) add(' ')
      else {
        yield* endCode()
        yield { kind: 'newline', line }
      }
      line++
      continue
    }
    const comment = match(COMMENT)
    if (comment !== undefined) {
      if (depth === 0) yield* endCode()
      yield { kind: 'comment', ...readComment(comment), line, inCode: depth > 0 }
      line += countNewlines(comment)
      continue
    }
    const literal = match(STRING) ?? match(PLAIN)
    if (literal !== undefined) {
      add(literal)
      continue
    }
    const symbol = text.charAt(position++)
    if (depth === 0 && (symbol === '{' || symbol === '}')) {
      yield* endCode()
      yield { kind: symbol === '{' ? 'open' : 'close', line }
      continue
    }
    if (symbol === '(' || symbol === '[') depth++
    if ((symbol === ')' || symbol === ']') && depth > 0) depth--
    add(symbol)
  }
  yield* endCode()
  yield { kind: 'newline', line }
}

function readComment(written: string): { comment: CommentKind; text: string } {
  if (written.startsWith('/*')) return { comment: 'block', text: written.slice(2).replace(/\*\/$/, '') }
  if (written.startsWith('///')) return { comment: 'doc', text: written.slice(3) }
  return { comment: 'line', text: written.slice(2) }
}

function countNewlines(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0
}
