import { expect } from 'vitest'
import type { FieldsealError } from '../../../src/errors/index.js'

type ErrorClass = abstract new (...args: never[]) => FieldsealError

/** The error that `work` ends in, which must be of exactly this class. */
export async function thrownBy<C extends ErrorClass>(expected: C, work: () => unknown): Promise<InstanceType<C>> {
  let caught: unknown
  try {
    await work()
  } catch (error) {
    caught = error
  }
  if (caught === undefined) expect.fail(`expected ${expected.name}, but nothing was thrown`)
  expect(caught).toBeInstanceOf(expected)
  return caught as InstanceType<C>
}
