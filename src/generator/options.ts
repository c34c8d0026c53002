import { nearest } from '../policy/index.js'
import type { GeneratorBlock } from './generator-request.js'

/** The settings of our generator block. */
export interface GeneratorOptions {
  /** Language of the policy module; that of the client if absent. */
  readonly format: 'ts' | 'js' | undefined
  /** `external`: wrapped keys are kept elsewhere, so the schema needs no models for them. */
  readonly keys: 'schema' | 'external'
  /** Whether the client's types are to know what is encrypted. */
  readonly types: boolean
  /** Name of the client's generator block; needed when there are several. */
  readonly client: string | undefined
}

const ALLOWED = { format: ['ts', 'js'], keys: ['schema', 'external'], types: ['true', 'false'], client: [] } as const

/** Reads the settings; what cannot be read goes to `problems` and counts as absent. */
export function readOptions({ name, config }: GeneratorBlock, report: (problem: string) => void): GeneratorOptions {
  for (const option of Object.keys(config)) {
    if (Object.hasOwn(ALLOWED, option)) continue
    const meant = nearest(option, Object.keys(ALLOWED), 3)
    const remedy = meant === undefined ? `The options are ${Object.keys(ALLOWED).join(', ')}` : `Did you mean ${meant}`
    report(`the generator ${name} has no option ${option}. ${remedy}${meant === undefined ? '.' : '?'}`)
  }
  const choose = <Choice extends string>(option: string, choices: readonly Choice[]): Choice | undefined => {
    const value = config[option]
    if (value === undefined) return undefined
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined) {
      const meant = typeof value === 'string' ? nearest(value, choices, 3) : undefined
      const allowed = choices.map((candidate) => `"${candidate}"`).join(' or ')
      report(
        `the option ${option} of the generator ${name} is ${allowed}, not ${JSON.stringify(value)}.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
      )
    }
    return choice
  }
  const { client } = config
  if (client !== undefined && typeof client !== 'string') {
    report(`the option client of the generator ${name} is the name of one generator block, in quotes.`)
  }
  return {
    format: choose('format', ALLOWED.format),
    keys: choose('keys', ALLOWED.keys) ?? 'schema',
    types: choose('types', ALLOWED.types) !== 'false',
    client: typeof client === 'string' ? client : undefined,
  }
}
