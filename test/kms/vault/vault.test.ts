import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  KmsConfigurationError,
  KmsRequestError,
  KmsUnavailableError,
  UnknownKekError,
  UnwrapFailedError,
} from '../../../src/errors/index.js'
import { type VaultKmsOptions, vaultKms } from '../../../src/kms/vault/index.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { makeCertificate } from '../../support/kms-servers/certificate.js'
import { listen } from '../../support/kms-servers/http-listener.js'
import { startVaultServer, type VaultServerOptions } from '../../support/kms-servers/vault-server.js'

const kekUri = 'vault-transit://transit/app'
const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const
const token = { method: 'token', token: 'hvs.x' } as const

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

async function start(options: VaultServerOptions = {}, more: Partial<VaultKmsOptions> = {}) {
  const server = await startVaultServer(options)
  server.transit.create('app')
  const auth = { method: 'token', token: server.issueToken() } as const
  const kms = vaultKms({ address: server.address, kek: kekUri, auth, timeoutMs: 1000, ...more })
  ending.push(
    () => void server.stop(),
    () => kms.dispose?.(),
  )
  return { server, kms }
}

describe('the options of vaultKms()', () => {
  const wrong = (options: Partial<VaultKmsOptions>): KmsConfigurationError => {
    try {
      vaultKms({ address: 'https://vault.example.com:8200', kek: kekUri, auth: token, ...options })
    } catch (error) {
      if (error instanceof KmsConfigurationError) return error
    }
    expect.fail('not refused')
  }

  it.each([
    'transit/app',
    'vault-transit://app',
    'vault-transit:///app',
    'vault-transit://transit/',
    'vault-transit://transit/../sys/app',
    'vault-transit://transit/a b',
    'vault-transit://transit/app?version=1',
    'vault-transit://transit/app#x',
    'vault-transit://transit/%61pp',
    'vault-transit://transit/-app',
  ])('refuse the KEK %j', (kek) => {
    expect(wrong({ kek }).message).toContain('vault-transit://MOUNT/KEY')
  })

  it.each(['vault.example.com', 'ftp://vault', 'https://user:secret@vault.example.com', ''])(
    'refuse the address %j, and do not repeat it',
    (address) => {
      const { message } = wrong({ address })
      expect(message).toContain('address')
      expect(message).not.toContain('secret')
    },
  )

  it('refuse plain HTTP to another machine unless that is meant', () => {
    const { message } = wrong({ address: 'http://vault.internal:8200' })
    expect(message).toContain('allowPlainHttp')
    const kms = vaultKms({ address: 'http://vault.internal:8200', kek: kekUri, auth: token, allowPlainHttp: true })
    expect(kms.defaultKek).toBe(kekUri)
  })

  it.each([
    [{ namespace: '../x' }, 'namespace'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs'],
    [{ auth: { method: 'token', token: '' } }, 'token'],
    [{ auth: { method: 'token', token: 'two\nlines' } }, 'token'],
    [{ auth: { method: 'approle', roleId: '' } }, 'roleId'],
    [{ auth: { method: 'kubernetes', role: '' } }, 'role'],
    [{ auth: { method: 'kubernetes', role: 'app', mount: '../sys' } }, 'mount'],
  ] as const)('refuse %j', (options, named) => {
    expect(wrong(options).message).toContain(named)
  })
})

describe('a wrapped key of Vault', () => {
  it('is the text that Vault gave, so that its own tools can open it', async () => {
    const { kms } = await start()
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    expect(Buffer.from(wrapped).toString()).toMatch(/^vault:v1:[A-Za-z0-9+/]{80}$/)
  })

  it('has one spelling: what Vault would take for the same is refused without asking it', async () => {
    const { server, kms } = await start()
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    const text = Buffer.from(wrapped).toString()
    const before = server.counts.transit
    for (const other of [
      text.replace(':v1:', ':v0:'),
      text.replace(':v1:', ':v01:'),
      text.replace(':v1:', ':v+1:'),
      `${text}\n`,
      ` ${text}`,
      `${text}=`,
      text.replace('vault:', 'Vault:'),
      text.replace(/:v1:(.)/, ':v1:\n$1'),
    ]) {
      const request = { kekUri, context, wrapped: Buffer.from(other) }
      await thrownBy(UnwrapFailedError, () => kms.unwrap(request))
    }
    expect(server.counts.transit).toBe(before)
  })

  it('opens for no other text of the same length', async () => {
    const { kms } = await start()
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    await fc.assert(
      fc.asyncProperty(fc.nat(wrapped.length - 1), fc.integer({ min: 0, max: 127 }), async (at, byte) => {
        fc.pre(wrapped[at] !== byte)
        const altered = Uint8Array.from(wrapped)
        altered[at] = byte
        await thrownBy(UnwrapFailedError, () => kms.unwrap({ kekUri, context, wrapped: altered }))
      }),
      { numRuns: 60 },
    )
  })
})

describe('a KEK of Vault', () => {
  it('is looked at before its first use, and not again for every call', async () => {
    const { server, kms } = await start()
    await kms.generateDataKey({ kekUri, context })
    await kms.generateDataKey({ kekUri, context })
    expect(server.requests.filter((request) => !request.includes('auth/'))).toEqual([
      'GET transit/keys/app',
      'POST transit/datakey/plaintext/app',
      'POST transit/datakey/plaintext/app',
    ])
  })

  it.each([
    ['is not derived', { derived: false }, 'derived=true'],
    ['is of another kind', { type: 'aes128-gcm96' }, 'aes128-gcm96'],
  ])('that %s wraps and unwraps nothing', async (_, options, named) => {
    const { server, kms } = await start()
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    server.transit.create('unsuitable', options)
    const unsuitable = { kekUri: 'vault-transit://transit/unsuitable', context }
    const to = { kekUri, context, wrapped, toKekUri: unsuitable.kekUri }
    for (const work of [
      () => kms.generateDataKey(unsuitable),
      () => kms.unwrap({ ...unsuitable, wrapped }),
      () => kms.rewrap(to),
    ]) {
      const error = await thrownBy(KmsConfigurationError, work)
      expect(error.message).toContain(named)
      expect(error.kekUri).toBe(unsuitable.kekUri)
    }
    expect(server.requests.filter((request) => request.endsWith('/unsuitable'))).toEqual(
      Array(3).fill('GET transit/keys/unsuitable'),
    )
  })

  it('of another scheme is not known', async () => {
    const { kms } = await start()
    await thrownBy(UnknownKekError, () => kms.generateDataKey({ kekUri: 'aws-kms://alias/app', context }))
    await thrownBy(UnknownKekError, () => kms.describe({ kekUri: 'vault-transit://app' }))
  })

  it('may stand below a mount of several parts, in a namespace', async () => {
    const nested = 'vault-transit://team/keys/app'
    const { kms, server } = await start(
      { namespace: 'prod/eu', mount: 'team/keys' },
      { kek: nested, namespace: 'prod/eu' },
    )
    const { wrapped, plaintext } = await kms.generateDataKey({ kekUri: nested, context })
    expect(Buffer.from(plaintext).equals(await kms.unwrap({ kekUri: nested, context, wrapped }))).toBe(true)
    expect(server.requests).toContain('POST team/keys/decrypt/app')
  })
})

describe('the way to Vault', () => {
  it('is guarded by the authority that was given, and by no other', async () => {
    const certificate = await makeCertificate()
    const trusted = await start({ tls: certificate }, { tls: { ca: certificate.cert } })
    await expect(trusted.kms.generateDataKey({ kekUri, context })).resolves.toBeDefined()
    const { kms } = await start({ tls: certificate })
    const error = await thrownBy(KmsConfigurationError, () => kms.generateDataKey({ kekUri, context }))
    expect(error.message).toContain('tls.ca')
  })

  it('ends where the address points: a redirect is not followed, and gets no token', async () => {
    const elsewhere: unknown[] = []
    const other = await listen((request, response) => {
      elsewhere.push(request.headers)
      response.end('{}')
    })
    const standby = await listen((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${other.port}/v1/` }).end()
    })
    ending.push(
      () => void other.refuse(),
      () => void standby.refuse(),
    )
    const kms = vaultKms({ address: `http://127.0.0.1:${standby.port}`, kek: kekUri, auth: token })
    ending.push(() => kms.dispose?.())
    const error = await thrownBy(KmsRequestError, () => kms.generateDataKey({ kekUri, context }))
    expect(error.message).toContain('307')
    expect(elsewhere).toEqual([])
  })

  it.each([
    [412, 'behind'],
    [472, 'standby'],
    [473, 'standby'],
    [502, 'server error 502'],
  ])('is worth another try when a node answers %i', async (status, named) => {
    const node = await listen((_, response) => void response.writeHead(status).end('not json'))
    ending.push(() => void node.refuse())
    const kms = vaultKms({ address: `http://127.0.0.1:${node.port}`, kek: kekUri, auth: token })
    ending.push(() => kms.dispose?.())
    const error = await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri, context }))
    expect(error.message).toContain(named)
    expect(error.retryable).toBe(true)
  })
})

describe('a program that has used Vault', () => {
  it('ends by itself, though its token is renewed in the background', async () => {
    const { server } = await start()
    const source = new URL('../../../dist/kms/vault/index.js', import.meta.url).href
    const program = `
      const { vaultKms } = await import(${JSON.stringify(source)})
      const kms = vaultKms({ address: ${JSON.stringify(server.address)}, kek: '${kekUri}', auth: ${JSON.stringify({ method: 'token', token: server.issueToken() })} })
      await kms.generateDataKey({ kekUri: '${kekUri}', context: ${JSON.stringify(context)} })
      console.log('done')`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 20_000,
    })
    expect(stdout).toBe('done\n')
  })
})

describe('a provider that serves some mounts of Vault', () => {
  it('refuses KEKs of others, whatever they are for, and serves its own', async () => {
    const { kms } = await start({}, { mounts: ['transit'] })
    const other = 'vault-transit://other/app'
    expect([kms.serves(kekUri), kms.serves(other)]).toEqual([true, false])
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    await thrownBy(UnknownKekError, () => kms.unwrap({ kekUri: other, context, wrapped }))
    await thrownBy(UnknownKekError, () => kms.rewrap({ kekUri, toKekUri: other, context, wrapped }))
    expect(() => kms.policyFor([other])).toThrow(UnknownKekError)
  })

  it('is not made with a mount that is no path', () => {
    const make = () => vaultKms({ address: 'https://v.example.com', kek: kekUri, auth: token, mounts: ['/transit'] })
    expect(make).toThrow(KmsConfigurationError)
  })
})

describe('the permissions that Vault asks for', () => {
  it('are those of the KEK in question, not of the default one', () => {
    const kms = vaultKms({ address: 'https://vault.example.com', kek: kekUri, auth: token })
    expect(kms.permissionsFor('vault-transit://team/firm-1').unwrap).toEqual([
      'path "team/keys/firm-1" { capabilities = ["read"] }',
      'path "team/decrypt/firm-1" { capabilities = ["update"] }',
    ])
  })
})

describe('the policy for Vault', () => {
  it('names each KEK once, allows nothing but its use, and never lets Vault create a key', () => {
    const kms = vaultKms({ address: 'https://vault.example.com', kek: kekUri, auth: token })
    const { kind, text } = kms.policyFor([kekUri, 'vault-transit://team/keys/big'])
    expect(kind).toBe('Vault policy')
    const rules = text.split('\n').filter((line) => line.startsWith('path'))
    expect(rules).toContain('path "transit/decrypt/app" { capabilities = ["update"] }')
    expect(rules).toContain('path "team/keys/keys/big" { capabilities = ["read"] }')
    expect(new Set(rules).size).toBe(rules.length)
    expect(text).not.toMatch(/create|delete|sudo|list|\*/)
  })
})
