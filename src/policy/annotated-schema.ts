import type { AnnotationError, ErrorDetails } from '../errors/index.js'
import type { Annotation, AnnotationName } from './annotation.js'
import { readComment } from './comment.js'
import { problemAt, type Report } from './problem.js'
import type { DatabaseProvider, SchemaDescription, SchemaField, SchemaModel } from './schema.js'

/** A schema with its comments read: what the rules work on. */
export interface AnnotatedSchema {
  readonly provider: DatabaseProvider
  readonly models: ReadonlyMap<string, AnnotatedModel>
}

export interface AnnotatedModel {
  readonly model: SchemaModel
  readonly tenant: Annotation | undefined
  readonly fields: ReadonlyMap<string, AnnotatedField>
}

export interface AnnotatedField {
  readonly field: SchemaField
  readonly encrypted: Annotation | undefined
  readonly blindIndex: Annotation | undefined
}

/** Reads every comment of the schema. What cannot be read, or stands on the wrong thing, goes to `problems`. */
export function annotate(schema: SchemaDescription, problems: AnnotationError[]): AnnotatedSchema {
  const models = new Map<string, AnnotatedModel>()
  for (const model of schema.models) {
    const onModel = annotationsOf(model.documentation, placeOf(model), problems)
    for (const name of ['encrypted', 'blindIndex'] as const) {
      if (pick(onModel, name) === undefined) continue
      problems.push(
        problemAt(placeOf(model), `@${name} stands on a model. Put it above or behind the field it is for.`),
      )
    }
    const fields = new Map<string, AnnotatedField>()
    for (const field of model.fields) fields.set(field.name, annotateField(model, field, problems))
    models.set(model.name, { model, tenant: pick(onModel, 'tenant'), fields })
  }
  return { provider: schema.provider, models }
}

/** Where a problem of this model, or of its field, is reported. */
export function placeOf(model: SchemaModel, field?: SchemaField): ErrorDetails {
  const position = field?.position ?? model.position
  return { model: model.name, ...(field === undefined ? {} : { field: field.name }), ...position }
}

/** Collects problems of one place. */
export function reportTo(problems: AnnotationError[], model: SchemaModel, field?: SchemaField): Report {
  return (message) => {
    problems.push(problemAt(placeOf(model, field), message))
  }
}

function annotateField(model: SchemaModel, field: SchemaField, problems: AnnotationError[]): AnnotatedField {
  const at = placeOf(model, field)
  const annotations = annotationsOf(field.documentation, at, problems)
  const encrypted = pick(annotations, 'encrypted')
  const blindIndex = pick(annotations, 'blindIndex')
  if (pick(annotations, 'tenant') !== undefined) {
    problems.push(
      problemAt(
        at,
        `@tenant stands on a field. Put it above the model and name the field: /// @tenant(${field.name}).`,
      ),
    )
  }
  if (encrypted !== undefined && blindIndex !== undefined) {
    problems.push(
      problemAt(
        at,
        '@encrypted and @blindIndex stand on the same column. Give the tags a `String?` column of their own.',
      ),
    )
  }
  return { field, encrypted, blindIndex }
}

function annotationsOf(
  documentation: string | null,
  at: ErrorDetails,
  problems: AnnotationError[],
): readonly Annotation[] {
  if (documentation === null) return []
  const reading = readComment(documentation, at)
  problems.push(...reading.problems)
  return reading.annotations
}

function pick(annotations: readonly Annotation[], name: AnnotationName): Annotation | undefined {
  return annotations.find((annotation) => annotation.name === name)
}
