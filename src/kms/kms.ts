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

/** What every call to a KMS names. */
export interface KekRequest {
  readonly kekUri: string
  /** Ends the call early, with KmsCancelledError or, for a deadline, KmsUnavailableError. */
  readonly signal?: AbortSignal
}

export interface WrapRequest extends KekRequest {
  readonly context: EncryptionContext
}

export interface UnwrapRequest extends WrapRequest {
  readonly wrapped: Uint8Array
}

export interface RewrapRequest extends UnwrapRequest {
  /** The KEK to wrap with, served by the same provider; `kekUri` for its newest version. */
  readonly toKekUri: string
}

export interface DataKey {
  /** 32 bytes, the caller's to erase, in an ArrayBuffer of its own; see `Kms.unwrap`. */
  readonly plaintext: Uint8Array
  readonly wrapped: Uint8Array
}

/**
 * A key management service. Implementations authenticate the context, return 32-byte keys in memory of their own, carry
 * out each call once (retries are the caller's), and end in success or a `KmsError`, never in anything else.
 */
export interface Kms {
  /** URI of the KEK for tenants without one of their own: `local://default`, `aws-kms://…` */
  readonly defaultKek: string
  /** Whether this provider serves the URI. */
  serves(kekUri: string): boolean
  /** A new 256-bit data key, plain and wrapped. */
  generateDataKey(request: WrapRequest): Promise<DataKey>
  /**
   * The data key, in an ArrayBuffer of its own: `new Uint8Array(new ArrayBuffer(32))`. A slice of a pool is erased with what
   * lies beside it, and `Uint8Array.from` puts small arrays where the garbage collector copies them, and erases no copy.
   */
  unwrap(request: UnwrapRequest): Promise<Uint8Array>
  /** The same data key, wrapped anew; it need not leave the KMS if the provider can do without. */
  rewrap(request: RewrapRequest): Promise<Uint8Array>
  /** Ends what runs in the background, such as the renewal of a token, and closes connections. */
  dispose?(): void
  /** It was made from configuration: nobody but the service it is given to has it, which disposes of it with itself. */
  readonly configured?: true
}

/** What a provider is asked to do, as `fieldseal doctor` and permissions name it. */
export type KmsOperation = 'generateDataKey' | 'unwrap' | 'rewrap' | 'describe'

/** What a KMS says of a KEK. */
export interface KekDescription {
  readonly kekUri: string
  readonly state: 'enabled' | 'disabled' | 'pending deletion'
  /** Facts worth showing: algorithm, key version, region, protection level. Never a secret. */
  readonly facts: { readonly [name: string]: string }
}

/** The permissions that each operation needs, by the provider's names. */
export type KmsPermissions = { readonly [operation in KmsOperation]: readonly string[] }

/** A policy in the provider's own language, ready to be applied. */
export interface PermissionPolicy {
  /** What it is, in the provider's words: `IAM policy`, `Vault policy`, `custom role`. */
  readonly kind: string
  readonly text: string
}

/** A provider that can say how its KEKs are and what it needs: what `fieldseal doctor` shows. */
export interface InspectableKms extends Kms {
  /** What each operation with the KEK needs, in the provider's words. */
  permissionsFor(kekUri: string): KmsPermissions
  /** @throws KmsError if the KEK is not there or may not be looked at. */
  describe(request: KekRequest): Promise<KekDescription>
  /** The least that the KEKs need, and nothing else. */
  policyFor(kekUris: readonly string[]): PermissionPolicy
}
