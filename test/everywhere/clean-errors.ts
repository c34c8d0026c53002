import { inspect } from 'node:util'
import { expect } from 'vitest'

/** Stands in every value that is written: no error may show it. */
export const CANARY = 'canary-plaintext'
const SECRET = /canary-plaintext|enc::[0-9]|[0-9a-z]{18}\.[0-9a-v]{26}|46534c01/i

/** The error that work ends in. */
export async function errorOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) throw new Error(`No error, or none of a class: ${inspect(outcome)}`)
  return outcome
}

/** Everything a logger could print of an error. */
function printed(error: Error): string {
  return `${inspect(error, { depth: null, showHidden: true })}\n${JSON.stringify(error)}\n${error.stack}`
}

/** Nothing of an error, however it is printed, shows a value, a cell or a tag. */
export function expectClean(error: Error): void {
  expect(printed(error)).not.toMatch(SECRET)
}

/** What a program tells an error by. */
export function kindOf(error: Error): unknown {
  return [error.name, error.constructor.name, Reflect.get(error, 'code')]
}
