import { KeyManagementServiceClient } from '@google-cloud/kms'
import { KmsUnavailableError } from '../../errors/index.js'
import type { GcpCall } from './failure.js'

/** Options of the SDK's client: credentials, endpoint, channel options. */
export type GcpClientOptions = NonNullable<ConstructorParameters<typeof KeyManagementServiceClient>[0]>

export interface GcpRpc {
  /**
   * Sends one request and gives its reply as it came. `name` is the resource the request is about.
   * @throws what the SDK throws; KmsUnavailableError if it finds no credentials.
   */
  call(call: GcpCall, request: { readonly name: string }, signal: AbortSignal): Promise<unknown>
  close(): void
}

/** Longest pause, in milliseconds, before a lost connection is tried again; gRPC's own limit is two minutes. */
const MAX_RECONNECT_MS = 5000

/**
 * The SDK's client, called below its public methods: those print requests and replies, data keys in them, where
 * `GOOGLE_SDK_NODE_LOGGING` is set, and they cannot be cancelled.
 */
export function gcpRpc(options: GcpClientOptions, timeoutMs: number): GcpRpc {
  let client: KeyManagementServiceClient | undefined

  async function connect(kekUri: string): Promise<KeyManagementServiceClient> {
    client ??= new KeyManagementServiceClient({ 'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_MS, ...options })
    const connecting = client
    try {
      await connecting.initialize()
      return connecting
    } catch {
      // A client that found no credentials never looks again: the next call makes a new one.
      if (client === connecting) client = undefined
      throw new KmsUnavailableError('no Google Cloud credentials were to be had', { kekUri })
    }
  }

  return {
    async call(call, request, signal) {
      const { innerApiCalls } = await connect(`gcp-kms://${request.name}`)
      const settings = {
        timeout: timeoutMs,
        // Attempts are counted and spread by the caller: one call here is one request.
        retry: { retryCodes: [], backoffSettings: {} },
        otherArgs: { headers: { 'x-goog-request-params': `name=${encodeURIComponent(request.name)}` } },
      }
      const pending: unknown = innerApiCalls[call]?.(request, settings)
      const cancel = (): void => {
        if (isCancellable(pending)) pending.cancel()
      }
      signal.addEventListener('abort', cancel, { once: true })
      try {
        const replies: unknown = await pending
        return Array.isArray(replies) ? replies[0] : undefined
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },
    close() {
      // Closing a client that was never connected would look for credentials.
      client?.close().catch(() => undefined)
      client = undefined
    },
  }
}

function isCancellable(value: unknown): value is { cancel(): void } {
  return typeof value === 'object' && value !== null && 'cancel' in value && typeof value.cancel === 'function'
}
