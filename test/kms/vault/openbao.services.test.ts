import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsConfigurationError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../../src/errors/index.js'
import { type VaultKmsOptions, vaultKms } from '../../../src/kms/vault/index.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { temporaryFolder } from '../../support/core/temporary-folder.js'
import { makeCertificate } from '../../support/kms-servers/certificate.js'
import { listen, readJson } from '../../support/kms-servers/http-listener.js'
import { type Openbao, startOpenbao } from '../../support/kms-servers/openbao.js'
import { startVaultProxy } from '../../support/kms-servers/vault-proxy.js'
import { conformance } from '../conformance/suite.js'
import { NOT_OF_VAULT } from './not-of-vault.js'

const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const

let openbao: Openbao
let closing: (() => void)[] = []
beforeAll(async () => {
  openbao = await startOpenbao()
}, 60_000)
afterAll(async () => {
  for (const close of closing) close()
  closing = []
  await openbao?.stop()
})

const kekOf = (name: string): string => `vault-transit://transit/${name}`

function kmsWith(options: Partial<VaultKmsOptions> & Pick<VaultKmsOptions, 'kek' | 'auth'>) {
  const kms = vaultKms({ address: openbao.address, ...options })
  closing.push(() => kms.dispose?.())
  return kms
}

/** A key of its own, and a token that may do with it what the printed policy says. */
async function keyAndToken(options: object = {}): Promise<{ kek: string; name: string; token: string }> {
  const name = `key-${randomUUID()}`
  await openbao.createKey(name, options)
  const kek = kekOf(name)
  const { text } = vaultKms({ address: openbao.address, kek, auth: { method: 'token', token: 'x' } }).policyFor([kek])
  await openbao.writePolicy(name, text)
  return { kek, name, token: await openbao.issueToken([name]) }
}

/** Audience and issuer of the cluster's tokens. */
const CLUSTER = 'https://kubernetes.default.svc'

/** A token of a service account as Kubernetes issues it, signed by nobody's key: the cluster below vouches for it. */
function tokenOfPod(namespace: string, name: string): string {
  const claims = {
    iss: CLUSTER,
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: [CLUSTER],
    exp: Math.floor(Date.now() / 1000) + 600,
    iat: Math.floor(Date.now() / 1000) - 5,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: 'uid-of-the-account' } },
  }
  const parts = [{ alg: 'ES256', kid: 'k' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signature = sign('sha256', Buffer.from(parts.join('.')), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return [...parts, signature.toString('base64url')].join('.')
}

conformance(
  'OpenBao',
  async () => {
    const [app, other] = [`app-${randomUUID()}`, `other-${randomUUID()}`]
    await openbao.createKey(app)
    await openbao.createKey(other, { type: 'chacha20-poly1305' })
    const [kekUri, otherKekUri, absentKekUri] = [kekOf(app), kekOf(other), kekOf('nobody')]
    const proxy = await startVaultProxy(openbao.address)
    const kmsFor = (token: string) =>
      vaultKms({ address: proxy.address, kek: kekUri, auth: { method: 'token', token }, timeoutMs: 2000 })
    const policy = (kekUris: readonly string[]) => openbao.writePolicy(app, kmsFor('x').policyFor(kekUris).text)
    await policy([kekUri, otherKekUri, absentKekUri])
    const token = await openbao.issueToken([app])
    return {
      kms: kmsFor(token),
      ...{ kekUri, otherKekUri, absentKekUri },
      secrets: new Map([['the token', token]]),
      timeoutMs: 2000,
      fault: proxy.fault,
      disable: async (kekUri) => {
        await openbao.asRoot('DELETE', `transit/keys/${kekUri.split('/').at(-1)}/soft-delete`)
      },
      deny: async (denied) => {
        await policy([kekUri, otherKekUri].filter((each) => each !== denied))
      },
      calls: proxy.calls,
      close: proxy.stop,
    }
  },
  NOT_OF_VAULT,
)

describe('a transit key of OpenBao', () => {
  it('is refused if it is not derived, since the context would be ignored', async () => {
    const { kek, token } = await keyAndToken({ derived: false })
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    const error = await thrownBy(KmsConfigurationError, () => kms.generateDataKey({ kekUri: kek, context }))
    expect(error.message).toContain('derived=true')
  })

  it('is refused if it is of another kind', async () => {
    const { kek, token } = await keyAndToken({ derived: false, type: 'rsa-2048' })
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    const error = await thrownBy(KmsConfigurationError, () => kms.generateDataKey({ kekUri: kek, context }))
    expect(error.message).toContain('rsa-2048')
  })

  it('unwraps after rotation what it wrapped before, and rewraps it to its newest version', async () => {
    const { kek, name, token } = await keyAndToken()
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: kek, context })
    await openbao.asRoot('POST', `transit/keys/${name}/rotate`)
    const newer = await kms.rewrap({ kekUri: kek, toKekUri: kek, context, wrapped })
    expect(Buffer.from(newer).toString()).toMatch(/^vault:v2:/)
    for (const each of [wrapped, newer]) {
      expect(Buffer.from(plaintext).equals(await kms.unwrap({ kekUri: kek, context, wrapped: each }))).toBe(true)
    }
    expect((await kms.describe({ kekUri: kek })).facts).toMatchObject({ version: '2', 'oldest usable version': '1' })
  })

  it('counts as disabled for a version that it may no longer unwrap', async () => {
    const { kek, name, token } = await keyAndToken()
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    const { wrapped } = await kms.generateDataKey({ kekUri: kek, context })
    await openbao.asRoot('POST', `transit/keys/${name}/rotate`)
    await openbao.asRoot('POST', `transit/keys/${name}/config`, { min_decryption_version: 2 })
    const error = await thrownBy(KekUnavailableError, () => kms.unwrap({ kekUri: kek, context, wrapped }))
    expect(error.reason).toBe('disabled')
  })

  it('does not come into being by rewrapping to a name that is not there', async () => {
    const { kek, token } = await keyAndToken()
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    const { wrapped } = await kms.generateDataKey({ kekUri: kek, context })
    const toKekUri = kekOf(`new-${randomUUID()}`)
    await openbao.writePolicy('both', kms.policyFor([kek, toKekUri]).text)
    const both = kmsWith({ kek, auth: { method: 'token', token: await openbao.issueToken(['both']) } })
    await thrownBy(KekUnavailableError, () => both.rewrap({ kekUri: kek, toKekUri, context, wrapped }))
    await expect(openbao.asRoot('GET', `transit/keys/${toKekUri.split('/').at(-1)}`)).rejects.toThrow('404')
  })

  it('unwraps nothing once it was deleted and made anew under its name', async () => {
    const { kek, name, token } = await keyAndToken()
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    const { wrapped } = await kms.generateDataKey({ kekUri: kek, context })
    await openbao.asRoot('POST', `transit/keys/${name}/config`, { deletion_allowed: true })
    await openbao.asRoot('DELETE', `transit/keys/${name}`)
    await thrownBy(KekUnavailableError, () => kms.unwrap({ kekUri: kek, context, wrapped }))
    await openbao.createKey(name)
    await thrownBy(UnwrapFailedError, () => kms.unwrap({ kekUri: kek, context, wrapped }))
  })

  it('lives in the namespace it is said to live in, at whatever mount', async () => {
    await openbao.asRoot('POST', 'sys/namespaces/team', {})
    await openbao.asRoot('POST', 'sys/mounts/keys/of/apps', { type: 'transit' }, 'team')
    await openbao.asRoot('POST', 'keys/of/apps/keys/app', { derived: true }, 'team')
    const kek = 'vault-transit://keys/of/apps/app'
    const [, token] =
      /"client_token":"([^"]+)"/.exec(
        JSON.stringify(await openbao.asRoot('POST', 'auth/token/create', { policies: ['root'] })),
      ) ?? []
    if (token === undefined) expect.fail('no token')
    const inside = kmsWith({ kek, auth: { method: 'token', token }, namespace: 'team' })
    const { wrapped, plaintext } = await inside.generateDataKey({ kekUri: kek, context })
    expect(Buffer.from(plaintext).equals(await inside.unwrap({ kekUri: kek, context, wrapped }))).toBe(true)
    const outside = kmsWith({ kek, auth: { method: 'token', token } })
    await thrownBy(KekUnavailableError, () => outside.unwrap({ kekUri: kek, context, wrapped }))
  })
})

describe('OpenBao', () => {
  it('is unavailable while it is sealed, and serves again after', async () => {
    const { kek, token } = await keyAndToken()
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    await kms.generateDataKey({ kekUri: kek, context })
    await openbao.seal()
    const error = await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri: kek, context }))
    expect(error.message).toContain('sealed')
    await openbao.unseal()
    await expect.poll(() => kms.generateDataKey({ kekUri: kek, context }), { timeout: 10_000 }).toBeDefined()
  })

  it('throttles by a quota, which is told as such', async () => {
    const { kek, token } = await keyAndToken()
    const kms = kmsWith({ kek, auth: { method: 'token', token } })
    await openbao.asRoot('POST', 'sys/quotas/rate-limit/slow', { path: 'transit', rate: 1, interval: '2s' })
    try {
      const error = await thrownBy(KmsUnavailableError, async () => {
        for (let i = 0; i < 5; i++) await kms.generateDataKey({ kekUri: kek, context })
      })
      expect(error.message).toContain('throttled')
    } finally {
      await openbao.asRoot('DELETE', 'sys/quotas/rate-limit/slow')
    }
  })
})

describe('a client of OpenBao', () => {
  it('logs in by AppRole, outlives its token by renewal, and the longest renewal by another log-in', async () => {
    const { kek, name } = await keyAndToken()
    await openbao.asRoot('POST', 'sys/auth/approle', { type: 'approle' })
    await openbao.asRoot('POST', 'auth/approle/role/app', {
      token_policies: [name],
      token_ttl: '2s',
      token_max_ttl: '4s',
    })
    const roleId = await openbao.dataOf('GET', 'auth/approle/role/app/role-id', 'role_id')
    const secretId = await openbao.dataOf('POST', 'auth/approle/role/app/secret-id', 'secret_id')
    const kms = kmsWith({ kek, auth: { method: 'approle', roleId, secretId } })
    const until = performance.now() + 7000
    while (performance.now() < until) {
      await kms.generateDataKey({ kekUri: kek, context })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const wrong = kmsWith({ kek, auth: { method: 'approle', roleId, secretId: randomUUID() } })
    await thrownBy(KmsAccessDeniedError, () => wrong.generateDataKey({ kekUri: kek, context }))
  }, 30_000)

  it('logs in as a pod of Kubernetes', async () => {
    const { kek, name } = await keyAndToken()
    const podToken = tokenOfPod('prod', 'app')
    // What OpenBao asks of the cluster: whose token this is.
    const cluster = await listen(async (request, response) => {
      const body = await readJson(request)
      const token = String(Object(body.spec).token)
      const user = {
        username: 'system:serviceaccount:prod:app',
        uid: 'uid-of-the-account',
        groups: ['system:serviceaccounts'],
      }
      const status = token === podToken ? { authenticated: true, user, audiences: [CLUSTER] } : { authenticated: false }
      response.writeHead(201, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }))
    })
    closing.push(() => void cluster.refuse())
    await openbao.asRoot('POST', 'sys/auth/kubernetes', { type: 'kubernetes' })
    await openbao.asRoot('POST', 'auth/kubernetes/config', {
      kubernetes_host: `http://127.0.0.1:${cluster.port}`,
      token_reviewer_jwt: tokenOfPod('kube-system', 'reviewer'),
      disable_iss_validation: true,
      disable_local_ca_jwt: true,
      kubernetes_ca_cert: (await makeCertificate()).cert,
    })
    await openbao.asRoot('POST', 'auth/kubernetes/role/app', {
      bound_service_account_names: ['app'],
      bound_service_account_namespaces: ['prod'],
      token_policies: [name],
    })
    const jwtFile = join(temporaryFolder(), 'token')
    writeFileSync(jwtFile, `${podToken}\n`)
    const kms = kmsWith({ kek, auth: { method: 'kubernetes', role: 'app', jwtFile } })
    await expect(kms.generateDataKey({ kekUri: kek, context })).resolves.toBeDefined()
  })

  it('logs in again when its token was revoked, and not when it may not use the KEK', async () => {
    const { kek, name } = await keyAndToken()
    await openbao.asRoot('POST', 'sys/auth/apps', { type: 'approle' })
    await openbao.asRoot('POST', 'auth/apps/role/app', {
      token_policies: [name],
      bind_secret_id: false,
      token_bound_cidrs: ['127.0.0.0/8'],
    })
    const roleId = await openbao.dataOf('GET', 'auth/apps/role/app/role-id', 'role_id')
    const proxy = await startVaultProxy(openbao.address)
    closing.push(() => void proxy.stop())
    const kms = kmsWith({ address: proxy.address, kek, auth: { method: 'approle', roleId, mount: 'apps' } })
    const logins = (): number => proxy.requests.filter((each) => each === 'POST /v1/auth/apps/login').length
    await kms.generateDataKey({ kekUri: kek, context })
    await openbao.asRoot('POST', 'sys/leases/revoke-prefix/auth/apps')
    await expect(kms.generateDataKey({ kekUri: kek, context })).resolves.toBeDefined()
    expect(logins()).toBe(2)
    await openbao.writePolicy(name, 'path "transit/keys/*" { capabilities = ["deny"] }')
    await thrownBy(KmsAccessDeniedError, () => kms.generateDataKey({ kekUri: kek, context }))
    expect(logins()).toBe(2)
  })
})
