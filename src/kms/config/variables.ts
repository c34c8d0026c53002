import { nearest } from '../../policy/spelling.js'
import type { Variables } from './recipe.js'
import { RECIPES } from './recipes/index.js'
import { isSet } from './settings.js'

/** The KEKs of all providers, with commas; the first is the default. */
export const KMS_VARIABLE = 'FIELDSEAL_KMS'

/** Set by `fieldseal check` for the generator, and by nobody else. */
const CHECK_REPORT = 'FIELDSEAL_CHECK_REPORT'

/** Every variable of this library. */
const KNOWN = [
  KMS_VARIABLE,
  ...[...RECIPES.values()].flatMap(({ options }) => Object.values(options).flatMap(({ variables }) => variables)),
  CHECK_REPORT,
].filter((name) => name.startsWith('FIELDSEAL_'))

/** A problem for each variable that begins like one of ours and is none: a misspelt one would be without effect. */
export function unknownVariables(environment: Variables): readonly string[] {
  return Object.keys(environment)
    .filter((name) => /^FIELDSEAL_/i.test(name) && !KNOWN.includes(name))
    .map((name) => {
      const meant = nearest(name, KNOWN, 4)
      return `There is no variable ${name}. ${meant === undefined ? `There are ${KNOWN.filter((known) => known !== CHECK_REPORT).join(', ')}.` : `Did you mean ${meant}?`}`
    })
}

/** A KEK URI, and what to call the place it stands at. */
interface Listed {
  readonly kek: string
  readonly place: string
}

/** The KEK URIs of `FIELDSEAL_KMS`. */
export function readKekList(environment: Variables, problems: string[]): readonly Listed[] {
  const text = environment[KMS_VARIABLE]
  if (!isSet(text)) {
    problems.push(
      `${KMS_VARIABLE} is not set. Set it to the URI of your KEK, such as aws-kms://alias/app; several with commas.`,
    )
    return []
  }
  const keks = text.split(',').map((kek) => kek.trim())
  return keks.flatMap((kek, at) => {
    const place = keks.length === 1 ? KMS_VARIABLE : `Entry ${at + 1} of ${KMS_VARIABLE}`
    if (kek !== '' && keks.indexOf(kek) === at) return [{ kek, place }]
    problems.push(`${place} ${kek === '' ? 'is empty' : 'is the same as one before it'}.`)
    return []
  })
}
