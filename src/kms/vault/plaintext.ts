import { Buffer } from 'node:buffer'
import { keyMemory } from '../../crypto/index.js'

// A data key crosses to Vault and back as base64 in JSON. Text that JavaScript once made of it nobody could erase, so it is
// put into the bytes of a request, and taken out of those of a reply, with asterisks in its place where there is text.

/** A data key that stood in a reply. */
export interface CutPlaintext {
  /** The caller's to erase. */
  readonly key: Uint8Array
  /** What stands in its place. */
  readonly asterisks: string
}

const MEMBER = Buffer.from('"plaintext"')
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const [COLON, QUOTE, PAD, ASTERISK] = Buffer.from(':"=*')

/** What stands for a key of this many bytes in the text of a request. */
export function asterisksFor(bytes: number): string {
  return '*'.repeat(Math.ceil(bytes / 3) * 4)
}

/** Writes the key, in base64, over its asterisks. */
export function putPlaintext(json: Buffer, key: Uint8Array): void {
  let at = json.indexOf(asterisksFor(key.length))
  for (let from = 0; from < key.length; from += 3) {
    const [a = 0, b = 0, c = 0] = key.subarray(from, from + 3)
    const bits = (a << 16) | (b << 8) | c
    const given = Math.min(3, key.length - from)
    for (let digit = 0; digit < 4; digit++) {
      json[at++] = (digit <= given ? ALPHABET[(bits >> (18 - 6 * digit)) & 63] : PAD) ?? 0
    }
  }
}

/** Takes the value of the first member `plaintext` out of JSON; `undefined` if there is none in base64. */
export function cutPlaintext(json: Buffer): CutPlaintext | undefined {
  const member = json.indexOf(MEMBER)
  if (member === -1) return undefined
  const colon = afterSpace(json, member + MEMBER.length)
  const quote = afterSpace(json, colon + 1)
  if (json[colon] !== COLON || json[quote] !== QUOTE) return undefined
  const end = json.indexOf(QUOTE ?? 0, quote + 1)
  if (end === -1) return undefined
  const digits = json.subarray(quote + 1, end)
  const key = decode(digits)
  if (key === undefined) return undefined
  digits.fill(ASTERISK ?? 0)
  return { key, asterisks: '*'.repeat(digits.length) }
}

/** Where what stands behind white space begins. */
function afterSpace(json: Buffer, from: number): number {
  let at = from
  while ([0x20, 0x09, 0x0a, 0x0d].includes(json[at] ?? 0)) at++
  return at
}

/** Base64 with padding (RFC 4648 §4); `undefined` for anything else. */
function decode(digits: Buffer): Uint8Array | undefined {
  if (digits.length === 0 || digits.length % 4 !== 0) return undefined
  const padding = digits.at(-1) !== PAD ? 0 : digits.at(-2) !== PAD ? 1 : 2
  const bytes = keyMemory((digits.length / 4) * 3 - padding)
  let bits = 0
  for (let at = 0; at < digits.length - padding; at++) {
    const value = ALPHABET.indexOf(digits[at] ?? 0)
    if (value === -1) {
      bytes.fill(0)
      return undefined
    }
    bits = ((bits << 6) | value) & 0xffffff
    const digit = at % 4
    if (digit > 0) bytes[Math.floor(at / 4) * 3 + digit - 1] = bits >> (6 - 2 * digit)
  }
  return bytes
}
