import { type ErrorDetails, KmsError } from '../../errors/index.js'
import { type ClientToken, logIn, type SendLogin, tokenOf } from './login.js'
import type { VaultAuth } from './options.js'
import { answerOf } from './reply.js'
import type { VaultReply } from './transport.js'

/** A token is not used in the last tenth of its life, nor in its last five seconds: a call takes time. */
const MARGIN = 0.1
const MAX_MARGIN_MS = 5000
/** Renewal comes after 60 to 80 % of a lease, so that many processes started at once do not come at once. */
const RENEW_FROM = 0.6
const RENEW_SPREAD = 0.2
/** How long a failed renewal waits, at least and at most. */
const RETRY_MIN_MS = 1000
const RETRY_MAX_MS = 60_000
/** The longest time a timer of Node.js takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface SessionOptions {
  readonly auth: VaultAuth
  readonly details: ErrorDetails
  /** Each ends by itself in good time. */
  readonly send: {
    readonly login: SendLogin
    readonly withToken: (method: 'GET' | 'POST', path: string, token: string) => Promise<VaultReply>
  }
}

/** The client token of this process: got when first needed, renewed in the background, replaced when it has died. */
export interface Session {
  /** A token to send. @throws KmsError if none can be had. */
  token(): Promise<string>
  /** After Vault refused `token`: another one, or `undefined` if the token is alive and the refusal stands. */
  tokenAfter(refused: string): Promise<string | undefined>
  /** Ends the renewal and forgets the token. */
  close(): void
}

interface Held extends ClientToken {
  /** By `performance.now()`; infinite for a token that does not end. */
  readonly usableUntil: number
}

export function openSession({ auth, details, send }: SessionOptions): Session {
  let held: Held | undefined
  let coming: Promise<string> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const plan = (delayMs: number): void => {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(() => void renew(), Math.min(delayMs, MAX_TIMER_MS)).unref()
  }
  const hold = (token: ClientToken): string => {
    const { leaseMs, value } = token
    const margin = Math.min(leaseMs * MARGIN, MAX_MARGIN_MS)
    held = { ...token, usableUntil: leaseMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + leaseMs - margin }
    if (leaseMs > 0) plan(leaseMs * (RENEW_FROM + RENEW_SPREAD * Math.random()))
    return value
  }
  /** One log-in at a time; whoever comes meanwhile gets its token. */
  const enter = (): Promise<string> => {
    coming ??= logIn(auth, send.login, details)
      .then((token) => {
        const first = held === undefined
        const value = hold(token)
        // A token from elsewhere tells its lease when it is renewed.
        if (first && token.renewable && token.leaseMs === 0) plan(0)
        return value
      })
      .finally(() => {
        coming = undefined
      })
    return coming
  }

  /** Keeps the token alive, or gets another while it still is. What fails here is found out by the next call. */
  async function renew(): Promise<void> {
    const old = held
    if (old === undefined || closed) return
    try {
      if (!old.renewable) {
        if (auth.method !== 'token') await enter()
        return
      }
      const reply = await send.withToken('POST', 'auth/token/renew-self', old.value)
      if (closed || held !== old) return
      if (reply.status === 400 || reply.status === 403) {
        if (auth.method !== 'token') await enter()
        return
      }
      const renewed = tokenOf(answerOf(reply, 'auth', details).data)
      hold(renewed)
      // Vault grants less and less as a token nears the longest life it may have.
      if (auth.method !== 'token' && renewed.leaseMs < old.leaseMs / 2) await enter()
    } catch (error) {
      if (!(error instanceof KmsError) || closed) return
      const left = (held?.usableUntil ?? 0) - performance.now()
      const wait = Math.min(Math.max(left / 4, RETRY_MIN_MS), RETRY_MAX_MS)
      plan(wait * (0.5 + Math.random()))
    }
  }

  return {
    async token() {
      if (held !== undefined && performance.now() < held.usableUntil) return held.value
      return enter()
    },
    async tokenAfter(refused) {
      if (held !== undefined && held.value !== refused) return held.value
      if (auth.method === 'token') {
        if (typeof auth.token === 'string') return undefined
        const value = await enter()
        return value === refused ? undefined : value
      }
      // A new log-in for each refusal would fill Vault with tokens: it is made only if this one has died.
      const reply = await send.withToken('GET', 'auth/token/lookup-self', refused)
      if (reply.status !== 403) return undefined
      // Others may have been refused at the same time, and one of them was faster.
      const { value } = held ?? {}
      return value !== undefined && value !== refused ? value : enter()
    },
    close() {
      closed = true
      clearTimeout(timer)
      held = undefined
    },
  }
}
