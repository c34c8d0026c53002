/** Where an error happened and what it concerns. Never a value, a key or a tag. */
export interface ErrorDetails {
  /** Prisma model name. */
  readonly model?: string
  /** Prisma field name. */
  readonly field?: string
  /** Prisma operation (`create`, `findMany` …) or the name of the call (`encrypt`, `warm` …). */
  readonly operation?: string
  /** Tenant id; `""` is the application's own tenant. */
  readonly tenant?: string
  /** 12-character id of a data or index key. */
  readonly keyId?: string
  /** URI of the key in the KMS. */
  readonly kekUri?: string
  /** The KMS's own id of the request, for its support and its audit log. */
  readonly requestId?: string
  /** Schema file, relative or absolute as it was given. */
  readonly file?: string
  /** Line in `file`, from 1. */
  readonly line?: number
}

/**
 * Base of every error this library throws. `code` is stable across releases and is what programs should test;
 * `message` says what happened, why, and what to do, and may change.
 */
export abstract class FieldsealError extends Error {
  abstract readonly code: string
  readonly model?: string
  readonly field?: string
  readonly operation?: string
  readonly tenant?: string
  readonly keyId?: string
  readonly kekUri?: string
  readonly requestId?: string
  readonly file?: string
  readonly line?: number

  constructor(message: string, details: ErrorDetails = {}) {
    super(message)
    this.name = new.target.name
    for (const [key, value] of Object.entries(details)) {
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true })
    }
  }
}

/** `Model.field`, or whatever part of it is known. */
export function place(details: ErrorDetails): string {
  if (details.model !== undefined && details.field !== undefined) return `${details.model}.${details.field}`
  return details.model ?? details.field ?? 'value'
}
