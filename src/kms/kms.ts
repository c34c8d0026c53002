/** What a KMS binds to a wrapped key: unwrapping with another context fails. */
export interface EncryptionContext {
  /** Name of the application; keeps two applications that share a KEK apart. */
  readonly app: string
  readonly tenant: string
  readonly purpose: string
  readonly keyId: string
  /** Version of this context's shape. */
  readonly v: '1'
}

export interface WrapRequest {
  readonly kekUri: string
  readonly context: EncryptionContext
  readonly signal?: AbortSignal
}

export interface UnwrapRequest extends WrapRequest {
  readonly wrapped: Uint8Array
}

export interface DataKey {
  /** 32 bytes, the caller's to erase. */
  readonly plaintext: Uint8Array
  readonly wrapped: Uint8Array
}

/**
 * A key management service. Implementations authenticate the context, return 32-byte keys in memory of their own, and
 * end in a `KmsError` or success, never in anything else.
 */
export interface Kms {
  /** URI of the KEK for tenants without one of their own: `local://default`, `aws-kms://…` */
  readonly defaultKek: string
  /** Whether this provider serves the URI. */
  serves(kekUri: string): boolean
  /** A new 256-bit data key, plain and wrapped. */
  generateDataKey(request: WrapRequest): Promise<DataKey>
  unwrap(request: UnwrapRequest): Promise<Uint8Array>
}
