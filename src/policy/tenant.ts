import type { AnnotatedModel, AnnotatedSchema } from './annotated-schema.js'
import { type Annotation, positional } from './annotation.js'
import type { TenantRule } from './policy.js'
import type { Report } from './problem.js'
import type { SchemaField } from './schema.js'
import { nearest } from './spelling.js'

const TENANT_TYPES = ['String', 'Int', 'BigInt']
const NONE: TenantRule = { kind: 'none' }

/** The tenant rule of a model; what cannot be followed is reported. */
export function compileTenant(schema: AnnotatedSchema, annotated: AnnotatedModel, report: Report): TenantRule {
  if (annotated.tenant === undefined) return NONE
  const path = pathOf(annotated.tenant)
  if (path === undefined) {
    report('@tenant takes the path to a column, without quotes or brackets: @tenant(firmId) or @tenant(client.firmId).')
    return NONE
  }
  if (isContext(path)) {
    if (!hasColumn(annotated, 'context')) return { kind: 'context' }
    report(
      '@tenant(context) is ambiguous: the model has a column "context". Rename that field; @map keeps its column name.',
    )
    return NONE
  }
  return followPath(schema, annotated, path, report) ? { kind: 'path', path } : NONE
}

/** `Model.field` of the column that the path ends at. */
export function tenantColumn(schema: AnnotatedSchema, annotated: AnnotatedModel, rule: TenantRule): string | undefined {
  if (rule.kind !== 'path') return undefined
  let here: AnnotatedModel | undefined = annotated
  for (const hop of rule.path.slice(0, -1)) {
    const related: string | undefined = here?.fields.get(hop)?.field.type
    here = related === undefined ? undefined : schema.models.get(related)
  }
  return here === undefined ? undefined : `${here.model.name}.${rule.path.at(-1)}`
}

function followPath(schema: AnnotatedSchema, from: AnnotatedModel, path: readonly string[], report: Report): boolean {
  let here = from
  for (const [step, name] of path.entries()) {
    const rest = path.slice(step + 1)
    const field = here.fields.get(name)?.field
    if (field === undefined) {
      const near = nearest(name, [...here.fields.keys()])
      report(`@tenant(${path.join('.')}): ${here.model.name} has no field "${name}"; the nearest is "${near}".`)
      return false
    }
    const problem = rest.length === 0 ? columnProblem(field) : hopProblem(field)
    if (problem !== undefined) {
      report(`@tenant(${path.join('.')}): ${here.model.name}.${name} ${problem}`)
      return false
    }
    if (rest.length === 0) return true
    const related = schema.models.get(field.type)
    if (related === undefined) {
      report(`@tenant(${path.join('.')}): the schema has no model "${field.type}".`)
      return false
    }
    const own = ownPath(related)
    if (own !== undefined && own.join('.') !== rest.join('.')) {
      report(
        `@tenant(${path.join('.')}) contradicts ${related.model.name}, whose own rule is @tenant(${own.join('.')}). ` +
          `Write @tenant(${[...path.slice(0, step + 1), ...own].join('.')}), or correct ${related.model.name}.`,
      )
      return false
    }
    here = related
  }
  return false
}

function columnProblem(field: SchemaField): string | undefined {
  if (field.kind === 'object') return 'is a relation. Go on to a column of the related model, with a dot.'
  if (field.kind !== 'scalar' || !TENANT_TYPES.includes(field.type)) {
    return `is of type ${field.type}. A tenant column is a String, Int or BigInt.`
  }
  if (field.nativeType?.name === 'Citext') {
    return 'is @db.Citext, which holds tenants to be equal that differ in case. Use @db.Text or @db.VarChar.'
  }
  if (field.isList) return 'is a list, but a row belongs to one tenant. Make it a single value.'
  if (!field.isRequired) return 'is optional, but every row needs a tenant. Make it required.'
  return undefined
}

function hopProblem(field: SchemaField): string | undefined {
  if (field.kind !== 'object' || field.relation === null) {
    return 'is not a relation, so nothing can follow it. End the path here.'
  }
  if (field.isList) return 'is a to-many relation. A tenant path follows to-one relations only.'
  if (field.relation.fromFields.length === 0) {
    return 'is the side without the foreign key. Follow relations from the side that has @relation(fields: …).'
  }
  if (!field.isRequired) return 'is an optional relation, but every row needs a tenant. Make it required.'
  return undefined
}

function ownPath(model: AnnotatedModel): readonly string[] | undefined {
  const path = model.tenant === undefined ? undefined : pathOf(model.tenant)
  return path === undefined || (isContext(path) && !hasColumn(model, 'context')) ? undefined : path
}

function isContext(path: readonly string[]): boolean {
  return path.length === 1 && path[0] === 'context'
}

function hasColumn(model: AnnotatedModel, name: string): boolean {
  const field = model.fields.get(name)?.field
  return field !== undefined && field.kind !== 'object'
}

function pathOf(annotation: Annotation): readonly string[] | undefined {
  const value = positional(annotation)
  return value?.kind === 'path' ? value.segments : undefined
}
