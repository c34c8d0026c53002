import type { Field, Normaliser, ValueType } from './models.js'
import { STAGES } from './models.js'
import { isPlain, Made } from './sides.js'

/**
 * Few values of each kind, so that filters find rows and uniques collide. No text occurs in a cell by chance: each has a
 * blank. Those of one index that folds are alike in pairs.
 */
const VALUES: { readonly [type in ValueType]: readonly unknown[] } = {
  String: ['plain one', 'plain two', 'enc::1.k00000000001. plain'],
  Int: [7, -12, 2_000_000_000],
  BigInt: [9_007_199_254_740_991n, -5n],
  Float: [0.5, -1024.25, 3],
  Decimal: [new Made('Decimal', '12.5'), new Made('Decimal', '-3'), new Made('Decimal', '1000000.25')],
  Boolean: [true, false],
  DateTime: [new Date('1999-12-31T23:59:59.999Z'), new Date('2024-02-29T00:00:00.000Z')],
  Json: [{ plain: ['a b', 1, null], deep: { x: true } }, ['plain json'], 'plain json', 7],
  Bytes: [Uint8Array.from([0x46, 0x53, 0x4c, 1, 32]), new TextEncoder().encode('plain bytes')],
  Stage: STAGES,
  '[String]': [[], ['plain word', ''], ['enc::1. plain']],
}

/** Values of plain unique text. */
export const LABELS = ['tag 1', 'tag 2', 'tag 3', 'tag 4', 'tag 5', 'tag 6']

const FOLDED: { readonly [N in Normaliser]: readonly string[] } = {
  digits: ['900-12 3456', '900 12-3456', '800 000', 'no plain digits'],
  email: ['Ada@ plain.example', 'ada@ PLAIN.example ', 'bob@ plain.example', 'Bob@ plain.example'],
  lowercase: ['Plain Caption', 'plain caption', 'Other Caption'],
}

/** Values of a field; `prefix` keeps those of one tenant apart where an index is global. */
export function valuesOf(field: Field, prefix = ''): readonly unknown[] {
  const fold = field.index?.normalise ?? field.folded?.normalise
  if (fold === undefined) return VALUES[field.type]
  if (field.index?.scope !== 'global') return FOLDED[fold]
  return ['1 ', '2 ', '3 '].flatMap((mark) => FOLDED[fold].map((value) => `${prefix}${mark}${value}`))
}

const FOLDS: { readonly [N in Normaliser]: (text: string) => string } = {
  digits: (text) => text.replaceAll(/\D/g, ''),
  email: (text) => text.trim().toLowerCase(),
  lowercase: (text) => text.toLowerCase(),
}

/** The form by which an index compares a text: a text of which nothing is left is compared as it is. */
export function normalForm(normaliser: Normaliser, text: string): string {
  const folded = FOLDS[normaliser](text)
  return folded === '' && text !== '' ? `raw ${text}` : `form ${folded}`
}

/** Every text in a condition or value in its normal form; all else as it is. */
export function normalForms(normaliser: Normaliser, given: unknown): unknown {
  if (typeof given === 'string') return normalForm(normaliser, given)
  if (Array.isArray(given)) return given.map((one) => normalForms(normaliser, one))
  if (!isPlain(given)) return given
  const operators = Object.entries(given).filter(([operator]) => operator !== 'mode')
  return Object.fromEntries(operators.map(([operator, operand]) => [operator, normalForms(normaliser, operand)]))
}
