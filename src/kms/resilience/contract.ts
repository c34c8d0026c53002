import { KEY_BYTES } from '../../crypto/index.js'
import { type ErrorDetails, KmsError, KmsReplyError, KmsUnavailableError } from '../../errors/index.js'
import type { DataKey, EncryptionContext, KekRequest, Kms } from '../kms.js'

/**
 * A provider that keeps the port's promises, whatever the one inside does: each call ends in what the port says or in a
 * `KmsError`. An error of another kind is told by its name and code alone, since its message may hold anything.
 */
export function enforceContract(kms: Kms): Kms {
  return {
    defaultKek: kms.defaultKek,
    serves: (kekUri) => kms.serves(kekUri),
    generateDataKey: (request) =>
      guarded(request, async (details) => requireDataKey(await kms.generateDataKey(request), details)),
    unwrap: (request) => guarded(request, async (details) => requireKey(await kms.unwrap(request), details)),
    rewrap: (request) => guarded(request, async (details) => requireWrapped(await kms.rewrap(request), details)),
    dispose: () => kms.dispose?.(),
  }
}

/** What an error may tell of a request. */
export function detailsOf({ kekUri, context }: KekRequest & { readonly context?: EncryptionContext }): RequestDetails {
  return context === undefined ? { kekUri } : { kekUri, keyId: context.keyId, tenant: context.tenant }
}

export type RequestDetails = ErrorDetails & { readonly kekUri: string }

/** Ends in what the work ends in, or else in a `KmsError`. */
export async function guarded<T>(
  request: KekRequest & { readonly context?: EncryptionContext },
  work: (details: RequestDetails) => Promise<T>,
): Promise<T> {
  const details = detailsOf(request)
  try {
    return await work(details)
  } catch (error) {
    if (error instanceof KmsError) throw error
    throw new KmsUnavailableError(`unexpected error${nameAndCode(error)}`, details)
  }
}

/** Erases what a reply holds of a key. */
export function erase(reply: unknown): void {
  if (reply instanceof Uint8Array) reply.fill(0)
  else if (typeof reply === 'object' && reply !== null && 'plaintext' in reply) erase(reply.plaintext)
}

function requireDataKey(reply: DataKey, details: ErrorDetails): DataKey {
  const { plaintext, wrapped }: { readonly plaintext?: unknown; readonly wrapped?: unknown } = Object(reply)
  if (isKey(plaintext) && isWrapped(wrapped)) return { plaintext, wrapped }
  erase(plaintext)
  throw new KmsReplyError(isKey(plaintext) ? NO_WRAPPED : NO_KEY, details)
}

function requireKey(reply: unknown, details: ErrorDetails): Uint8Array {
  if (isKey(reply)) return reply
  erase(reply)
  throw new KmsReplyError(NO_KEY, details)
}

function requireWrapped(reply: unknown, details: ErrorDetails): Uint8Array {
  if (isWrapped(reply)) return reply
  throw new KmsReplyError(NO_WRAPPED, details)
}

const NO_KEY = `it holds no key of ${KEY_BYTES} bytes`
const NO_WRAPPED = 'it holds no wrapped key'

function isKey(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === KEY_BYTES
}

function isWrapped(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0
}

/** What may be told of a foreign error: identifiers, not sentences. */
function nameAndCode(error: unknown): string {
  const { name, code }: { readonly name?: unknown; readonly code?: unknown } = Object(error)
  const words = [name, code].filter((word) => typeof word === 'string' && /^[A-Za-z][A-Za-z0-9_.]{0,39}$/.test(word))
  return words.map((word) => ` ${word}`).join('')
}
