import type { AnnotationError } from '../errors/index.js'
import { readComment } from './comment.js'
import { problemAt } from './problem.js'
import type { DropReason, SourceComment, SourceFile } from './source.js'
import { readSource } from './source-reader.js'

/**
 * Our annotations, and what looks like them, in comments that never reach a model or field of the client: Prisma would
 * drop them without a word, and the field would be stored in plaintext. Each error says where and what to do.
 */
export function droppedAnnotations(files: readonly SourceFile[]): readonly AnnotationError[] {
  return readSource(files).comments.flatMap((comment) => {
    const reason = whyDropped(comment)
    if (reason === undefined) return []
    return linesOf(comment).flatMap(({ text, line }) => {
      const at = { file: comment.position.file, line }
      const { annotations, problems } = readComment(text, at)
      return [...annotations.map(({ name }) => problemAt(at, `@${name} ${reason}`)), ...problems]
    })
  })
}

const REASONS: { readonly [why in DropReason]: string } = {
  'two slashes': 'stands in a // comment, which Prisma does not pass on. Write /// instead.',
  'at a block attribute':
    'stands above or behind a block attribute, where Prisma or its formatter loses it. Put it above or behind the field, or above the model, that it is for.',
  'behind an opening brace':
    'stands behind an opening brace, where Prisma drops it. Put it above the model, or above or behind the field, that it is for.',
  'inside an attribute': 'stands inside an attribute, where Prisma drops it. Put it above or behind the field.',
  'before a closing brace': 'has no field below it, so Prisma drops it. Put it above or behind the field it is for.',
  'apart from its block': 'has a blank line below it, so Prisma drops it. Put it directly above the model it is for.',
  'apart from its field':
    'is separated by a blank line from another comment below it, and Prisma keeps only the last. Join the comments, or put it behind the field.',
  'in or above a configuration block':
    'stands in or above a generator or datasource. Put it directly above the model, or at the field, that it is for.',
  'at nothing': 'stands at nothing that Prisma attaches comments to. Put it above a model, or above or behind a field.',
}

function whyDropped({ kind: comment, place }: SourceComment): string | undefined {
  if (place.kind === 'nowhere') return REASONS[place.why]
  if (comment === 'block') return "stands in a /* */ comment, which Prisma's formatter rewrites. Write /// instead."
  const { kind, name, attributes } = place.block
  if (kind === 'enum' || kind === 'type')
    return `stands in or above the ${kind} ${name}, where it has no effect. Remove it.`
  if (attributes.some((attribute) => /^@@ignore\b/.test(attribute))) {
    return `stands in or above ${name}, which @@ignore keeps out of the client, so nothing would act on it. Remove one of the two.`
  }
  if (place.kind === 'block') return undefined
  const { field } = place
  if (/@ignore\b/.test(withoutStrings(field.attributes))) {
    return `stands on ${name}.${field.name}, which @ignore keeps out of the client, so nothing would act on it. Remove one of the two.`
  }
  if (field.type.startsWith('Unsupported')) {
    return `stands on ${name}.${field.name}, whose type Prisma does not read or write. Make the column \`String\`.`
  }
  return undefined
}

/**
 * Lines of the comment, each with its own number: of a `//` comment only what is not commented out once more, of a
 * block comment without the stars that lines may begin with.
 */
function linesOf({ kind, text, position }: SourceComment): readonly { readonly text: string; readonly line: number }[] {
  const said = kind === 'line' ? text.replace(/\/\/.*$/s, '') : text
  return said.split(/\r\n|\r|\n/).map((line, offset) => ({
    text: kind === 'block' ? line.replace(/^[\s*]+/, '') : line,
    line: position.line + offset,
  }))
}

function withoutStrings(code: string): string {
  return code.replace(/"(?:[^"\\]|\\.)*"/g, '""')
}
