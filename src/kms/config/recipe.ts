import type { InspectableKms } from '../kms.js'

/** Environment variables by name, as `process.env` has them. */
export interface Variables {
  readonly [name: string]: string | undefined
}

/** An option of a provider that plain data can give. */
export interface OptionSpec {
  readonly kind: 'text' | 'list' | 'flag'
  /** The variables that set it; of several the first that is set. None for what only code may say. */
  readonly variables: readonly string[]
}

/** The options of one provider as they were given, each of the kind its spec says. */
export interface Settings {
  text(option: string): string | undefined
  list(option: string): readonly string[] | undefined
  flag(option: string): boolean
  /** How the user knows an option: by its variable, or by its name. */
  nameOf(option: string): string
}

/** How a provider is made from plain data. */
export interface Recipe {
  /** Of its KEK URIs: `aws-kms`. */
  readonly scheme: string
  /** What a KEK URI of it looks like, for messages. */
  readonly example: string
  /** The package it cannot do without. */
  readonly packageName?: string
  readonly options: { readonly [option: string]: OptionSpec }
  /** Whether two of it can stand side by side; else one serves all its KEKs. */
  readonly several?: (settings: readonly Settings[]) => boolean
  /** @throws KmsConfigurationError; or an error of loading, if the package is missing. */
  open(kek: string, settings: Settings, app: string): Promise<InspectableKms>
}

/** The options with a value, as an object to spread: what is not set stays the provider's own default. */
export function given<Options extends object>(
  options: {
    readonly [Name in keyof Options]: Options[Name] | undefined
  },
): Partial<Options> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set) as Partial<Options>
}
