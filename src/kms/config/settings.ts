import { nearest } from '../../policy/spelling.js'
import type { OptionSpec, Recipe, Settings, Variables } from './recipe.js'

/** What was given for one provider, and what is wrong with it. */
export interface ReadSettings {
  readonly settings: Settings
  readonly problems: readonly string[]
}

type Value = string | readonly string[] | boolean

/** The options of a provider, out of the variables that set them. An empty variable is one that is not set. */
export function settingsFromVariables({ options }: Recipe, environment: Variables): ReadSettings {
  const variableOf = (spec: OptionSpec): string | undefined => spec.variables.find((name) => isSet(environment[name]))
  const values = new Map<string, Value>()
  for (const [option, spec] of Object.entries(options)) {
    const text = environment[variableOf(spec) ?? '']
    if (isSet(text)) values.set(option, text)
  }
  const nameOf = (option: string): string => {
    const spec = options[option]
    return spec === undefined ? option : (variableOf(spec) ?? spec.variables[0] ?? option)
  }
  return { settings: settingsOf(values, nameOf), problems: [] }
}

/** The options of a provider, out of an object that may hold anything. */
export function settingsFromObject(recipe: Recipe, kek: string, object: object): ReadSettings {
  const values = new Map<string, Value>()
  const problems: string[] = []
  for (const [option, value] of Object.entries(object)) {
    if (option === 'kek' || value === undefined) continue
    const spec = recipe.options[option]
    if (spec === undefined) {
      const known = Object.keys(recipe.options)
      const meant = nearest(option, known, 3)
      const hint = meant === undefined ? `It has: ${known.join(', ')}.` : `Did you mean ${meant}?`
      problems.push(`${kek} has no option ${JSON.stringify(option)}. ${hint}`)
    } else if (isOfKind(spec.kind, value)) {
      values.set(option, value)
    } else {
      problems.push(`The option ${option} of ${kek} must be ${KINDS[spec.kind]}.`)
    }
  }
  return { settings: settingsOf(values, (option) => `the option ${option} of ${kek}`), problems }
}

const KINDS = { text: 'a text', list: 'a list of texts', flag: 'true or false' } as const

function isOfKind(kind: OptionSpec['kind'], value: unknown): value is Value {
  if (kind === 'flag') return typeof value === 'boolean'
  if (kind === 'text') return typeof value === 'string' && value !== ''
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function settingsOf(values: ReadonlyMap<string, Value>, nameOf: (option: string) => string): Settings {
  return {
    text(option) {
      const value = values.get(option)
      return typeof value === 'string' ? value : undefined
    },
    list(option) {
      const value = values.get(option)
      return typeof value === 'object' ? value : undefined
    },
    flag: (option) => values.get(option) === true,
    nameOf,
  }
}

export function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== ''
}
