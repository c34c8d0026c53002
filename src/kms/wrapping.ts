import { Buffer } from 'node:buffer'
import { decryptKey, encrypt, NONCE_BYTES, randomKey, randomNonce, TAG_BYTES } from '../crypto/index.js'
import { type ErrorDetails, UnwrapFailedError } from '../errors/index.js'
import { encryptionContextBytes } from './context-bytes.js'
import type { DataKey, EncryptionContext } from './kms.js'

const VERSION = 0x01
const PREFIX_BYTES = 1 + NONCE_BYTES

/** A new data key under a master key held in this process, wrapped as `01 ‖ nonce ‖ AES-256-GCM(key) ‖ tag`, the context as AAD. */
export function generateWrapped(masterKey: Uint8Array, context: EncryptionContext): DataKey {
  const plaintext = randomKey()
  return { plaintext, wrapped: wrapWith(masterKey, plaintext, context) }
}

/** A data key wrapped as `generateWrapped` does it. */
export function wrapWith(masterKey: Uint8Array, plaintext: Uint8Array, context: EncryptionContext): Uint8Array {
  const nonce = randomNonce()
  const sealed = encrypt(masterKey, nonce, plaintext, encryptionContextBytes(context))
  return Buffer.concat([Buffer.of(VERSION), nonce, sealed])
}

/**
 * Opens what `generateWrapped` made.
 * @throws UnwrapFailedError for another master key, another context, or altered bytes.
 */
export function unwrapWith(
  masterKey: Uint8Array,
  wrapped: Uint8Array,
  context: EncryptionContext,
  where: ErrorDetails,
  hint?: string,
): Uint8Array {
  const opened =
    wrapped[0] === VERSION && wrapped.length >= PREFIX_BYTES + TAG_BYTES
      ? decryptKey(
          masterKey,
          wrapped.subarray(1, PREFIX_BYTES),
          wrapped.subarray(PREFIX_BYTES),
          encryptionContextBytes(context),
        )
      : undefined
  if (opened === undefined) throw new UnwrapFailedError(where, hint)
  return opened
}
