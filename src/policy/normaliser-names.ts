/**
 * Normalisers an annotation may name, each with the version that the name means today. A new Unicode table or rule is a
 * new version beside the old; the old one stays for ever, since stored tags depend on it.
 */
export const NORMALISERS = {
  digits: 'digits@1',
  alphanumeric: 'alphanumeric@1',
  lowercase: 'lowercase@1',
  trim: 'trim@1',
  nfkc: 'nfkc@1',
  diacritics: 'diacritics@1',
  email: 'email@1',
} as const

/** `digits@1` … */
export type NormaliserId = (typeof NORMALISERS)[keyof typeof NORMALISERS]
