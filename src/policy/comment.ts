import { AnnotationError, type ErrorDetails } from '../errors/index.js'
import { ANNOTATION_NAMES, type Annotation, isAnnotationName } from './annotation.js'
import { ARGUMENTS, checkArguments, RESERVED_ARGUMENTS } from './annotation-arguments.js'
import { parseAnnotation } from './annotation-parser.js'
import { problemAt } from './problem.js'
import { nearest } from './spelling.js'

/** Tags at most this many edits from one of ours are taken for a slip of the pen, not for another tool's. */
const NEAR_MISS_EDITS = 2

const TAG = /^@+\s*([\p{L}\p{N}_$]*)/u
const CODE_SPAN = /``[^`]*``|`[^`]*`/g
const MID_LINE = /(?<![\p{L}\p{N}_])@(?:(?:encrypted|blindIndex|tenant)(?![\p{L}\p{N}_])|encryption:)/u

/** What a comment says: our annotations in order, and everything that is wrong with them. */
export interface CommentReading {
  readonly annotations: readonly Annotation[]
  readonly problems: readonly AnnotationError[]
}

/**
 * Reads a comment as Prisma passes it on: lines joined by line breaks, without slashes. An annotation stands at the
 * start of a line or directly after another of ours, and ends on that line; other tools' tags are passed over.
 */
export function readComment(text: string, at: ErrorDetails = {}): CommentReading {
  const annotations: Annotation[] = []
  const problems: AnnotationError[] = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    try {
      annotations.push(...readLine(line, at))
    } catch (error) {
      if (!(error instanceof AnnotationError)) throw error
      problems.push(error)
    }
  }
  for (const name of ANNOTATION_NAMES) {
    if (annotations.filter((annotation) => annotation.name === name).length > 1) {
      problems.push(problemAt(at, `@${name} stands here twice. Keep one of them.`))
    }
  }
  return { annotations, problems }
}

/**
 * The annotations of a comment.
 * @throws AnnotationError on the first problem; `readComment` lists them all.
 */
export function parseComment(text: string, at: ErrorDetails = {}): readonly Annotation[] {
  const { annotations, problems } = readComment(text, at)
  if (problems[0] !== undefined) throw problems[0]
  return annotations
}

function readLine(line: string, at: ErrorDetails): readonly Annotation[] {
  const annotations: Annotation[] = []
  let rest = line.trimStart()
  for (let tag = TAG.exec(rest); tag !== null; tag = TAG.exec(rest)) {
    const word = tag[1] ?? ''
    if (tag[0] !== `@${word}` || !isAnnotationName(word)) {
      refuseNearMiss(tag[0], word, at)
      break
    }
    const { annotation, end } = parseAnnotation(rest, at)
    refuseLooseArguments(annotation, rest.slice(end), at)
    checkArguments(annotation, at)
    annotations.push(annotation)
    rest = rest.slice(end).trimStart()
  }
  refuseMidLine(rest, at)
  return annotations
}

function refuseNearMiss(written: string, word: string, at: ErrorDetails): void {
  if (word === 'encryption') {
    throw problemAt(
      at,
      `${written} is another library's notation and has no effect here. ` +
        'Write @encrypted on the field, and for a search column @blindIndex(field) on a `String?` column of its own.',
    )
  }
  const meant = nearest(word, ANNOTATION_NAMES, NEAR_MISS_EDITS)
  if (meant === undefined) return
  throw problemAt(at, `${written} is not an annotation, and would be ignored. Write @${meant} if that is meant.`)
}

/** Options written in another way than `(name: value)` must not be read as a remark: they would silently do nothing. */
function refuseLooseArguments(annotation: Annotation, rest: string, at: ErrorDetails): void {
  const tag = `@${annotation.name}`
  if (rest === '' || rest.startsWith('@')) return
  const after = rest.trimStart()
  const word = /^([A-Za-z_][A-Za-z0-9_]*)\s*[:=]/.exec(after)?.[1]
  const isArgument = word !== undefined && [...ARGUMENTS[annotation.name].named, ...RESERVED_ARGUMENTS].includes(word)
  if (isArgument || /^[?:=({[]/.test(after)) {
    throw problemAt(
      at,
      `${tag} is followed by ${JSON.stringify(word ?? after.charAt(0))}, which would be ignored. ` +
        `Arguments stand in one pair of parentheses: ${tag}(${exampleArgument(annotation)}).`,
    )
  }
  if (after === rest) {
    throw problemAt(
      at,
      `${tag} is followed directly by ${JSON.stringify(rest.slice(0, 1).toWellFormed())}. Put a space between the annotation and a remark.`,
    )
  }
}

function exampleArgument(annotation: Annotation): string {
  switch (annotation.name) {
    case 'encrypted':
      return 'mode: strict'
    case 'blindIndex':
      return 'field, scope: tenant'
    case 'tenant':
      return 'column'
  }
}

function refuseMidLine(rest: string, at: ErrorDetails): void {
  const found = MID_LINE.exec(rest.replace(CODE_SPAN, ' '))?.[0]
  if (found === undefined) return
  throw problemAt(
    at,
    `${found} stands in the middle of a line, where it has no effect. ` +
      'Put it at the start of a line of its own, or in backticks if it is only mentioned.',
  )
}
