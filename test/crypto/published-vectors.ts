import { readFileSync } from 'node:fs'

/** What every file of published vectors says of itself. */
interface Published {
  /** Who published the vectors, and where. */
  readonly source: string
  /** Which of the published vectors the file holds. */
  readonly selection: string
}

/** Hexadecimal, as published. */
interface GcmVector {
  readonly key: string
  readonly nonce: string
  readonly aad: string
  readonly ciphertext: string
  readonly tag: string
}

interface CavpGcmFile extends Published {
  readonly encrypt: readonly (GcmVector & { readonly id: string; readonly plaintext: string })[]
  /** `plaintext` is null where decryption must fail. */
  readonly decrypt: readonly (GcmVector & { readonly id: string; readonly plaintext: string | null })[]
  readonly truncatedTag: readonly (GcmVector & { readonly id: string })[]
}

interface WycheproofGcmFile extends Published {
  readonly tests: readonly (GcmVector & {
    readonly tcId: number
    readonly comment: string
    readonly plaintext: string
    readonly valid: boolean
  })[]
}

interface HmacRfcFile extends Published {
  readonly tests: readonly {
    readonly id: string
    readonly key: string
    readonly message: string
    readonly digest: string
  }[]
}

interface HmacWycheproofFile extends Published {
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly key: string
    readonly message: string
    readonly tag: string
    readonly valid: boolean
  }[]
}

interface HkdfRfcFile extends Published {
  readonly tests: readonly {
    readonly id: string
    readonly ikm: string
    readonly salt: string
    readonly info: string
    /** Bytes of output. */
    readonly size: number
    readonly prk: string
    readonly okm: string
  }[]
}

interface HkdfWycheproofFile extends Published {
  readonly tests: readonly {
    readonly tcId: number
    readonly ikm: string
    readonly info: string
    /** Bytes of output. */
    readonly size: number
    readonly okm: string
  }[]
}

interface Sha256File extends Published {
  readonly messages: readonly { readonly id: string; readonly message: string; readonly digest: string }[]
  readonly monteCarlo: { readonly seed: string; readonly checkpoints: readonly string[] }
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'))

export const gcmCavp: CavpGcmFile = read('aes-256-gcm-cavp')
export const gcmWycheproof: WycheproofGcmFile = read('aes-256-gcm-wycheproof')
export const hmacRfc4231: HmacRfcFile = read('hmac-sha256-rfc4231')
export const hmacWycheproof: HmacWycheproofFile = read('hmac-sha256-wycheproof')
export const hkdfRfc5869: HkdfRfcFile = read('hkdf-sha256-rfc5869')
export const hkdfWycheproof: HkdfWycheproofFile = read('hkdf-sha256-wycheproof')
export const sha256Cavp: Sha256File = read('sha256-cavp')

export const hex = (text: string): Buffer => Buffer.from(text, 'hex')
