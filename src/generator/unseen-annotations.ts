import type { AnnotationError } from '../errors/index.js'
import {
  printAnnotation,
  readComment,
  readSource,
  type SchemaDescription,
  type SourceComment,
  type SourceFile,
} from '../policy/index.js'
import { problemAt } from '../policy/problem.js'

/**
 * Annotations that the schema's text attaches to a model or field, but that Prisma did not report there. None is known
 * today; should another version of Prisma attach comments differently, the field would be stored in plaintext.
 */
export function unseenAnnotations(files: readonly SourceFile[], schema: SchemaDescription): readonly AnnotationError[] {
  const reported = reportedAnnotations(schema)
  return readSource(files).comments.flatMap((comment) => {
    const owner = ownerOf(comment)
    if (owner === undefined) return []
    const seen = reported.get(owner) ?? new Set()
    return readComment(comment.text)
      .annotations.filter((annotation) => !seen.has(printAnnotation(annotation)))
      .map(({ name }) =>
        problemAt(
          comment.position,
          `@${name} is written at ${owner}, but Prisma does not report it there. Move it directly above ${owner}, and tell the authors of fieldseal.`,
        ),
      )
  })
}

function ownerOf({ kind, place }: SourceComment): string | undefined {
  if (kind !== 'doc' || place.kind === 'nowhere') return undefined
  if (place.block.kind !== 'model' && place.block.kind !== 'view') return undefined
  return place.kind === 'field' ? `${place.block.name}.${place.field.name}` : place.block.name
}

function reportedAnnotations(schema: SchemaDescription): ReadonlyMap<string, ReadonlySet<string>> {
  const reported = new Map<string, ReadonlySet<string>>()
  const add = (owner: string, documentation: string | null): void => {
    if (documentation === null) return
    reported.set(owner, new Set(readComment(documentation).annotations.map(printAnnotation)))
  }
  for (const model of schema.models) {
    add(model.name, model.documentation)
    for (const field of model.fields) add(`${model.name}.${field.name}`, field.documentation)
  }
  return reported
}
