import { KmsConfigurationError, KmsError } from '../../errors/index.js'
import { nearest } from '../../policy/spelling.js'
import type { InspectableKms } from '../kms.js'
import type { Recipe, Settings } from './recipe.js'
import { RECIPES } from './recipes/index.js'

/** A provider whose options are read, ready to be made. */
export interface Entry {
  readonly kek: string
  readonly recipe: Recipe
  readonly settings: Settings
}

/** The provider of a KEK URI, or what is wrong with that: the text itself is not repeated, since it may be a key. */
export function recipeOf(kek: string): Recipe | { readonly problem: string } {
  const [, scheme, rest] = /^([A-Za-z0-9+.-]{1,30}):\/\/(.*)$/.exec(kek) ?? []
  if (scheme === undefined || rest === undefined) return { problem: `is no KEK URI. One looks like ${examples()}.` }
  const recipe = RECIPES.get(scheme)
  if (recipe !== undefined) return rest === '' ? { problem: `names no key. One looks like ${recipe.example}.` } : recipe
  const meant = nearest(scheme, [...RECIPES.keys()], 4)
  const hint = meant === undefined ? `There are ${[...RECIPES.keys()].join(', ')}.` : `Did you mean ${meant}://?`
  return { problem: `has the unknown scheme ${scheme}://. ${hint}` }
}

function examples(): string {
  return [...RECIPES.values()].map(({ example }) => example).join(', ')
}

/**
 * Makes all providers, or none: everything that is wrong comes in one error.
 * @param problems what was found wrong before.
 * @throws KmsConfigurationError
 */
export async function openAll(
  entries: readonly Entry[],
  problems: readonly string[],
  app: string,
): Promise<readonly [InspectableKms, ...InspectableKms[]]> {
  const opened = await Promise.allSettled(entries.map(({ kek, recipe, settings }) => recipe.open(kek, settings, app)))
  const made = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const all = [...problems, ...overlaps(entries)]
  for (const [at, outcome] of opened.entries()) {
    const entry = entries[at]
    if (outcome.status === 'rejected' && entry !== undefined) all.push(...problemsOf(outcome.reason, entry))
  }
  const [first, ...others] = made
  if (all.length === 0 && first !== undefined) return [configured(first), ...others.map(configured)]
  for (const kms of made) kms.dispose?.()
  throw new KmsConfigurationError([...new Set(all)])
}

/** The provider as the service's own, to be disposed of with it. */
function configured(kms: InspectableKms): InspectableKms {
  return { ...kms, configured: true }
}

/** Providers of one scheme of which the second would never be asked. */
function overlaps(entries: readonly Entry[]): string[] {
  return [...RECIPES.values()].flatMap(({ scheme, several }) => {
    const ofScheme = entries.filter(({ recipe }) => recipe.scheme === scheme)
    const names = ofScheme.map(({ kek }) => kek)
    if (names.length < 2) return []
    if (new Set(names).size === names.length && several?.(ofScheme.map(({ settings }) => settings)) === true) return []
    return [
      `${names.join(' and ')} are served by one provider: configure the default KEK, and give tenants theirs by kekFor().`,
    ]
  })
}

function problemsOf(error: unknown, { kek, recipe }: Entry): readonly string[] {
  if (error instanceof KmsConfigurationError) return error.problems.map((problem) => `${kek}: ${problem}`)
  if (error instanceof KmsError) return [`${kek}: ${error.message}`]
  const { packageName } = recipe
  const { code, message }: { readonly code?: unknown; readonly message?: unknown } = Object(error)
  // Node.js names the missing package in the message only.
  if (packageName !== undefined && code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${packageName}'`)) {
    return [`${kek} needs the package ${packageName}, which is not installed. Run "npm install ${packageName}".`]
  }
  throw error
}
