import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FaultKind } from '../../kms/conformance/provider-under-test.js'
import { listen, readJson } from './http-listener.js'
import { answerWithFault } from './vault-faults.js'
import { transitEngine, VaultRefusal } from './vault-transit.js'

// A server that plays HashiCorp Vault's documented HTTP API: the transit engine, tokens that end, log-in by AppRole and
// Kubernetes, policies, one namespace, sealing. What it answers was compared with a real server's answers.

interface Token {
  readonly value: string
  readonly ttlMs: number
  /** Renewal ends here, by `performance.now()`. */
  readonly maxUntil: number
  readonly renewable: boolean
  until: number
}

export interface VaultServerOptions {
  /** Namespace in which everything is; default: none. */
  readonly namespace?: string
  /** Life of the tokens that a log-in gives, in milliseconds; default one hour. */
  readonly ttlMs?: number
  /** Longest life that renewal gives them; default ten hours. */
  readonly maxTtlMs?: number
  readonly renewable?: boolean
  /** Path the engine is mounted at; default `transit`. */
  readonly mount?: string
  readonly tls?: { readonly key: string; readonly cert: string }
}

export const ROLE = { id: 'role-of-the-app', secretId: 'secret-of-the-app', kubernetes: 'app', jwt: 'eyJ.pod.token' }

export async function startVaultServer(options: VaultServerOptions = {}) {
  const { namespace = '', ttlMs = 3_600_000, maxTtlMs = 36_000_000, renewable = true, mount = 'transit' } = options
  const transit = transitEngine()
  const tokens = new Map<string, Token>()
  const denied = new Set<string>()
  const counts = { transit: 0, login: 0, renewal: 0, lookup: 0 }
  const requests: string[] = []
  let fault: FaultKind | undefined
  let sealed = false

  const issue = (life: { ttlMs: number; maxTtlMs: number; renewable: boolean }): Token => {
    const now = performance.now()
    const token = {
      value: `hvs.${randomUUID()}`,
      ttlMs: life.ttlMs,
      maxUntil: now + life.maxTtlMs,
      renewable: life.renewable,
      until: now + life.ttlMs,
    }
    tokens.set(token.value, token)
    return token
  }
  const authOf = ({ value, until, renewable }: Token): object => ({
    auth: {
      client_token: value,
      lease_duration: Math.max(0, Math.round((until - performance.now()) / 1000)),
      renewable,
    },
  })
  const living = (value: unknown): Token => {
    const token = typeof value === 'string' ? tokens.get(value) : undefined
    if (token === undefined || performance.now() > token.until) throw new VaultRefusal(403, 'permission denied')
    return token
  }
  const loginOf = (method: string, body: Record<string, unknown>): object => {
    counts.login++
    const known =
      method === 'approle'
        ? body.role_id === ROLE.id && body.secret_id === ROLE.secretId
        : body.role === ROLE.kubernetes && body.jwt === ROLE.jwt
    if (!known) throw new VaultRefusal(method === 'approle' ? 400 : 403, 'invalid role or secret ID')
    return authOf(issue({ ttlMs, maxTtlMs, renewable }))
  }
  const renew = (token: Token): object => {
    counts.renewal++
    if (!token.renewable) throw new VaultRefusal(400, 'lease is not renewable')
    token.until = Math.min(performance.now() + token.ttlMs, token.maxUntil)
    return authOf(token)
  }
  const carryOut = (request: IncomingMessage, path: string, body: Record<string, unknown>): object => {
    const [, login] = /^auth\/(approle|kubernetes)\/login$/.exec(path) ?? []
    if (login !== undefined) return loginOf(login, body)
    const token = living(request.headers['x-vault-token'])
    if (path === 'auth/token/renew-self') return renew(token)
    if (path === 'auth/token/lookup-self') {
      counts.lookup++
      return { data: { ttl: 1 } }
    }
    const [, verb, name] = path.startsWith(`${mount}/`)
      ? (/^(keys|datakey\/plaintext|encrypt|decrypt|rewrap)\/([\w.-]+)$/.exec(path.slice(mount.length + 1)) ?? [])
      : []
    if (verb === undefined || name === undefined) throw new VaultRefusal(404, `no handler for route "${path}"`)
    if (denied.has(name) || denied.has(`${verb}/${name}`)) throw new VaultRefusal(403, 'permission denied')
    return { data: request.method === 'GET' ? transit.read(name) : transit.carryOut(verb, name, body) }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').replace(/^\/v1\//, '')
    requests.push(`${request.method} ${path}`)
    if (!path.startsWith('auth/')) counts.transit++
    const body = await readJson(request)
    if (fault !== undefined) return answerWithFault(fault, response)
    try {
      if (sealed) throw new VaultRefusal(503, 'Vault is sealed')
      const asked = `${request.headers['x-vault-namespace'] ?? ''}`.replace(/\/$/, '')
      if (asked !== namespace) throw new VaultRefusal(404, 'namespace not found')
      const reply = carryOut(request, path, body)
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ request_id: randomUUID(), data: null, auth: null, ...reply }))
    } catch (error) {
      if (!(error instanceof VaultRefusal)) throw error
      const errors = error.message === '' ? [] : [error.message]
      response.writeHead(error.status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }))
    }
  }
  const listener = await listen((request, response) => void handle(request, response), options.tls)

  return {
    address: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}`,
    transit,
    /** How many requests of each kind came. */
    counts,
    /** Method and path of each request, in order. */
    requests,
    issueToken: (life: { ttlMs?: number; maxTtlMs?: number; renewable?: boolean } = {}): string =>
      issue({ ttlMs: 3_600_000, maxTtlMs: 36_000_000, renewable: true, ...life }).value,
    /** Ends every token there is, as a restart of Vault's storage or an operator would. */
    revokeTokens: () => tokens.clear(),
    deny: (key: string) => void denied.add(key),
    seal(now: boolean): void {
      sealed = now
    },
    async fault(kind: FaultKind | undefined): Promise<void> {
      fault = kind
      await (kind === 'connection refused' ? listener.refuse() : listener.accept())
    },
    stop: () => listener.refuse(),
  }
}

export type VaultServer = Awaited<ReturnType<typeof startVaultServer>>
