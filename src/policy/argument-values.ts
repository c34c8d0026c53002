import { type AnnotationValue, printValue } from './annotation.js'
import type { Report } from './problem.js'
import { nearest } from './spelling.js'

const ID = /^[\x21-\x7e]{1,200}$/

/** A single word out of a fixed set; `undefined`, and a report, for anything else. */
export function readWord<Word extends string>(
  name: string,
  value: AnnotationValue,
  words: readonly Word[],
  report: Report,
): Word | undefined {
  const written = printValue(value)
  const word = words.find((candidate) => candidate === written)
  if (word !== undefined) return word
  const near = nearest(written.replaceAll('"', ''), words)
  report(`"${name}: ${written}" is not possible; the nearest is "${name}: ${near}". Possible: ${words.join(', ')}.`)
  return undefined
}

/** `true` or `false`. */
export function readBoolean(name: string, value: AnnotationValue, report: Report): boolean | undefined {
  const word = readWord(name, value, ['true', 'false'], report)
  return word === undefined ? undefined : word === 'true'
}

/** A whole number from `least` to `most`. */
export function readInteger(
  name: string,
  value: AnnotationValue,
  least: number,
  most: number,
  report: Report,
): number | undefined {
  if (value.kind === 'number' && Number.isInteger(value.value) && value.value >= least && value.value <= most) {
    return value.value
  }
  report(`"${name}: ${printValue(value)}" is not possible. Write a whole number from ${least} to ${most}.`)
  return undefined
}

/** The identity an annotation gives: 1 to 200 printable ASCII characters without spaces, in quotes. */
export function readId(value: AnnotationValue, report: Report): string | undefined {
  if (value.kind === 'string' && ID.test(value.value)) return value.value
  report(
    `"id: ${printValue(value)}" is not possible. Write 1 to 200 printable ASCII characters without spaces, ` +
      'in quotes: id: "Client.ssn".',
  )
  return undefined
}
