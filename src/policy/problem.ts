import { AnnotationError, type ErrorDetails, place } from '../errors/index.js'

/** Takes one problem of the place it was made for. */
export type Report = (message: string) => void

/** An error about one place of the schema; the message begins with the place as far as it is known. */
export function problemAt(at: ErrorDetails, message: string): AnnotationError {
  return new AnnotationError(at.model === undefined ? message : `${place(at)}: ${message}`, at)
}
