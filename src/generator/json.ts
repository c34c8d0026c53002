import { GenerateError } from './generate-error.js'

/** A JSON object of which nothing is known yet. */
export interface JsonObject {
  readonly [key: string]: unknown
}

/** `what` names the place in Prisma's message, for the error. */
export function objectAt(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value
  return unexpected(what, 'an object')
}

export function arrayAt(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  return unexpected(what, 'a list')
}

export function textAt(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  return unexpected(what, 'text')
}

/** Absent and null are the same to Prisma. */
export function optionalTextAt(value: unknown, what: string): string | null {
  return value === undefined || value === null ? null : textAt(value, what)
}

export function booleanAt(value: unknown, what: string): boolean {
  if (typeof value === 'boolean') return value
  return unexpected(what, 'true or false')
}

export function textsAt(value: unknown, what: string): readonly string[] {
  return arrayAt(value, what).map((item) => textAt(item, what))
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unexpected(what: string, expected: string): never {
  throw new GenerateError([
    `Prisma sent no ${expected.replace(/^an? /, '')} as ${what}, so this version of Prisma does not fit this version of fieldseal. ` +
      'Use one of the Prisma versions that the documentation names.',
  ])
}
