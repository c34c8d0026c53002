import type { AnnotatedModel } from './annotated-schema.js'
import { type AnnotationValue, argument, printValue } from './annotation.js'
import { type CellContent, isColumnType, readCellContent } from './logical-type.js'
import { NORMALISERS, type NormaliserId } from './normaliser-names.js'
import type { BlindIndexPart } from './policy.js'
import type { Report } from './problem.js'
import { nearest } from './spelling.js'

/** The names of the fields that an index is made from; `undefined`, and a report, if the argument names none. */
export function readSourceNames(value: AnnotationValue | undefined, report: Report): readonly string[] | undefined {
  const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value]
  const names = items.flatMap((item) => (item.kind === 'path' && item.segments.length === 1 ? item.segments : []))
  if (names.length !== items.length || names.length === 0) {
    report(
      '@blindIndex takes one field of this model, or several in brackets: @blindIndex(ssn) or @blindIndex([first, last]).',
    )
    return undefined
  }
  if (value?.kind === 'list' && names.length === 1) {
    report(`@blindIndex([${names[0]}]) has brackets around a single field. Write @blindIndex(${names[0]}).`)
    return undefined
  }
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) {
    report(`@blindIndex names the field "${twice}" twice, which adds nothing. Name it once.`)
    return undefined
  }
  return names
}

/** The parts of an index with their normalisers; `undefined`, and a report, if one cannot be indexed. */
export function compileParts(
  names: readonly string[],
  normalize: AnnotationValue | undefined,
  model: AnnotatedModel,
  report: Report,
): readonly BlindIndexPart[] | undefined {
  const lists = readNormaliserLists(normalize, names, report)
  const parts = names.map((name, place) => {
    const content = sourceContent(name, model, names.length > 1, report)
    const normalisers = lists?.[place]
    if (content === undefined || normalisers === undefined) return undefined
    if (normalisers.length > 0 && content.type !== 'String') {
      report(
        `normalisers work on text, but ${model.model.name}.${name} is of type ${content.type}. ` +
          (names.length > 1 ? `Give it an empty list: [].` : 'Remove "normalize".'),
      )
      return undefined
    }
    return { field: name, normalisers }
  })
  const compiled = parts.filter((part) => part !== undefined)
  return compiled.length === names.length ? compiled : undefined
}

function sourceContent(
  name: string,
  model: AnnotatedModel,
  compound: boolean,
  report: Report,
): CellContent | undefined {
  const source = model.fields.get(name)
  const place = `${model.model.name}.${name}`
  if (source === undefined) {
    const near = nearest(name, [...model.fields.keys()])
    report(`@blindIndex: ${model.model.name} has no field "${name}"; the nearest is "${near}".`)
    return undefined
  }
  if (source.encrypted === undefined) {
    report(
      `@blindIndex is for encrypted fields, and ${place} is not one. Annotate it with @encrypted, or use @@index on it.`,
    )
    return undefined
  }
  if (!isColumnType(source.field.type)) return undefined
  // What is wrong with the source's own annotation is reported at the source.
  const content = readCellContent(argument(source.encrypted, 'type'), source.field.type, () => {})
  if (content === undefined) return undefined
  if (content.list || content.type === 'Json') {
    const held = content.list ? 'a list' : 'Json'
    report(
      `${place} holds ${held}, which has no single form to compare. Index a field of its own for what is searched.`,
    )
    return undefined
  }
  if (content.type === 'Boolean' && !compound) {
    report(
      `a tag of ${place} alone would tell its two values apart. Index it only together with others: [${name}, other].`,
    )
    return undefined
  }
  return content
}

function readNormaliserLists(
  value: AnnotationValue | undefined,
  names: readonly string[],
  report: Report,
): readonly (readonly NormaliserId[] | undefined)[] | undefined {
  if (value === undefined) return names.map(() => [])
  if (names.length === 1) return [readNormalisers(value, 'normalize: [digits]', report)]
  const example = `normalize: [${names.map((_, place) => (place === 0 ? '[digits]' : '[]')).join(', ')}]`
  if (
    value.kind !== 'list' ||
    value.items.length !== names.length ||
    value.items.some((item) => item.kind !== 'list')
  ) {
    report(
      `"normalize" of an index over ${names.length} fields is a list of ${names.length} lists, one a field: ${example}.`,
    )
    return undefined
  }
  return value.items.map((item) => readNormalisers(item, example, report))
}

function readNormalisers(value: AnnotationValue, example: string, report: Report): readonly NormaliserId[] | undefined {
  if (value.kind !== 'list' || value.items.some((item) => item.kind === 'list')) {
    report(`"normalize" is a list of names, in the order they are applied: ${example}.`)
    return undefined
  }
  const ids: NormaliserId[] = []
  for (const item of value.items) {
    const written = printValue(item)
    const name = normaliserNames().find((candidate) => candidate === written)
    if (name === undefined) {
      const near = nearest(written, normaliserNames())
      report(
        `there is no normaliser "${written}"; the nearest is "${near}". There are: ${normaliserNames().join(', ')}.`,
      )
    } else ids.push(NORMALISERS[name])
  }
  return ids.length === value.items.length ? ids : undefined
}

function normaliserNames(): readonly (keyof typeof NORMALISERS)[] {
  return Object.keys(NORMALISERS).filter((name): name is keyof typeof NORMALISERS => Object.hasOwn(NORMALISERS, name))
}
