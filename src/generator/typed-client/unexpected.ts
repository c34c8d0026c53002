import { GenerateError } from '../generate-error.js'

/** The error for text of the client that is not as this release knows it. */
export function unexpected(what: string, file = ''): GenerateError {
  return new GenerateError([
    `the generated client ${what}${file === '' ? '' : ` (${file})`}. Its types were left as they are. ` +
      'Use a version of Prisma that this release of fieldseal was made for, or write types = "false" into the block of the generator.',
  ])
}
