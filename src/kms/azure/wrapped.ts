import { Buffer } from 'node:buffer'
import { deriveKey, KEY_BYTES, lengthPrefixed, NONCE_BYTES, TAG_BYTES } from '../../crypto/index.js'
import { isKeyVersion } from './kek-uri.js'

// The stored form of a data key that Azure wrapped; docs/kms/azure.md describes it byte by byte. What is written here
// must stay readable: another form gets another version or scheme.

const FORMAT_VERSION = 1
const A256GCM = 1
const RSA_SIGNED = 2

/** Wrapped by a symmetric key of a Managed HSM; the encryption context is its additional authenticated data. */
export interface WrappedByAes {
  readonly scheme: 'A256GCM'
  /** Version of the KEK. */
  readonly version: string
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/** Wrapped with an RSA key, which anyone can do who has its public half; a signature says that this application did. */
export interface WrappedByRsa {
  readonly scheme: 'RSA-OAEP-256'
  /** Version of the KEK. */
  readonly version: string
  readonly ciphertext: Uint8Array
  /** URI of the signing key. */
  readonly signer: string
  readonly signerVersion: string
  /** ES256: 64 bytes. */
  readonly signature: Uint8Array
}

export type Wrapped = WrappedByAes | WrappedByRsa

export function serialiseWrapped(wrapped: Wrapped): Uint8Array {
  const [scheme, parts] =
    wrapped.scheme === 'A256GCM'
      ? [A256GCM, [wrapped.iv, wrapped.ciphertext, wrapped.tag]]
      : [RSA_SIGNED, [wrapped.ciphertext, wrapped.signer, wrapped.signerVersion, wrapped.signature]]
  return Uint8Array.from(
    Buffer.concat([
      Buffer.of(FORMAT_VERSION, scheme),
      ...[wrapped.version, ...parts].map((part) => lengthPrefixed(part)),
    ]),
  )
}

/** Reads what `serialiseWrapped` wrote; `undefined` for anything else. */
export function parseWrapped(bytes: Uint8Array): Wrapped | undefined {
  if (bytes[0] !== FORMAT_VERSION) return undefined
  const parts = splitLengthPrefixed(bytes.subarray(2))
  if (parts === undefined) return undefined
  if (bytes[1] === A256GCM) return parseAes(parts)
  return bytes[1] === RSA_SIGNED ? parseRsa(parts) : undefined
}

function parseAes(parts: readonly Buffer[]): WrappedByAes | undefined {
  const [version, iv, ciphertext, tag, ...more] = parts
  if (version === undefined || iv === undefined || ciphertext === undefined || tag === undefined) return undefined
  const hasLengths = iv.length === NONCE_BYTES && ciphertext.length === KEY_BYTES && tag.length === TAG_BYTES
  const wrapped = { scheme: 'A256GCM', version: version.toString('latin1'), iv, ciphertext, tag } as const
  return hasLengths && more.length === 0 && isKeyVersion(wrapped.version) ? wrapped : undefined
}

/** Bytes of the modulus of RSA keys of 2048, 3072 and 4096 bits: all that Azure has. */
const RSA_LENGTHS = [256, 384, 512]

function parseRsa(parts: readonly Buffer[]): WrappedByRsa | undefined {
  const [version, ciphertext, signer, signerVersion, signature, ...more] = parts
  if (version === undefined || ciphertext === undefined || signer === undefined) return undefined
  if (signerVersion === undefined || signature === undefined || more.length > 0) return undefined
  const wrapped = {
    scheme: 'RSA-OAEP-256',
    version: version.toString('latin1'),
    ciphertext,
    signer: signer.toString('latin1'),
    signerVersion: signerVersion.toString('latin1'),
    signature,
  } as const
  const isWhole = isKeyVersion(wrapped.version) && isKeyVersion(wrapped.signerVersion)
  return isWhole && RSA_LENGTHS.includes(ciphertext.length) && signature.length === 64 ? wrapped : undefined
}

/** Splits a sequence of u32 lengths and the bytes they count; `undefined` unless it ends where the last one does. */
function splitLengthPrefixed(bytes: Uint8Array): Buffer[] | undefined {
  const parts: Buffer[] = []
  let rest = Buffer.from(bytes)
  while (rest.length > 0) {
    if (rest.length < 4) return undefined
    const end = 4 + rest.readUInt32BE()
    if (rest.length < end) return undefined
    parts.push(rest.subarray(4, end))
    rest = rest.subarray(end)
  }
  return parts
}

/** What the signature of a data key wrapped with RSA is made of. */
export interface SignedParts extends Omit<WrappedByRsa, 'scheme' | 'signature'> {
  readonly kekUri: string
  /** The encryption context as bytes. */
  readonly context: Uint8Array
  readonly dataKey: Uint8Array
}

/**
 * The bytes that are signed. They name everything the data key belongs to, so that no part can be moved to another row,
 * and hold a check value of the data key itself, so that only who knew it can have had them signed.
 */
export function signedBytes(parts: SignedParts): Buffer {
  const check = deriveKey(parts.dataKey, lengthPrefixed('fieldseal/1/azure-check'))
  const { context, kekUri, version, signer, signerVersion, ciphertext } = parts
  return Buffer.concat(
    ['fieldseal/1/azure', context, kekUri, version, signer, signerVersion, check, ciphertext].map((part) =>
      lengthPrefixed(part),
    ),
  )
}
