import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AzureCredential } from '../../../src/kms/azure/index.js'
import type { FaultKind } from '../../kms/conformance/provider-under-test.js'
import { answerWithFault } from './azure-faults.js'
import { AzureRefusal, type KeyMaterial } from './azure-keys.js'
import type { Certificate } from './certificate.js'
import { listen, readText } from './http-listener.js'

// A server that plays the documented REST API of Azure Key Vault and Managed HSM keys: the challenge that tells a client
// where to get a token, versions of keys, RSA-OAEP-256, A256GCM with additional data, ES256, disabled and deleted keys.

interface Version {
  readonly id: string
  readonly material: KeyMaterial
  enabled: boolean
  expires?: number
}

interface Key {
  readonly versions: Version[]
  deleted: boolean
}

export async function startAzureServer(certificate: Certificate) {
  const keys = new Map<string, Key>()
  const denied = new Set<string>()
  const tokens = new Set<string>()
  const requests: string[] = []
  const bodiesWithoutToken: string[] = []
  let fault: FaultKind | undefined
  let calls = 0
  let challenge = 'https://vault.azure.net'

  const find = (name: string): Key => {
    const key = keys.get(name)
    if (key === undefined || key.deleted) throw new AzureRefusal(404, ['KeyNotFound'])
    return key
  }
  const versionOf = (name: string, id: string | undefined): Version => {
    const { versions } = find(name)
    const version = id === undefined ? versions.at(-1) : versions.find((each) => each.id === id)
    if (version === undefined) throw new AzureRefusal(404, ['KeyNotFound'])
    return version
  }
  const bundle = (name: string, { id, material, enabled, expires }: Version): object => ({
    key: { kid: idOf(name, id), ...material.jwk },
    attributes: { enabled, created: 1, updated: 1, recoveryLevel: 'Recoverable', ...(expires && { exp: expires }) },
  })
  const carryOut = (method: string, path: string, body: Record<string, unknown>): object => {
    const [, deleted] = /^\/deletedkeys\/([\w-]+)$/.exec(path) ?? []
    if (deleted !== undefined) {
      if (denied.has('deletedkeys')) throw new AzureRefusal(403, ['Forbidden', 'ForbiddenByRbac'])
      const key = keys.get(deleted)
      const last = key?.versions.at(-1)
      if (key?.deleted !== true || last === undefined) throw new AzureRefusal(404, ['KeyNotFound'])
      return {
        recoveryId: `${base()}/deletedkeys/${deleted}`,
        scheduledPurgeDate: 9_999_999_999,
        ...bundle(deleted, last),
      }
    }
    const [, name, id, verb] = /^\/keys\/([\w-]+)\/?([0-9a-f]{32})?(?:\/(\w+))?\/?$/.exec(path) ?? []
    if (name === undefined) throw new AzureRefusal(404, ['NotFound'])
    if (denied.has(name)) throw new AzureRefusal(403, ['Forbidden', 'ForbiddenByRbac'])
    const version = versionOf(name, id)
    if (method === 'GET') return bundle(name, version)
    if (verb === undefined) throw new AzureRefusal(405, ['MethodNotAllowed'])
    if (!version.enabled) throw new AzureRefusal(403, ['Forbidden', 'KeyDisabled'])
    const opens = verb === 'unwrapkey' || verb === 'decrypt'
    if (!opens && version.expires !== undefined && version.expires * 1000 < Date.now()) {
      throw new AzureRefusal(403, ['Forbidden', 'KeyExpired'])
    }
    return { kid: idOf(name, version.id), ...version.material.carryOut(verb, body) }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'https://localhost')
    const token = request.headers.authorization?.replace(/^Bearer /, '')
    requests.push(`${request.method} ${url.pathname}`)
    if (token !== undefined) calls++
    const text = await readText(request)
    if (token === undefined) bodiesWithoutToken.push(text)
    const body = text === '' ? {} : JSON.parse(text)
    response.setHeader('x-ms-request-id', randomUUID())
    try {
      if (fault !== undefined) return answerWithFault(fault, request, response)
      if (!url.searchParams.has('api-version')) throw new AzureRefusal(400, ['BadParameter'])
      if (token === undefined || !tokens.has(token)) throw new AzureRefusal(401, ['Unauthorized'])
      const reply = carryOut(request.method ?? '', url.pathname, body)
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(reply))
    } catch (error) {
      if (!(error instanceof AzureRefusal)) throw error
      const [code, ...inner] = error.codes
      const innererror = inner.map((each) => ({ code: each })).at(0)
      const headers =
        error.status === 401
          ? {
              'www-authenticate': `Bearer authorization="https://login.example/tenant-of-the-vault", resource="${challenge}"`,
            }
          : {}
      response
        .writeHead(error.status, { 'content-type': 'application/json; charset=utf-8', ...headers })
        .end(JSON.stringify({ error: { code, message: 'a text that may change', innererror } }))
    }
  }
  const listener = await listen((request, response) => void handle(request, response), certificate)
  const host = `127.0.0.1:${listener.port}`
  const base = (): string => `https://${host}`
  let lowerCase = false
  const idOf = (name: string, version: string): string =>
    `${base()}/keys/${lowerCase ? name.toLowerCase() : name}/${version}`

  const issued: unknown[] = []
  const credential: AzureCredential = {
    async getToken(scopes, options) {
      const token = `token.${randomBytes(24).toString('base64url')}`
      tokens.add(token)
      issued.push({ scopes, tenantId: options?.tenantId })
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 }
    },
  }

  return {
    kekUri: (name: string): string => `azure-kv://${host}/keys/${name}`,
    credential,
    /** Tokens that were given, by what they were asked for. */
    issued,
    /** Every token there is, for showing that none is shown. */
    tokens,
    /** Method and path of each request, in order. */
    requests,
    /** What came without authorization. */
    bodiesWithoutToken,
    calls: () => calls,
    /** Makes a key, or a new version of it. */
    create(name: string, material: KeyMaterial): string {
      const id = randomBytes(16).toString('hex')
      const key = keys.get(name) ?? { versions: [], deleted: false }
      key.versions.push({ id, material, enabled: true })
      keys.set(name, key)
      return id
    },
    disable(name: string, id?: string): void {
      versionOf(name, id).enabled = false
    },
    expire(name: string, id?: string): void {
      versionOf(name, id).expires = Math.floor(Date.now() / 1000) - 60
    },
    remove(name: string): void {
      find(name).deleted = true
    },
    /** `deletedkeys` denies looking at all that were deleted. */
    deny: (name: string) => void denied.add(name),
    /** Ids of keys are answered in lower case from now on. */
    answerInLowerCase(): void {
      lowerCase = true
    },
    /** Which resource its challenge names. */
    challengeWith(resource: string): void {
      challenge = resource
    },
    async fault(kind: FaultKind | undefined): Promise<void> {
      fault = kind
      await (kind === 'connection refused' ? listener.refuse() : listener.accept())
    },
    stop: () => listener.refuse(),
  }
}

export type AzureServer = Awaited<ReturnType<typeof startAzureServer>>
