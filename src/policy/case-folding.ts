import type { NormaliserId } from './normaliser-names.js'
import type { BlindIndexPart } from './policy.js'

/** Normalisers after which texts that differ in case alone are the same. */
const FOLDS_CASE: { readonly [id in NormaliserId]: boolean } = {
  'digits@1': false,
  'alphanumeric@1': true,
  'lowercase@1': true,
  'trim@1': false,
  'nfkc@1': false,
  'diacritics@1': false,
  'email@1': true,
}

/** Whether an index ignores the case of a field. */
export function foldsCase(parts: readonly BlindIndexPart[], field: string): boolean {
  return parts.some((part) => part.field === field && part.normalisers.some((id) => FOLDS_CASE[id]))
}

/** Whether texts have the same tag exactly when they differ in case alone: what `mode: 'insensitive'` asks. */
export function foldsCaseOnly(parts: readonly BlindIndexPart[]): boolean {
  return parts.every(({ normalisers }) => normalisers.join() === 'lowercase@1')
}
