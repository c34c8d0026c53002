import { constants, createHash, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsConfigurationError,
  KmsRequestError,
  KmsUnavailableError,
  UnwrapFailedError,
} from '../../../src/errors/index.js'
import { type AzureKmsOptions, azureKms } from '../../../src/kms/azure/index.js'
import { parseWrapped, serialiseWrapped, signedBytes } from '../../../src/kms/azure/wrapped.js'
import { encryptionContextBytes } from '../../../src/kms/context-bytes.js'
import type { InspectableKms } from '../../../src/kms/kms.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { secretsShownBy } from '../../support/core/secrets.js'
import { AzureRefusal, ecKey, type KeyMaterial, rsaKey } from '../../support/kms-servers/azure-keys.js'
import { type AzureServer, startAzureServer } from '../../support/kms-servers/azure-server.js'
import { type Certificate, makeCertificate } from '../../support/kms-servers/certificate.js'

const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const

let certificate: Certificate
let server: AzureServer
beforeAll(async () => {
  certificate = await makeCertificate()
})
beforeEach(async () => {
  server = await startAzureServer(certificate)
  server.create('app', rsaKey())
  server.create('signer', ecKey())
})
afterEach(() => server.stop())

function kmsWith(options: Partial<AzureKmsOptions> = {}): InspectableKms {
  return azureKms({
    kek: server.kekUri('app'),
    signingKey: server.kekUri('signer'),
    credential: server.credential,
    timeoutMs: 2000,
    clientOptions: { disableChallengeResourceVerification: true, tlsOptions: { ca: certificate.cert } },
    ...options,
  })
}

const wrapWith = (kms: InspectableKms, name = 'app') => kms.generateDataKey({ kekUri: server.kekUri(name), context })
const opens = async (kms: InspectableKms, { plaintext, wrapped }: { plaintext: Uint8Array; wrapped: Uint8Array }) =>
  Buffer.from(plaintext).equals(await kms.unwrap({ kekUri: server.kekUri('app'), context, wrapped }))

describe('the options of azureKms()', () => {
  const credential = { getToken: async () => null }
  const wrong = (options: Partial<AzureKmsOptions>): string => {
    try {
      azureKms({ kek: 'azure-kv://app.vault.azure.net/keys/app', credential, ...options })
    } catch (error) {
      if (error instanceof KmsConfigurationError) return error.message
    }
    expect.fail('not refused')
  }

  it('refuse a KEK of a key vault without a signing key: there is no wrapping without authentication', () => {
    expect(wrong({})).toContain('signingKey')
    expect(wrong({ acceptSigningKeys: ['azure-kv://app.vault.azure.net/keys/signer'] })).toContain('signingKey')
  })

  it.each(['managedhsm.azure.net', 'managedhsm.azure.cn', 'managedhsm.usgovcloudapi.net'])(
    'do without a signing key for a KEK of %s, where keys can encrypt with additional data',
    (domain) => {
      const kek = `azure-kv://app.${domain}/keys/app`
      expect(azureKms({ kek, credential }).defaultKek).toBe(kek)
    },
  )

  it('do not take another host for a Managed HSM', () => {
    for (const host of ['managedhsm.azure.net.example.com', 'managedhsm.azure.net', 'x-managedhsm.azure.net']) {
      expect(wrong({ kek: `azure-kv://${host}/keys/app` })).toContain('signingKey')
    }
  })

  it.each([
    'app.vault.azure.net/keys/app',
    'azure-kv://app.vault.azure.net/keys/app/0123456789abcdef0123456789abcdef',
    'azure-kv://App.vault.azure.net/keys/app',
    'azure-kv://user@app.vault.azure.net/keys/app',
    'azure-kv://app.vault.azure.net/secrets/app',
    'azure-kv://app.vault.azure.net/keys/a_b',
    'azure-kv://app.vault.azure.net/keys/a?b',
    'azure-kv://app..azure.net/keys/app',
    'azure-kv:///keys/app',
  ])('refuse the KEK %j', (kek) => {
    expect(wrong({ kek })).toContain('azure-kv://VAULT-HOST/keys/NAME')
    expect(wrong({ signingKey: kek })).toContain('signingKey')
  })

  it('refuse what is no credential, and times that are none', () => {
    const signingKey = 'azure-kv://app.vault.azure.net/keys/signer'
    expect(wrong({ signingKey, credential: Object({}) })).toContain('getToken')
    expect(wrong({ signingKey, timeoutMs: 0.5 })).toContain('timeoutMs')
  })
})

describe('a KEK of Azure', () => {
  it('is asked once for each key that is loaded: the public half of the signing key is fetched once', async () => {
    const { wrapped, plaintext } = await wrapWith(kmsWith())
    const kms = kmsWith()
    await opens(kms, { wrapped, plaintext })
    const before = server.requests.length
    await opens(kms, { wrapped, plaintext })
    await opens(kms, { wrapped, plaintext })
    expect(server.requests.slice(before)).toEqual([
      expect.stringMatching(/^POST \/keys\/app\/[0-9a-f]{32}\/unwrapkey$/),
      expect.stringMatching(/^POST \/keys\/app\/[0-9a-f]{32}\/unwrapkey$/),
    ])
  })

  it('wraps with its current version, and unwraps with the one that wrapped', async () => {
    const kms = kmsWith()
    const old = await wrapWith(kms)
    const id = server.create('app', rsaKey('second'))
    const fresh = await wrapWith(kms)
    expect(parseWrapped(fresh.wrapped)).toMatchObject({ version: id })
    expect(parseWrapped(old.wrapped)).not.toMatchObject({ version: id })
    expect([await opens(kms, old), await opens(kms, fresh)]).toEqual([true, true])
  })

  it('still unwraps with a version that has expired, and wraps nothing more with it', async () => {
    const kms = kmsWith()
    const old = await wrapWith(kms)
    server.expire('app')
    expect(await opens(kmsWith(), old)).toBe(true)
    const error = await thrownBy(KmsRequestError, () => wrapWith(kms))
    expect(error.message).toContain('expired')
  })

  it('counts as disabled when the version that wrapped is, though a newer one is not', async () => {
    const kms = kmsWith()
    const old = await wrapWith(kms)
    const { version } = parseWrapped(old.wrapped) ?? expect.fail('unreadable')
    server.create('app', rsaKey('second'))
    server.disable('app', version)
    const error = await thrownBy(KekUnavailableError, () => opens(kms, old))
    expect(error.reason).toBe('disabled')
    await expect(wrapWith(kms)).resolves.toBeDefined()
  })

  it('is described by its kind, size, protection and version', async () => {
    const id = server.create('hsm', rsaKey('second', 'RSA-HSM'))
    server.expire('hsm')
    const { facts } = await kmsWith().describe({ kekUri: server.kekUri('hsm') })
    expect(facts).toMatchObject({ 'key type': 'RSA-HSM 2048', protection: 'HSM', version: id })
    expect(Date.parse(facts.expires ?? '')).toBeLessThan(Date.now())
  })

  it('that was deleted is not found by whoever may not look at deleted keys', async () => {
    const kms = kmsWith()
    const { wrapped } = await wrapWith(kms)
    server.remove('app')
    server.deny('deletedkeys')
    const error = await thrownBy(KekUnavailableError, () =>
      kms.unwrap({ kekUri: server.kekUri('app'), context, wrapped }),
    )
    expect(error.reason).toBe('not found')
  })

  it('may be called by its name in any case, as Azure does', async () => {
    server.create('Case', rsaKey())
    const kekUri = server.kekUri('Case')
    server.answerInLowerCase()
    const kms = kmsWith()
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri, context })
    expect(Buffer.from(plaintext).equals(await kms.unwrap({ kekUri, context, wrapped }))).toBe(true)
  })

  it('is refused if it is a key that cannot wrap', async () => {
    server.create('curve', ecKey())
    const error = await thrownBy(KmsConfigurationError, () => wrapWith(kmsWith(), 'curve'))
    expect(error.kekUri).toBe(server.kekUri('curve'))
  })
})

describe('a data key that was wrapped by somebody else with the public half of the KEK', () => {
  /** What a database writer can do who knows the format, the public key, and the check value of a key of his own. */
  async function forge(signing: { material: KeyMaterial; signer: string; signerVersion: string }) {
    const dataKey = randomBytes(32)
    const { wrapped } = await wrapWith(kmsWith())
    const genuine = parseWrapped(wrapped)
    if (genuine?.scheme !== 'RSA-OAEP-256') expect.fail('another scheme')
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const key = createPublicKey({ key: { ...rsaKey().jwk }, format: 'jwk' })
    const ciphertext = publicEncrypt({ key, ...padding }, dataKey)
    const parts = { ...genuine, ciphertext, signer: signing.signer, signerVersion: signing.signerVersion }
    const kekUri = server.kekUri('app')
    const message = signedBytes({ ...parts, kekUri, context: encryptionContextBytes(context), dataKey })
    const digest = createHash('sha256').update(message).digest('base64url')
    const { value }: { value?: unknown } = signing.material.carryOut('sign', { alg: 'ES256', value: digest })
    const signature = Buffer.from(String(value), 'base64url')
    return { plaintext: dataKey, wrapped: serialiseWrapped({ ...parts, signature }) }
  }

  it('opens if the signing key signed it, which shows that the forgery is well made', async () => {
    const material = ecKey()
    const signerVersion = server.create('signer', material)
    const forged = await forge({ material, signer: server.kekUri('signer'), signerVersion })
    expect(await opens(kmsWith(), forged)).toBe(true)
  })

  it('is refused if a key of his own signed it that claims to be ours', async () => {
    const material = ecKey()
    const signerVersion = server.create('signer', ecKey())
    const forged = await forge({ material, signer: server.kekUri('signer'), signerVersion })
    await thrownBy(UnwrapFailedError, () => opens(kmsWith(), forged))
  })

  it('is refused if it names a version of the signing key that is not there', async () => {
    const forged = await forge({ material: ecKey(), signer: server.kekUri('signer'), signerVersion: '0'.repeat(32) })
    await thrownBy(UnwrapFailedError, () => opens(kmsWith(), forged))
  })

  it('is refused if another key of the vault signed it, which is not even asked for', async () => {
    const material = ecKey()
    const signerVersion = server.create('his', material)
    const forged = await forge({ material, signer: server.kekUri('his'), signerVersion })
    await thrownBy(UnwrapFailedError, () => opens(kmsWith(), forged))
    expect(server.requests.filter((request) => request.includes('/his'))).toEqual([])
    const accepting = kmsWith({ acceptSigningKeys: [server.kekUri('his')] })
    expect(await opens(accepting, forged)).toBe(true)
  })
})

describe('the signing key', () => {
  it('may get a new version: what the old one signed still opens', async () => {
    const old = await wrapWith(kmsWith())
    const id = server.create('signer', ecKey())
    const fresh = await wrapWith(kmsWith())
    expect(parseWrapped(fresh.wrapped)).toMatchObject({ signerVersion: id })
    expect([await opens(kmsWith(), old), await opens(kmsWith(), fresh)]).toEqual([true, true])
  })

  it('vouches for nothing any more with a version that was disabled', async () => {
    const old = await wrapWith(kmsWith())
    server.create('signer', ecKey())
    const { signerVersion } = Object(parseWrapped(old.wrapped))
    server.disable('signer', String(signerVersion))
    const error = await thrownBy(KekUnavailableError, () => opens(kmsWith(), old))
    expect(error.kekUri).toBe(server.kekUri('signer'))
  })

  it.each([
    ['of another curve', ecKey('P-384')],
    ['that is an RSA key', rsaKey()],
  ])('is refused if it is one %s', async (_, material) => {
    server.create('signer', material)
    const error = await thrownBy(KmsConfigurationError, () => wrapWith(kmsWith()))
    expect(error.message).toContain('P-256')
  })

  it('that is gone, or may not sign, is the one that the error names', async () => {
    const kms = kmsWith({ signingKey: server.kekUri('nobody') })
    expect(await thrownBy(KekUnavailableError, () => wrapWith(kms))).toMatchObject({
      kekUri: server.kekUri('nobody'),
      reason: 'not found',
    })
    server.deny('signer')
    expect(await thrownBy(KmsAccessDeniedError, () => wrapWith(kmsWith()))).toMatchObject({
      kekUri: server.kekUri('signer'),
    })
  })
})

describe('a refusal of Key Vault that does not say why', () => {
  const refusing = (codes: readonly string[]): KeyMaterial => ({
    ...rsaKey(),
    carryOut() {
      throw new AzureRefusal(403, codes)
    },
  })

  it('is looked into: a disabled version is one, whatever the reply said', async () => {
    const kms = kmsWith()
    const version = server.create('quiet', refusing(['Forbidden']))
    const read = server.requests.length
    await thrownBy(KmsAccessDeniedError, () => wrapWith(kms, 'quiet'))
    expect(server.requests.slice(read)).toContain(`GET /keys/quiet/${version}`)
  })

  it('is not looked into if it names the caller’s lack of a role', async () => {
    const version = server.create('quiet', refusing(['Forbidden', 'ForbiddenByRbac']))
    await thrownBy(KmsAccessDeniedError, () => wrapWith(kmsWith(), 'quiet'))
    expect(server.requests).not.toContain(`GET /keys/quiet/${version}`)
  })
})

describe('signing in to Azure', () => {
  it('asks for a token for the resource and the tenant that the vault names, and not before', async () => {
    const kms = kmsWith()
    expect(server.issued).toEqual([])
    await kms.describe({ kekUri: server.kekUri('app') })
    expect(server.issued).toEqual([{ scopes: ['https://vault.azure.net/.default'], tenantId: 'tenant-of-the-vault' }])
  })

  it('shows no token to a host that asks for one meant for another', async () => {
    const kms = kmsWith({ clientOptions: { tlsOptions: { ca: certificate.cert } } })
    const error = await thrownBy(KmsConfigurationError, () => wrapWith(kms))
    expect(error.kekUri).toBe(server.kekUri('app'))
    expect(server.issued).toEqual([])
  })

  it('sends no data key before the vault has asked for a token', async () => {
    await wrapWith(kmsWith())
    // The first request of each client of the SDK goes without authorization, and so without its body.
    expect(server.bodiesWithoutToken.every((body) => body === '')).toBe(true)
  })

  it.each([
    ['that fails', { name: 'AuthenticationError', statusCode: 400 }, KmsAccessDeniedError],
    ['that is not set up', { name: 'CredentialUnavailableError' }, KmsAccessDeniedError],
    ['whose authority is down', { name: 'AuthenticationError', statusCode: 503 }, KmsUnavailableError],
    ['whose authority cannot be reached', { code: 'ENOTFOUND' }, KmsUnavailableError],
  ])('with a credential %s is a typed error that repeats nothing of it', async (_, properties, expected) => {
    const secret = randomBytes(12).toString('hex')
    const credential = {
      async getToken() {
        throw Object.assign(new Error(`client_secret=${secret}`), properties)
      },
    }
    const error = await thrownBy(expected, () => wrapWith(kmsWith({ credential })))
    expect(secretsShownBy(error, new Map([['secret', secret]]))).toEqual([])
    expect(error.kekUri).toBe(server.kekUri('app'))
  })

  it('with a credential that has no token is denied', async () => {
    const credential = { getToken: async () => null }
    await thrownBy(KmsAccessDeniedError, () => wrapWith(kmsWith({ credential })))
  })

  it('with a token that the vault does not take is denied, after asking for one more', async () => {
    const credential = { getToken: async () => ({ token: 'forged', expiresOnTimestamp: Date.now() + 3_600_000 }) }
    await thrownBy(KmsAccessDeniedError, () => wrapWith(kmsWith({ credential })))
  })
})

describe('the way to a key vault', () => {
  it('is guarded by its certificate', async () => {
    const kms = kmsWith({ clientOptions: { disableChallengeResourceVerification: true } })
    const error = await thrownBy(KmsConfigurationError, () => wrapWith(kms))
    expect(error.message).toContain('tlsOptions')
  })
})

describe('the roles for Azure', () => {
  const signingKey = 'azure-kv://sign.vault.azure.net/keys/signer'
  const credential = { getToken: async () => null }
  const policy = (keks: readonly string[]) =>
    azureKms({ kek: 'azure-kv://app.vault.azure.net/keys/app', signingKey, credential }).policyFor(keks).text

  it('let a KEK wrap and unwrap, and the signing key sign, each by itself', () => {
    const lines = policy(['azure-kv://app.vault.azure.net/keys/app', 'azure-kv://firm.vault.azure.net/keys/kek']).split(
      '\n',
    )
    const definitions = lines.filter((line) => line.includes('definition create'))
    expect(definitions).toHaveLength(2)
    expect(definitions[0]).toContain('keys/unwrap/action')
    expect(definitions[0]).not.toContain('keys/sign')
    expect(definitions[1]).toContain('keys/sign/action')
    expect(definitions[1]).not.toContain('wrap/action')
    const assignments = lines.filter((line) => line.includes('assignment create'))
    expect(assignments.map((line) => /vaults\/[^"]+/.exec(line)?.[0])).toEqual([
      'vaults/app/keys/app',
      'vaults/firm/keys/kek',
      'vaults/sign/keys/signer',
    ])
  })

  it('have the names of a Managed HSM for its keys', () => {
    const text = policy(['azure-kv://firm.managedhsm.azure.net/keys/kek'])
    expect(text).toContain('Microsoft.KeyVault/managedHsm/keys/decrypt/action')
    expect(text).toContain('--hsm-name firm')
    expect(text).toContain('--scope /keys/kek')
  })
})
