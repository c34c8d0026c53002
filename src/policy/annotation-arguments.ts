import type { ErrorDetails } from '../errors/index.js'
import type { Annotation, AnnotationName, AnnotationValue } from './annotation.js'
import { problemAt } from './problem.js'
import { nearest } from './spelling.js'

interface ArgumentList {
  /** What the one unnamed argument is, with an example; null where there is none. */
  readonly unnamed: { readonly what: string; readonly example: string } | null
  readonly named: readonly string[]
}

/** What each annotation takes. */
export const ARGUMENTS: { readonly [name in AnnotationName]: ArgumentList } = {
  encrypted: { unnamed: null, named: ['type', 'ts', 'mode', 'maxBytes', 'id'] },
  blindIndex: {
    unnamed: { what: 'the field or list of fields it indexes', example: '@blindIndex(ssn)' },
    named: ['normalize', 'scope', 'equivalence', 'primary', 'expose', 'id'],
  },
  tenant: {
    unnamed: { what: 'the column that holds the tenant', example: '@tenant(firmId)' },
    named: [],
  },
}

/** Words that a later release will give a meaning; refused until then, so that nobody relies on their doing nothing. */
export const RESERVED_ARGUMENTS: readonly string[] = ['bind', 'pad', 'bits', 'slot', 'previous']

/**
 * Refuses arguments that the annotation does not take.
 * @throws AnnotationError for an unknown, reserved, repeated, missing or superfluous argument.
 */
export function checkArguments(annotation: Annotation, at: ErrorDetails): void {
  const { unnamed, named } = ARGUMENTS[annotation.name]
  const tag = `@${annotation.name}`
  const seen = new Set<string>()
  let unnamedCount = 0
  for (const { name, value } of annotation.args) {
    const word = name ?? onlyWord(value)
    if (word !== undefined && RESERVED_ARGUMENTS.includes(word) && (name !== null || unnamed === null)) {
      throw problemAt(at, `${tag}: "${word}" is reserved for a later release and does nothing yet. Remove it.`)
    }
    if (name === null) {
      unnamedCount++
      if (unnamed === null) throw problemAt(at, superfluous(tag, value, named))
      if (unnamedCount > 1) {
        throw problemAt(
          at,
          `${tag} takes one unnamed argument, ${unnamed.what}. Put several fields in brackets: [f, g].`,
        )
      }
      continue
    }
    if (!named.includes(name)) throw problemAt(at, unknown(tag, name, named))
    if (seen.has(name)) throw problemAt(at, `${tag} has the argument "${name}" twice. Keep one of them.`)
    seen.add(name)
  }
  if (unnamed !== null && unnamedCount === 0) {
    throw problemAt(at, `${tag} does not name ${unnamed.what}. Write for example ${unnamed.example}.`)
  }
}

function superfluous(tag: string, value: AnnotationValue, named: readonly string[]): string {
  const word = onlyWord(value)
  const hint = word === undefined ? '' : ` ${wordHint(tag, word, named)}`
  return `${tag} takes only named arguments (${named.join(', ')}), as in ${tag}(type: Int).${hint}`
}

function wordHint(tag: string, word: string, named: readonly string[]): string {
  const near = nearest(word, named, 2)
  return near === undefined ? `Put a name before ${word}.` : `Write ${tag}(${near}: …).`
}

function unknown(tag: string, name: string, named: readonly string[]): string {
  if (named.length === 0) return `${tag} has no argument "${name}". It takes only the path to the column, unnamed.`
  const near = named.find((known) => known.startsWith(name)) ?? nearest(name, named)
  return `${tag} has no argument "${name}"; the nearest is "${near}". It takes: ${named.join(', ')}.`
}

function onlyWord(value: AnnotationValue): string | undefined {
  return value.kind === 'path' && value.segments.length === 1 ? value.segments[0] : undefined
}
