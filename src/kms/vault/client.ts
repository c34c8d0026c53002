import type { ErrorDetails } from '../../errors/index.js'
import { attempt } from '../resilience/attempt.js'
import { erase } from '../resilience/contract.js'
import { realEnvironment } from '../resilience/environment.js'
import type { VaultSettings } from './options.js'
import { type Answer, answerOf } from './reply.js'
import { openSession } from './session.js'
import { openTransport, type VaultReply } from './transport.js'

export interface VaultCall {
  readonly method: 'GET' | 'POST'
  /** Behind `/v1/`. */
  readonly path: string
  readonly body?: unknown
  /** A data key to be sent, for which asterisks stand in the body. */
  readonly plaintext?: Uint8Array | undefined
  readonly details: ErrorDetails
  readonly signal: AbortSignal
}

/** Speaks to one Vault as one client: with its token, namespace and certificates. */
export interface VaultClient {
  /** Runs a whole operation within the caller's signal and the time of one call. */
  within<T>(
    signal: AbortSignal | undefined,
    details: ErrorDetails,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>
  /**
   * Sends one request. A 403 for a token that has died since is answered by a new log-in and one more request.
   * @throws KmsError without a reply.
   */
  send(call: VaultCall): Promise<VaultReply>
  /** The `data` of a successful reply. @throws KmsError also for the statuses of failure. */
  ask(call: VaultCall): Promise<Answer>
  close(): void
}

export function openClient(settings: VaultSettings): VaultClient {
  const { address, tls, namespace, timeoutMs, auth, kek } = settings
  const transport = openTransport(address, tls)
  const ofSession: ErrorDetails = { kekUri: kek.kekUri }
  const common: Record<string, string> = {
    // Tells Vault that no browser was lured into this request.
    'x-vault-request': 'true',
    ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
  }
  const withToken = (token: string): Record<string, string> => ({ ...common, 'x-vault-token': token })
  const within: VaultClient['within'] = (signal, details, work) =>
    attempt(work, { timeoutMs, signal, details, after: realEnvironment.after, discard: erase })
  const alone = (work: (signal: AbortSignal) => Promise<VaultReply>): Promise<VaultReply> =>
    within(undefined, ofSession, work)

  const session = openSession({
    auth,
    details: ofSession,
    send: {
      login: (path, body) =>
        alone((signal) => transport.send({ method: 'POST', path, headers: common, body, details: ofSession, signal })),
      withToken: (method, path, token) =>
        alone((signal) => transport.send({ method, path, headers: withToken(token), details: ofSession, signal })),
    },
  })

  const send = async (call: VaultCall): Promise<VaultReply> => {
    const token = await session.token()
    const reply = await transport.send({ ...call, headers: withToken(token) })
    if (reply.status !== 403) return reply
    const other = await session.tokenAfter(token)
    return other === undefined ? reply : transport.send({ ...call, headers: withToken(other) })
  }
  return {
    within,
    send,
    ask: async (call) => answerOf(await send(call), 'data', call.details),
    close() {
      session.close()
      transport.close()
    },
  }
}
