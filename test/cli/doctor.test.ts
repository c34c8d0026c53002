import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doctor } from '../../src/cli/doctor.js'
import { examineKek } from '../../src/cli/examine-kek.js'
import { KmsConfigurationError, UnknownKekError } from '../../src/errors/index.js'
import { azureKms } from '../../src/kms/azure/index.js'
import { thrownBy } from '../support/core/expect-error.js'
import { temporaryFolder } from '../support/core/temporary-folder.js'
import { awsKeys } from '../support/kms-servers/aws.js'
import { type AwsEndpoint, startAwsEndpoint } from '../support/kms-servers/aws-faults.js'
import { ecKey, rsaKey } from '../support/kms-servers/azure-keys.js'
import { startAzureServer } from '../support/kms-servers/azure-server.js'
import { makeCertificate } from '../support/kms-servers/certificate.js'
import { openGcpWorld } from '../support/kms-servers/gcp-world.js'
import { startVaultServer, type VaultServer } from '../support/kms-servers/vault-server.js'
import { fieldsealDoctor } from './fieldseal-doctor.js'

const KEY = '5a'.repeat(32)
const local = { FIELDSEAL_KMS: 'local://default', FIELDSEAL_LOCAL_KEY: KEY }
function configFile(data: unknown): string {
  const file = join(temporaryFolder(), 'kms.json')
  writeFileSync(file, typeof data === 'string' ? data : JSON.stringify(data))
  return file
}

describe('fieldseal doctor', () => {
  it('shows what works, how long it took, and the policy that is needed', async () => {
    const { status, stdout, stderr } = await fieldsealDoctor(local)
    expect([status, stderr]).toEqual([0, ''])
    for (const line of [
      /^local:\/\/default$/m,
      /^ {2}algorithm: AES-256-GCM · master key: FIELDSEAL_LOCAL_KEY$/m,
      /^ {2}✓ describe +\d+ ms$/m,
      /^ {2}✓ generate a data key +\d+ ms$/m,
      /^ {2}✓ unwrap +\d+ ms$/m,
      /^ {2}✓ refuse another context +\d+ ms$/m,
      /^ {2}✓ rewrap +\d+ ms$/m,
      /^note for this KEK:$/m,
      /^Everything works\.$/m,
    ]) {
      expect(stdout).toMatch(line)
    }
  })

  it('prints the same as JSON', async () => {
    const { status, stdout } = await fieldsealDoctor(local, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      providers: [
        {
          keks: [
            {
              kekUri: 'local://default',
              description: expect.objectContaining({ state: 'enabled' }),
              checks: ['describe', 'generate a data key', 'unwrap', 'refuse another context', 'rewrap'].map(
                (check) => ({
                  ...{ check, outcome: 'passed', milliseconds: expect.any(Number) },
                }),
              ),
            },
          ],
          policy: { kind: 'note', text: expect.any(String) },
        },
      ],
    })
  })

  it('prints no secret, neither as text nor as JSON', async () => {
    for (const parameters of [[], ['--json']]) {
      const { stdout, stderr } = await fieldsealDoctor(local, ...parameters)
      expect(stdout + stderr).not.toContain(KEY.slice(0, 9))
    }
  })

  it('exits with 2 and tells everything that is wrong with the configuration', async () => {
    const { status, stdout, stderr } = await fieldsealDoctor({ ...local, FIELDSEAL_KMS: 'local://default,aws://x' })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^fieldseal: .*unknown scheme aws:\/\/.*Did you mean aws-kms:\/\//)
    expect((await fieldsealDoctor({})).stderr).toContain('FIELDSEAL_KMS is not set')
  })

  it('explains itself', async () => {
    const { status, stdout } = await fieldsealDoctor({}, '--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(/--config <file>[\s\S]*--kek <uri\.\.\.>[\s\S]*--json[\s\S]*Exit code 0/)
  })
})

describe('the configuration of doctor', () => {
  it('can be a file, and then it is not the environment', async () => {
    const config = configFile([{ kek: 'local://eu', key: KEY }])
    const { text, exitCode } = await doctor({ config, json: true }, { FIELDSEAL_KMS: 'aws-kms://alias/app' })
    expect(exitCode).toBe(0)
    expect(text).toContain('"kekUri":"local://eu"')
  })

  it.each([
    ['is not there', '/nowhere/kms.json', 'cannot be read'],
    ['is not JSON', `{ "key": "${KEY}" `, 'is not JSON'],
    ['is empty of providers', [], 'empty list'],
  ])('is refused if its file %s, without quoting it', async (_, data, message) => {
    const config = typeof data === 'string' && data.startsWith('/') ? data : configFile(data)
    const error = await thrownBy(KmsConfigurationError, () => doctor({ config }, {}))
    expect(error.message).toContain(message)
    expect(error.message).not.toContain(KEY.slice(0, 9))
  })

  it('can name further KEKs, which a provider must serve', async () => {
    const config = configFile([
      { kek: 'local://eu', key: KEY },
      { kek: 'local://us', key: KEY },
    ])
    const { text } = await doctor({ config, kek: ['local://us', 'local://eu'], json: true }, {})
    expect(text.match(/"kekUri":"local:\/\/(eu|us)","description"/g)).toHaveLength(2)
    await thrownBy(UnknownKekError, () => doctor({ config, kek: ['local://de'] }, {}))
  })
})

describe('fieldseal doctor with AWS KMS', () => {
  const credentials = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7TESTING',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/testing',
  }
  const keys = awsKeys(credentials.AWS_ACCESS_KEY_ID)
  let endpoint: AwsEndpoint
  beforeAll(async () => {
    endpoint = await startAwsEndpoint(keys.handler)
  })
  afterAll(() => endpoint.close())
  const environment = (arn: string) => ({
    ...{ ...credentials, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_KMS: endpoint.url },
    FIELDSEAL_KMS: `aws-kms://${arn}`,
  })

  it('finds everything in order, and prints an IAM policy for the key and the application', async () => {
    const arn = keys.createKey()
    const { status, stdout } = await fieldsealDoctor(environment(arn), '--app', 'intake')
    expect([status, stdout.match(/✓/g)?.length]).toEqual([0, 5])
    const policy = JSON.parse(/^IAM policy for this KEK:\n\n([\s\S]*?\n\})$/m.exec(stdout)?.[1] ?? '{}')
    expect(JSON.stringify(policy)).toContain(arn)
    expect(JSON.stringify(policy)).toContain('"kms:EncryptionContext:app":"intake"')
  })

  it('says which permission is missing, with the id of the request, and exits with 1', async () => {
    const arn = keys.createKey()
    keys.restrict(arn)
    const { status, stdout } = await fieldsealDoctor(environment(arn))
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /✗ generate a data key[^\n]*\n {6}KMS_ACCESS_DENIED: [^\n]*\n {6}missing permission: kms:GenerateDataKey\n {6}request id: \S+/,
    )
    expect(stdout).toMatch(/– unwrap\n {6}there is no data key/)
    expect(stdout).toContain('Not everything works')
    expect(stdout).not.toContain(credentials.AWS_SECRET_ACCESS_KEY)
  })

  it('says that the key is disabled', async () => {
    const arn = keys.createKey()
    keys.setState(arn, 'Disabled')
    const { status, stdout } = await fieldsealDoctor(environment(arn))
    expect(status).toBe(1)
    expect(stdout).toMatch(/✗ describe[^\n]*\n {6}the KEK is disabled/)
  })
})

describe('fieldseal doctor with Vault', () => {
  let server: VaultServer
  beforeAll(async () => {
    server = await startVaultServer()
    server.transit.create('app')
    server.transit.create('careless')
  })
  afterAll(() => server.stop())
  const environment = (kek: string) => ({
    ...{ FIELDSEAL_KMS: `vault-transit://transit/${kek}`, VAULT_ADDR: server.address },
    VAULT_TOKEN: server.issueToken(),
  })

  it('finds everything in order, prints a Vault policy, and ends although tokens are renewed in the background', async () => {
    const variables = environment('app')
    const { status, stdout } = await fieldsealDoctor(variables)
    expect([status, stdout.match(/✓/g)?.length]).toEqual([0, 5])
    expect(stdout).toContain('path "transit/decrypt/app" { capabilities = ["update"] }')
    expect(stdout).not.toContain(variables.VAULT_TOKEN)
  })

  it('says which of its rules is missing', async () => {
    server.deny('decrypt/careless')
    const { status, stdout } = await fieldsealDoctor(environment('careless'))
    expect(status).toBe(1)
    expect(stdout).toMatch(/✓ generate a data key/)
    expect(stdout).toMatch(
      /✗ unwrap[^\n]*\n {6}KMS_ACCESS_DENIED[^\n]*\n {6}missing permission[^\n]*transit\/decrypt\/careless/,
    )
    expect(stdout).toMatch(/– refuse another context/)
  })

  it('tells that nobody is there', async () => {
    const variables = { ...environment('app'), VAULT_ADDR: 'http://127.0.0.1:9' }
    const { status, stdout } = await fieldsealDoctor(variables)
    expect(status).toBe(1)
    expect(stdout).toMatch(/✗ describe[^\n]*\n {6}KMS_UNAVAILABLE/)
  })
})

describe('the examination of a KEK', () => {
  it('finds everything in order with Google Cloud KMS, and names the permission that is missing', async () => {
    const { gcpKms, server, client, close } = await openGcpWorld()
    try {
      const key = server.createKey()
      const kms = gcpKms({ key, client })
      const healthy = await examineKek(kms, kms.defaultKek, 'fieldseal')
      expect(healthy.checks.map(({ outcome }) => outcome)).toEqual(Array(5).fill('passed'))
      server.deny(key)
      const { checks } = await examineKek(kms, kms.defaultKek, 'fieldseal')
      expect(checks[1]?.missingPermissions).toEqual([
        expect.stringContaining('cloudkms.cryptoKeyVersions.useToEncrypt'),
      ])
      kms.dispose?.()
    } finally {
      await close()
    }
  })

  it('finds everything in order with Azure Key Vault, and names the permissions that are missing', async () => {
    const certificate = await makeCertificate()
    const server = await startAzureServer(certificate)
    try {
      server.create('app', rsaKey('first'))
      server.create('signer', ecKey())
      const kms = azureKms({
        kek: server.kekUri('app'),
        signingKey: server.kekUri('signer'),
        credential: server.credential,
        clientOptions: { disableChallengeResourceVerification: true, tlsOptions: { ca: certificate.cert } },
      })
      const healthy = await examineKek(kms, kms.defaultKek, 'fieldseal')
      expect(healthy.checks.map(({ outcome }) => outcome)).toEqual(Array(5).fill('passed'))
      server.deny('app')
      const { checks } = await examineKek(kms, kms.defaultKek, 'fieldseal')
      expect(checks[1]?.missingPermissions).toEqual(expect.arrayContaining([expect.stringContaining('keys/wrap')]))
    } finally {
      await server.stop()
    }
  })
})
