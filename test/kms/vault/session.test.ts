import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { KmsAccessDeniedError, KmsConfigurationError, KmsUnavailableError } from '../../../src/errors/index.js'
import type { InspectableKms } from '../../../src/kms/kms.js'
import { type VaultAuth, vaultKms } from '../../../src/kms/vault/index.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { secretsShownBy } from '../../support/core/secrets.js'
import { temporaryFolder } from '../../support/core/temporary-folder.js'
import {
  ROLE,
  startVaultServer,
  type VaultServer,
  type VaultServerOptions,
} from '../../support/kms-servers/vault-server.js'

const kekUri = 'vault-transit://transit/app'
const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const
const approle: VaultAuth = { method: 'approle', roleId: ROLE.id, secretId: ROLE.secretId }

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

async function start(options: VaultServerOptions = {}): Promise<VaultServer> {
  const server = await startVaultServer(options)
  server.transit.create('app')
  ending.push(() => void server.stop())
  return server
}

function kmsOf(server: VaultServer, auth: VaultAuth): InspectableKms {
  const kms = vaultKms({ address: server.address, kek: kekUri, auth, timeoutMs: 1000 })
  ending.push(() => kms.dispose?.())
  return kms
}

const use = (kms: InspectableKms) => kms.generateDataKey({ kekUri, context })
const pass = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('a client of Vault that logs in', () => {
  it('does so once for many calls at the same time', async () => {
    const server = await start()
    const kms = kmsOf(server, approle)
    await Promise.all(Array.from({ length: 20 }, () => use(kms)))
    expect(server.counts.login).toBe(1)
  })

  it('renews its token before it ends, and keeps it', async () => {
    const server = await start({ ttlMs: 1000 })
    const kms = kmsOf(server, approle)
    await use(kms)
    await expect.poll(() => server.counts.renewal, { timeout: 5000 }).toBeGreaterThanOrEqual(2)
    await use(kms)
    expect(server.counts.login).toBe(1)
  })

  it('logs in anew for a token that cannot be renewed, before it ends', async () => {
    const server = await start({ ttlMs: 1000, renewable: false })
    const kms = kmsOf(server, approle)
    await use(kms)
    await expect.poll(() => server.counts.login, { timeout: 5000 }).toBe(2)
    expect(server.counts.renewal).toBe(0)
  })

  it('logs in anew when renewal grants less and less', async () => {
    const server = await start({ ttlMs: 2000, maxTtlMs: 2500 })
    const kms = kmsOf(server, approle)
    await use(kms)
    await expect.poll(() => server.counts.login, { timeout: 8000 }).toBe(2)
    expect(server.counts.renewal).toBeGreaterThanOrEqual(1)
  })

  it('gets a new token when the old one has ended while it could not be renewed', async () => {
    const server = await start({ ttlMs: 1000 })
    const kms = kmsOf(server, approle)
    await use(kms)
    await server.fault('unavailable')
    await pass(1300)
    await server.fault(undefined)
    await use(kms)
    expect(server.counts.login).toBe(2)
  })

  it('gets a new token once if the old one was revoked, for any number of calls', async () => {
    const server = await start()
    const kms = kmsOf(server, approle)
    await use(kms)
    server.revokeTokens()
    await Promise.all(Array.from({ length: 10 }, () => use(kms)))
    expect(server.counts.login).toBe(2)
  })

  it('gets no new token for being denied a KEK, however often', async () => {
    const server = await start()
    const kms = kmsOf(server, approle)
    await use(kms)
    server.deny('app')
    for (let i = 0; i < 3; i++) await thrownBy(KmsAccessDeniedError, () => use(kms))
    expect(server.counts).toMatchObject({ login: 1, lookup: 3 })
  })

  it('is denied if its credentials are wrong, and shows none of them', async () => {
    const server = await start()
    const secretId = randomUUID()
    const kms = kmsOf(server, { method: 'approle', roleId: ROLE.id, secretId })
    const error = await thrownBy(KmsAccessDeniedError, () => use(kms))
    expect(error).toMatchObject({ retryable: false, kekUri })
    expect(error.message).toContain('approle')
    expect(secretsShownBy(error, new Map([['secret id', secretId]]))).toEqual([])
    expect(secretsShownBy(kms, new Map([['secret id', secretId]]))).toEqual([])
  })

  it('is unavailable, not denied, while Vault cannot take the log-in', async () => {
    const server = await start()
    const kms = kmsOf(server, approle)
    await server.fault('unavailable')
    await thrownBy(KmsUnavailableError, () => use(kms))
    await server.fault('hang')
    await thrownBy(KmsUnavailableError, () => use(kms))
    await server.fault(undefined)
    await expect.poll(() => use(kms)).toBeDefined()
  })

  it('asks for the secret id at each log-in', async () => {
    const server = await start()
    let current = 'of yesterday'
    const kms = kmsOf(server, { method: 'approle', roleId: ROLE.id, secretId: async () => current })
    await thrownBy(KmsAccessDeniedError, () => use(kms))
    current = ROLE.secretId
    await use(kms)
  })

  it('tells nothing of what its secret id function throws', async () => {
    const server = await start()
    const secret = randomUUID()
    const fail = () => {
      throw new Error(`cannot parse ${secret}`)
    }
    const kms = kmsOf(server, { method: 'approle', roleId: ROLE.id, secretId: fail })
    const error = await thrownBy(KmsConfigurationError, () => use(kms))
    expect(secretsShownBy(error, new Map([['secret', secret]]))).toEqual([])
  })

  it('reads the token of its pod at each log-in, since Kubernetes replaces it', async () => {
    const server = await start()
    const jwtFile = join(temporaryFolder(), 'token')
    writeFileSync(jwtFile, `${ROLE.jwt}\n`)
    const kms = kmsOf(server, { method: 'kubernetes', role: ROLE.kubernetes, jwtFile })
    await use(kms)
    writeFileSync(jwtFile, 'another')
    server.revokeTokens()
    await thrownBy(KmsAccessDeniedError, () => use(kms))
    rmSync(jwtFile)
    const error = await thrownBy(KmsConfigurationError, () => use(kms))
    expect(error.message).toContain(jwtFile)
  })
})

describe('a client of Vault with a token from elsewhere', () => {
  it('renews it in the background', async () => {
    const server = await start()
    const kms = kmsOf(server, { method: 'token', token: server.issueToken({ ttlMs: 1000 }) })
    await use(kms)
    await expect.poll(() => server.counts.renewal, { timeout: 5000 }).toBeGreaterThanOrEqual(3)
    await use(kms)
  })

  it('leaves one alone that cannot be renewed', async () => {
    const server = await start()
    const kms = kmsOf(server, { method: 'token', token: server.issueToken({ renewable: false }) })
    await use(kms)
    await expect.poll(() => server.counts.renewal).toBe(1)
    await pass(200)
    expect(server.counts.renewal).toBe(1)
    await use(kms)
  })

  it('is denied when it has ended', async () => {
    const server = await start()
    const kms = kmsOf(server, { method: 'token', token: server.issueToken() })
    await use(kms)
    server.revokeTokens()
    await thrownBy(KmsAccessDeniedError, () => use(kms))
  })

  it('asks its function for another one when the last has ended, and only then', async () => {
    const server = await start()
    const given: string[] = []
    const token = (): string => {
      const next = server.issueToken()
      given.push(next)
      return next
    }
    const kms = kmsOf(server, { method: 'token', token })
    await use(kms)
    await use(kms)
    expect(given).toHaveLength(1)
    server.revokeTokens()
    await use(kms)
    expect(given).toHaveLength(2)
  })

  it('is denied if its function gives the ended one again', async () => {
    const server = await start()
    const token = server.issueToken()
    const kms = kmsOf(server, { method: 'token', token: () => token })
    await use(kms)
    server.revokeTokens()
    await thrownBy(KmsAccessDeniedError, () => use(kms))
  })
})

describe('a client of Vault that was disposed of', () => {
  it('renews nothing any more', async () => {
    const server = await start({ ttlMs: 1000 })
    const kms = kmsOf(server, approle)
    await use(kms)
    kms.dispose?.()
    await pass(1200)
    expect(server.counts).toMatchObject({ login: 1, renewal: 0 })
  })
})
