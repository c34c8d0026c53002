import { type ErrorDetails, FieldsealError, place } from './base.js'

/** An annotation cannot be read, or stands where it must not. */
export class AnnotationError extends FieldsealError {
  readonly code = 'INVALID_ANNOTATION'
  constructor(message: string, details: ErrorDetails = {}) {
    const where = details.file === undefined ? '' : `${details.file}:${details.line ?? 1}: `
    super(`${where}${message}`, details)
  }
}

/** One or more problems in a schema's annotations; `problems` lists them all. */
export class PolicyError extends FieldsealError {
  readonly code = 'INVALID_POLICY'
  readonly problems: readonly AnnotationError[]
  constructor(problems: readonly AnnotationError[]) {
    super(problems.map((problem) => problem.message).join('\n'), {
      ...(problems[0]?.file === undefined ? {} : { file: problems[0].file }),
      ...(problems[0]?.line === undefined ? {} : { line: problems[0].line }),
    })
    this.problems = problems
  }
}

/** A call names a field or index that the policy does not have. */
export class UnknownFieldError extends FieldsealError {
  readonly code = 'UNKNOWN_FIELD'
  constructor(name: string, known: readonly string[], details: ErrorDetails = {}) {
    super(
      `The policy has no encrypted field or blind index ${JSON.stringify(name)}. It has: ${known.join(', ') || 'none'}. Annotate the field and run prisma generate.`,
      details,
    )
  }
}

/** `fieldseal.lock` cannot be read. */
export class LockFileError extends FieldsealError {
  readonly code = 'INVALID_LOCK_FILE'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(`${details.file ?? 'fieldseal.lock'} cannot be used: ${reason}.`, details)
  }
}

/** The policy puts a field into a mode that this release does not serve. */
export class UnsupportedModeError extends FieldsealError {
  readonly code = 'UNSUPPORTED_MODE'
  constructor(mode: string, details: ErrorDetails = {}) {
    super(`${place(details)} is in mode ${mode}, which this release does not serve. Use strict.`, details)
  }
}

/** The client was generated from another schema than the policy. */
export class StalePolicyError extends FieldsealError {
  readonly code = 'STALE_POLICY'
  constructor(reason: string, details: ErrorDetails = {}) {
    super(`The policy does not belong to this Prisma client: ${reason}. Run prisma generate, and restart.`, details)
  }
}
