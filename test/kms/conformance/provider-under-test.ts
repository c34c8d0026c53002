import type { InspectableKms, Kms, KmsOperation } from '../../../src/kms/kms.js'

/** What can go wrong between this process and a KMS, as the wire shows it. */
export type FaultKind =
  /** Too many calls, without a word on when to come again. */
  | 'throttled'
  /** Too many calls, with `RETRY_AFTER_MS` as the time to wait. */
  | 'throttled with a time to wait'
  /** A failure within the KMS: HTTP 5xx, gRPC INTERNAL. */
  | 'server error'
  /** The KMS is there but not able to serve: HTTP 503, gRPC UNAVAILABLE. */
  | 'unavailable'
  /** It does not know who is asking: expired or forged credentials. */
  | 'not authenticated'
  /** It knows who is asking, and does not allow it. */
  | 'access denied'
  /** The request is taken, and never answered. */
  | 'hang'
  /** Nothing listens where the KMS should be. */
  | 'connection refused'
  /** The connection breaks in the middle of a reply. */
  | 'reset mid-reply'
  /** A success that is not of the protocol: no JSON, no protobuf. */
  | 'not the protocol'
  /** A success of the protocol with nothing in it. */
  | 'missing fields'
  /** A success whose data key has 31 bytes. */
  | 'key of wrong length'
  /** A success whose checksum, of request or reply, does not fit. */
  | 'wrong checksum'
  /** A success that was done with another KEK than the one asked for. */
  | 'answered with another KEK'

/** How long a throttling KMS asks to wait, in milliseconds. */
export const RETRY_AFTER_MS = 3000

/** What a provider, or the server that plays it, may not be able to do; each with a reason, which is printed. */
export type Feature =
  | 'a second KEK'
  | 'an absent KEK'
  | 'disabling'
  | 'scheduling deletion'
  | 'denying a KEK'
  | 'description'
  | 'request ids'
  | 'counting calls'
  | 'own timeout'
  | 'faults'
  | 'cancelling'
  | FaultKind
  | `${FaultKind}: ${KmsOperation}`

export type Unsupported = { readonly [feature in Feature]?: string }

/** A provider, and the hooks that put the KMS behind it into each state the suite asks for. */
export interface ProviderUnderTest {
  readonly kms: Kms | InspectableKms
  /** A KEK that works. */
  readonly kekUri: string
  /** Another KEK that works, served by the same provider. */
  readonly otherKekUri?: string
  /** A KEK the provider serves and the KMS does not have. */
  readonly absentKekUri?: string
  /** What must not show in any error, by name: credentials, tokens, URLs with queries. */
  readonly secrets: ReadonlyMap<string, string | Uint8Array>
  /** Milliseconds after which the provider itself gives a call up; short, for the test's sake. */
  readonly timeoutMs?: number
  /** Makes every call from now on meet the fault, until `undefined` ends it. */
  fault?(kind: FaultKind | undefined): Promise<void> | void
  disable?(kekUri: string): Promise<void> | void
  scheduleDeletion?(kekUri: string): Promise<void> | void
  /** Takes the right to use the KEK away from the provider's credentials. */
  deny?(kekUri: string): Promise<void> | void
  /** Requests for keys (not for tokens) that reached the KMS so far, whatever became of them. */
  calls?(): number
  /** Ends what `make` started. */
  close?(): Promise<void> | void
}
