import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise } from '../../src/blind-index/index.js'
import { NORMALISERS, type NormaliserId } from '../../src/policy/normaliser-names.js'

/**
 * What each normaliser makes of a text, for ever: stored tags depend on it. A runtime on which one of these fails has
 * other Unicode tables, and would look for tags that nobody stored.
 */
const vectors: { readonly [id in NormaliserId]: readonly (readonly [given: string, normalised: string])[] } = {
  'digits@1': [
    ['123-45-6789', '123456789'],
    ['+49 (0)30 1234', '490301234'],
    ['n/a', ''],
    ['', ''],
    ['١٢٣', ''],
    ['１２３', ''],
    ['²', ''],
  ],
  'alphanumeric@1': [
    ['DE89 3704-0044', 'de8937040044'],
    ['AbC', 'abc'],
    ['É1', '1'],
    ['ﬁ', ''],
    // KELVIN SIGN lower-cases to k, but it is no ASCII letter to begin with.
    ['\u212a', ''],
    ['-', ''],
  ],
  'lowercase@1': [
    ['ABC xyz', 'abc xyz'],
    ['ÄÖÜ', 'äöü'],
    ['ß', 'ß'],
    ['ẞ', 'ß'],
    ['SS', 'ss'],
    // No locale: İ becomes i with a dot above as a mark, I never becomes ı.
    ['\u0130', 'i\u0307'],
    ['I', 'i'],
    ['ı', 'ı'],
    ['Σ', 'σ'],
    ['ς', 'ς'],
    // A capital sigma at the end of a word becomes the final one.
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ.', 'οδος.'],
    ['ΣΑΣ', 'σας'],
    ['\u212a', 'k'],
    ['\u1e9e', '\u00df'],
    ['𐐀', '𐐨'],
    ['Ꭰ', 'ꭰ'],
    ['ﬁ', 'ﬁ'],
    ['Ǆ', 'ǆ'],
    ['ǅ', 'ǆ'],
  ],
  'trim@1': [
    [' a b ', 'a b'],
    ['\t\n\r\va\f', 'a'],
    ['\u00a0a\u3000', 'a'],
    ['\ufeffa\u2028', 'a'],
    // Neither the zero-width space nor NEL is white space to ECMAScript.
    ['\u200ba', '\u200ba'],
    ['\u0085a', '\u0085a'],
    ['   ', ''],
  ],
  'nfkc@1': [
    ['ﬁ', 'fi'],
    ['e\u0301', 'é'],
    ['é', 'é'],
    ['①', '1'],
    ['２', '2'],
    ['²', '2'],
    ['Å', 'Å'],
    ['\u212b', '\u00c5'],
    ['½', '1\u20442'],
    ['㎏', 'kg'],
    ['\u00a0', ' '],
    ['ſ', 's'],
    ['ß', 'ß'],
    ['각', '각'],
    ['\u1100\u1161\u11a8', '각'],
    ['A', 'A'],
  ],
  'diacritics@1': [
    ['é', 'e'],
    ['e\u0301', 'e'],
    ['Łódź', 'Łodz'],
    ['ø', 'ø'],
    ['Ångström', 'Angstrom'],
    ['Việt Nam', 'Viet Nam'],
    ['ß', 'ß'],
    ['각', '각'],
    ['\u0301', ''],
    ['\u0130', 'I'],
    ['й', 'и'],
  ],
  'email@1': [
    [' Ada@Example.COM ', 'ada@example.com'],
    ['ada+tag@example.com', 'ada+tag@example.com'],
    ['a.d.a@example.com', 'a.d.a@example.com'],
    ['Ａｄａ@example.com', 'ada@example.com'],
    ['JOSE\u0301@example.com', 'josé@example.com'],
    [' ', ''],
    // A mark that NFKC turns into a space and a combining mark.
    ['\u00a8', '\u0308'],
  ],
}

const ids = Object.values(NORMALISERS)

describe('a normaliser', () => {
  it.each(ids.flatMap((id) => vectors[id].map(([given, normalised]) => [id, given, normalised] as const)))(
    '%s makes %j into %j',
    (id, given, normalised) => {
      expect(normalise(given, [id])).toBe(normalised)
    },
  )

  it.each(['digits@1', 'alphanumeric@1', 'lowercase@1', 'trim@1', 'nfkc@1', 'diacritics@1'] as const)(
    '%s changes nothing the second time',
    (id) => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
          const once = normalise(text, [id])
          expect(normalise(once, [id])).toBe(once)
        }),
      )
    },
  )

  it('finds canonically equal texts equal under nfkc and under diacritics', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const id of ['nfkc@1', 'diacritics@1'] as const) {
          expect(normalise(text.normalize('NFD'), [id])).toBe(normalise(text.normalize('NFC'), [id]))
        }
      }),
    )
  })
})

describe('several normalisers', () => {
  it('work in the order they are named', () => {
    expect(normalise('ﬁ', ['nfkc@1', 'alphanumeric@1'])).toBe('fi')
    expect(normalise('ﬁ', ['alphanumeric@1', 'nfkc@1'])).toBe('')
  })

  it('that are none leave the text as it is', () => {
    expect(normalise(' É ', [])).toBe(' É ')
  })
})
