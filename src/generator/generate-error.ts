import { FieldsealError } from '../errors/index.js'

/** The generator could not do its work; `problems` lists everything that stands against it, one message each. */
export class GenerateError extends FieldsealError {
  readonly code = 'GENERATE_FAILED'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}
