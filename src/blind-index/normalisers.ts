import type { NormaliserId } from '../policy/normaliser-names.js'

/**
 * Text to the form that tags compare. A normaliser never changes once released: stored tags depend on it. Those marked
 * Unicode follow the tables of the runtime; `test/blind-index` holds vectors for them.
 */
const NORMALISER_FUNCTIONS: { readonly [id in NormaliserId]: (text: string) => string } = {
  /** ASCII 0–9 only. */
  'digits@1': (text) => text.replace(/[^0-9]/g, ''),
  /** ASCII letters and digits only, letters in lower case: account and passport numbers. */
  'alphanumeric@1': (text) => text.replace(/[^0-9A-Za-z]/g, '').toLowerCase(),
  /** Unicode lower case, without locale (Unicode Standard §3.13, `toLowercase`). */
  'lowercase@1': (text) => text.toLowerCase(),
  /** Without white space and line ends at both ends (ECMA-262 §22.1.3.32). */
  'trim@1': (text) => text.trim(),
  /** Compatibility composition (Unicode Standard Annex 15). */
  'nfkc@1': (text) => text.normalize('NFKC'),
  /** Without combining marks: é is e. */
  'diacritics@1': (text) =>
    text
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .normalize('NFC'),
  /** NFKC, trimmed, lower case: mailbox names are not case-sensitive in practice. Tags and dots in them are kept. */
  'email@1': (text) => text.normalize('NFKC').trim().toLowerCase(),
}

/** Applies normalisers in order. */
export function normalise(text: string, normalisers: readonly NormaliserId[]): string {
  return normalisers.reduce((current, id) => NORMALISER_FUNCTIONS[id](current), text)
}
