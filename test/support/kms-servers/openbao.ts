import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { startServer } from '../servers/process.js'

const VERSION = '2.7.2'

/** Where `scripts/install-openbao.sh` puts the program. */
export const OPENBAO = path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  `fieldseal/openbao-${VERSION}/bao`,
)

type Members = { readonly [name: string]: unknown }

function membersOf(value: unknown, member: string): Members {
  const found = Object(value)[member]
  return Object(found)
}

/** A private OpenBao on a loopback port, with its data in memory: unsealed, with a transit engine at `transit`. */
export async function startOpenbao() {
  if (!existsSync(OPENBAO)) throw new Error(`There is no ${OPENBAO}: run scripts/install-openbao.sh`)
  const server = await startServer({
    name: 'openbao',
    initialise: async () => undefined,
    command: (folder, port) => [
      '/bin/sh',
      '-c',
      // The port is known only now, so the configuration is written here.
      'printf %s "$2" >"$1" && exec "$3" server -config="$1"',
      'sh',
      path.join(folder, 'openbao.json'),
      JSON.stringify({
        storage: { inmem: {} },
        listener: { tcp: { address: `127.0.0.1:${port}`, tls_disable: true } },
        api_addr: `http://127.0.0.1:${port}`,
      }),
      OPENBAO,
    ],
    url: (port) => `http://127.0.0.1:${port}`,
    // Until it is initialised, its health is 501.
    probe: async (url) => (await fetch(`${url}/v1/sys/health`)).arrayBuffer(),
    stopSignal: 'SIGTERM',
  })

  let rootToken = ''
  /** One request as root; throws unless it succeeds. */
  const asRoot = async (method: string, request: string, body?: unknown, namespace?: string): Promise<unknown> => {
    const response = await fetch(`${server.url}/v1/${request}`, {
      method,
      headers: { 'x-vault-token': rootToken, ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${request}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const initial = Object(await asRoot('POST', 'sys/init', { secret_shares: 1, secret_threshold: 1 }))
  const [unsealKey]: unknown[] = initial.keys
  const unseal = async (): Promise<void> => {
    await asRoot('POST', 'sys/unseal', { key: unsealKey })
    for (let tries = 0; (await fetch(`${server.url}/v1/sys/health`)).status !== 200; tries++) {
      if (tries === 100) throw new Error('OpenBao does not become active')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  rootToken = String(initial.root_token)
  await unseal()
  await asRoot('POST', 'sys/mounts/transit', { type: 'transit' })

  return {
    address: server.url,
    asRoot,
    stop: server.stop,
    unseal,
    seal: () => asRoot('PUT', 'sys/seal'),
    createKey: (name: string, options: object = {}) =>
      asRoot('POST', `transit/keys/${name}`, { type: 'aes256-gcm96', derived: true, ...options }),
    writePolicy: (name: string, policy: string) => asRoot('POST', `sys/policies/acl/${name}`, { policy }),
    /** A client token with these policies. */
    async issueToken(policies: readonly string[], options: object = {}): Promise<string> {
      const reply = await asRoot('POST', 'auth/token/create', { policies, ttl: '1h', ...options })
      return String(membersOf(reply, 'auth').client_token)
    },
    /** A member of the `data` of what a request as root answers. */
    async dataOf(method: string, request: string, member: string): Promise<string> {
      return String(membersOf(await asRoot(method, request), 'data')[member])
    },
  }
}

export type Openbao = Awaited<ReturnType<typeof startOpenbao>>
