import type { AnnotationError } from '../errors/index.js'
import { reportTo } from './annotated-schema.js'
import { type Annotation, argument } from './annotation.js'
import { readId } from './argument-values.js'
import type { SchemaField, SchemaModel } from './schema.js'

/** Gives every annotated field of one sort its cryptographic identity, and refuses a second field with the same one. */
export interface Identities {
  /** `id:` of the annotation, or `Model.field`. */
  identify(model: SchemaModel, field: SchemaField, annotation: Annotation): string
}

export function identities(problems: AnnotationError[]): Identities {
  const owners = new Map<string, string>()
  return {
    identify(model, field, annotation) {
      const report = reportTo(problems, model, field)
      const place = `${model.name}.${field.name}`
      const given = argument(annotation, 'id')
      const id = (given === undefined ? undefined : readId(given, report)) ?? place
      const owner = owners.get(id)
      if (owner === undefined) owners.set(id, place)
      else {
        report(
          `its id ${JSON.stringify(id)} is already that of ${owner}, and an id belongs to one field for ever. ` +
            'Write another one: @' +
            `${annotation.name}(id: "…").`,
        )
      }
      return id
    },
  }
}
