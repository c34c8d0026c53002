import { isDeepStrictEqual } from 'node:util'

/** Something is not as it should be; the message says what. */
export class DemoError extends Error {}

/** @throws DemoError unless both are equal. Neither is printed: they may be plaintext. */
export function expectEqual(found, wanted, what) {
  if (!isDeepStrictEqual(found, wanted)) throw new DemoError(`${what} is not as it should be`)
}

/** The code of the error that the work is expected to end in. */
export async function codeOf(work, what) {
  const error = await refusalOf(work, what)
  return String(error.code)
}

/**
 * The error that the work is expected to end in.
 * @returns {Promise<Error & { code?: unknown, meta?: unknown }>}
 */
export async function refusalOf(work, what) {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new DemoError(`${what} was carried out, and should have been refused`)
}
