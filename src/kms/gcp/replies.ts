import { Buffer } from 'node:buffer'
import { KEY_BYTES, takeKey } from '../../crypto/index.js'
import { type ErrorDetails, KmsReplyError } from '../../errors/index.js'
import type { KekDescription } from '../kms.js'
import { crc32c } from './crc32c.js'
import type { GcpKek } from './kek-uri.js'

type Reply<Key extends string> = { readonly [key in Key]?: unknown }

/** A value and its checksum, as requests carry them. */
export function checked(bytes: Uint8Array): { readonly value: number } {
  return { value: crc32c(bytes) }
}

/**
 * The ciphertext of a reply to Encrypt, which must say that it got the plaintext and the context undamaged, and under
 * which version of the KEK it put them.
 * @throws KmsReplyError
 */
export function readEncrypted(reply: unknown, kek: GcpKek, about: ErrorDetails): Uint8Array {
  const parts: Reply<
    'name' | 'ciphertext' | 'ciphertextCrc32c' | 'verifiedPlaintextCrc32c' | 'verifiedAdditionalAuthenticatedDataCrc32c'
  > = Object(reply)
  const { name, ciphertext } = parts
  if (!(ciphertext instanceof Uint8Array) || ciphertext.length === 0) {
    throw new KmsReplyError('it holds no wrapped key', about)
  }
  if (parts.verifiedPlaintextCrc32c !== true || parts.verifiedAdditionalAuthenticatedDataCrc32c !== true) {
    throw new KmsReplyError('it does not confirm the checksums of the request', about)
  }
  requireChecksum(parts.ciphertextCrc32c, ciphertext, about)
  if (typeof name !== 'string' || !name.startsWith(`${kek.name}/cryptoKeyVersions/`)) {
    throw new KmsReplyError('it does not name the key it was asked about', about)
  }
  return Uint8Array.from(ciphertext)
}

/**
 * The key of a reply to Decrypt, in memory of its own; the SDK's copy is erased.
 * @throws KmsReplyError
 */
export function readDecrypted(reply: unknown, about: ErrorDetails): Uint8Array {
  const { plaintext, plaintextCrc32c }: Reply<'plaintext' | 'plaintextCrc32c'> = Object(reply)
  if (!(plaintext instanceof Uint8Array)) throw new KmsReplyError('it holds no key', about)
  try {
    requireChecksum(plaintextCrc32c, plaintext, about)
    if (plaintext.length !== KEY_BYTES) throw new KmsReplyError(`it holds no key of ${KEY_BYTES} bytes`, about)
    return takeKey(plaintext)
  } finally {
    plaintext.fill(0)
  }
}

/** A google.protobuf.Int64Value: number, string or Long. */
function requireChecksum(wrapper: unknown, bytes: Uint8Array, about: ErrorDetails): void {
  const { value }: Reply<'value'> = Object(wrapper)
  if (value === undefined || value === null || String(value) !== String(crc32c(bytes))) {
    throw new KmsReplyError('its checksum is wrong', about)
  }
}

/**
 * What a reply to GetCryptoKey tells of the KEK.
 * @throws KmsReplyError
 */
export function readDescription(reply: unknown, kek: GcpKek, about: ErrorDetails & { readonly kekUri: string }) {
  const { name, purpose, primary, rotationPeriod }: Reply<'name' | 'purpose' | 'primary' | 'rotationPeriod'> =
    Object(reply)
  if (name !== kek.name) throw new KmsReplyError('it does not name the key it was asked about', about)
  const version: Reply<'name' | 'state' | 'algorithm' | 'protectionLevel'> = Object(primary)
  const { seconds }: Reply<'seconds'> = Object(rotationPeriod)
  const facts = {
    location: kek.location,
    purpose,
    'key version': String(version.name ?? '').slice(kek.name.length + '/cryptoKeyVersions/'.length),
    'version state': version.state,
    algorithm: version.algorithm,
    'protection level': version.protectionLevel,
    rotation: seconds === undefined || seconds === null ? '' : `every ${String(seconds)} s`,
  }
  const description: KekDescription = {
    kekUri: about.kekUri,
    state: stateOf(version.state),
    facts: Object.fromEntries(
      Object.entries(facts).flatMap(([fact, value]) =>
        typeof value === 'string' && value !== '' ? [[fact, value]] : [],
      ),
    ),
  }
  return description
}

/** By the state of the primary version, the one that wraps. */
function stateOf(state: unknown): KekDescription['state'] {
  if (state === 'ENABLED') return 'enabled'
  return state === 'DESTROY_SCHEDULED' || state === 'DESTROYED' ? 'pending deletion' : 'disabled'
}

/** Bytes as the SDK sends them: a view, not a copy. */
export function sent(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
