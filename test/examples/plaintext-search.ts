import { Buffer } from 'node:buffer'

/** Something that must, or must not, be found, in every form it could be stored in. */
export interface Needle {
  readonly name: string
  readonly forms: readonly Buffer[]
}

/** A text in UTF-8, UTF-16 of both byte orders, base64 and hex. */
export function textNeedle(name: string, text: string): Needle {
  const utf16 = Buffer.from(text, 'utf16le')
  return { name, forms: [...encodings(Buffer.from(text)), utf16, Buffer.from(utf16).swap16()] }
}

/** Bytes as they are, in base64 and hex. */
export function bytesNeedle(name: string, bytes: Uint8Array): Needle {
  return { name, forms: encodings(Buffer.from(bytes)) }
}

function encodings(bytes: Buffer): Buffer[] {
  const hex = bytes.toString('hex')
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset))
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [bytes, ...[hex, hex.toUpperCase(), ...base64, ...base64url].map((text) => Buffer.from(text))]
}

/** The characters that `bytes` alone decide where they stand `offset` bytes into a group of three. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const start = Math.ceil((offset * 8) / 6)
  return text.slice(start, Math.floor(((offset + bytes.length) * 8) / 6))
}

/** Bytes at the start of a form by which it is looked up; no form may be shorter. */
const PREFIX = 6

/** Finds which needles occur in some bytes, in one pass however many there are. */
export function createSearch(needles: readonly Needle[]): (haystack: Buffer) => string[] {
  const byPrefix = new Map<number, { readonly name: string; readonly form: Buffer }[]>()
  for (const { name, forms } of needles) {
    for (const form of forms) {
      const prefix = form.readUIntBE(0, PREFIX)
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), { name, form }])
    }
  }
  return (haystack) => {
    const found = new Set<string>()
    for (let at = 0; at + PREFIX <= haystack.length; at++) {
      for (const { name, form } of byPrefix.get(haystack.readUIntBE(at, PREFIX)) ?? []) {
        if (form.equals(haystack.subarray(at, at + form.length))) found.add(name)
      }
    }
    return [...found]
  }
}
