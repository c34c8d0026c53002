import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { KmsConfigurationError } from '../../../src/errors/index.js'
import { memoryKeyStore } from '../../../src/keys/index.js'
import { kmsFromEnvironment, type Variables } from '../../../src/kms/config/index.js'
import { createFieldseal } from '../../../src/service/index.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { policy } from '../../support/core/policy.js'
import { temporaryFolder } from '../../support/core/temporary-folder.js'

const KEY = '5a'.repeat(32)
const local = { FIELDSEAL_KMS: 'local://default', FIELDSEAL_LOCAL_KEY: KEY }

async function problemsOf(environment: Variables): Promise<readonly string[]> {
  return (await thrownBy(KmsConfigurationError, () => kmsFromEnvironment(environment))).problems
}

function keyFile(mode = 0o600): string {
  const file = join(temporaryFolder(), 'master.key')
  writeFileSync(file, KEY)
  chmodSync(file, mode)
  return file
}

describe('a KMS from the environment', () => {
  it('is the provider of the KEK that FIELDSEAL_KMS names, and works as it is in a service', async () => {
    const kms = await kmsFromEnvironment(local)
    expect(kms.map(({ defaultKek }) => defaultKek)).toEqual(['local://default'])
    const fieldseal = createFieldseal({ policy, store: memoryKeyStore(), kms })
    const cell = await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    expect(await fieldseal.decrypt('Client.ssn', cell, { tenant: 'firm_1' })).toBe('1')
  })

  it('takes the local master key from a variable or from a file', async () => {
    const context = { app: 'a', tenant: 't', purpose: 'data', keyId: 'k', v: '1' } as const
    const [byVariable] = await kmsFromEnvironment(local)
    const [byFile] = await kmsFromEnvironment({ FIELDSEAL_KMS: 'local://default', FIELDSEAL_LOCAL_KEY_FILE: keyFile() })
    const { plaintext, wrapped } = await byVariable.generateDataKey({ kekUri: 'local://default', context })
    expect(await byFile.unwrap({ kekUri: 'local://default', context, wrapped })).toEqual(plaintext)
  })

  it('can be several: the first is the default, each serves its own', async () => {
    const environment = {
      ...local,
      FIELDSEAL_KMS: 'aws-kms://alias/app, local://default,vault-transit://transit/app',
      AWS_REGION: 'eu-central-1',
      VAULT_ADDR: 'https://vault.example.com:8200',
      VAULT_TOKEN: 'hvs.token',
    }
    const kms = await kmsFromEnvironment(environment)
    expect(kms.map(({ defaultKek }) => defaultKek)).toEqual([
      'aws-kms://alias/app',
      'local://default',
      'vault-transit://transit/app',
    ])
    expect(kms.map((each) => each.serves('local://default'))).toEqual([false, true, false])
    for (const each of kms) each.dispose?.()
  })

  it('reads process.env if nothing else is given', async () => {
    const { problems } = await thrownBy(KmsConfigurationError, () => kmsFromEnvironment())
    expect(problems).toEqual([expect.stringContaining('FIELDSEAL_KMS is not set')])
  })

  it('does not read process.env if something else is given', async () => {
    vi.stubEnv('FIELDSEAL_LOCAL_KEY', KEY)
    expect(await problemsOf({ FIELDSEAL_KMS: 'local://default' })).toEqual([
      expect.stringContaining('FIELDSEAL_LOCAL_KEY'),
    ])
    vi.unstubAllEnvs()
  })
})

describe('a wrong environment', () => {
  it.each<[string, Variables, string | RegExp]>([
    ['without FIELDSEAL_KMS', {}, 'FIELDSEAL_KMS is not set'],
    ['with an empty one', { FIELDSEAL_KMS: ' ' }, 'FIELDSEAL_KMS is not set'],
    ['with something that is no URI', { FIELDSEAL_KMS: 'alias/app' }, 'FIELDSEAL_KMS is no KEK URI'],
    ['with a misspelt scheme', { FIELDSEAL_KMS: 'aws-kns://alias/app' }, 'Did you mean aws-kms://?'],
    ['with an unknown scheme', { FIELDSEAL_KMS: 'hsm-of-mine://1' }, 'unknown scheme hsm-of-mine://'],
    ['with a URI that names no key', { FIELDSEAL_KMS: 'aws-kms://' }, 'names no key'],
    ['with an empty place', { ...local, FIELDSEAL_KMS: 'local://default,' }, 'Entry 2 of FIELDSEAL_KMS is empty'],
    [
      'with the same KEK twice',
      { ...local, FIELDSEAL_KMS: 'local://default,local://default' },
      'Entry 2 of FIELDSEAL_KMS is the same as one before it',
    ],
    [
      'with two KEKs of one provider',
      { FIELDSEAL_KMS: 'aws-kms://alias/a,aws-kms://alias/b', AWS_REGION: 'eu-central-1' },
      'kekFor()',
    ],
    ['with a malformed AWS key', { FIELDSEAL_KMS: 'aws-kms://app', AWS_REGION: 'eu-central-1' }, 'keyId'],
    [
      'with a misspelt variable',
      { ...local, FIELDSEAL_LOCALKEY: KEY },
      'There is no variable FIELDSEAL_LOCALKEY. Did you mean FIELDSEAL_LOCAL_KEY?',
    ],
    ['in lower case', { ...local, fieldseal_kms: 'local://default' }, 'Did you mean FIELDSEAL_KMS?'],
    [
      'with a variable of ours that is none',
      { ...local, FIELDSEAL_TELEMETRY_ENDPOINT: 'x' },
      'There are FIELDSEAL_KMS',
    ],
    ['without a master key', { FIELDSEAL_KMS: 'local://default' }, 'FIELDSEAL_LOCAL_KEY or FIELDSEAL_LOCAL_KEY_FILE'],
    ['with two master keys', { ...local, FIELDSEAL_LOCAL_KEY_FILE: '/x' }, 'are both set'],
    [
      'with a malformed master key',
      { ...local, FIELDSEAL_LOCAL_KEY: KEY.slice(2) },
      'The master key in FIELDSEAL_LOCAL_KEY is malformed',
    ],
    ['without the address of Vault', { FIELDSEAL_KMS: 'vault-transit://transit/app', VAULT_TOKEN: 'x' }, 'VAULT_ADDR'],
  ])('%s is refused, with what to do', async (_, environment, problem) => {
    expect(await problemsOf(environment)).toEqual([expect.stringMatching(escaped(problem))])
  })

  it('with a master key file that others may read is refused', async () => {
    const environment = { FIELDSEAL_KMS: 'local://default', FIELDSEAL_LOCAL_KEY_FILE: keyFile(0o644) }
    expect(await problemsOf(environment)).toEqual([expect.stringContaining('chmod 600')])
  })

  it('without a way to log in to Vault names all ways, and with two names both', async () => {
    const vault = { FIELDSEAL_KMS: 'vault-transit://transit/app', VAULT_ADDR: 'https://vault.example.com:8200' }
    const [none] = await problemsOf(vault)
    for (const name of ['VAULT_TOKEN', 'VAULT_TOKEN_FILE', 'VAULT_ROLE_ID', 'VAULT_KUBERNETES_ROLE']) {
      expect(none).toContain(name)
    }
    const [both] = await problemsOf({ ...vault, VAULT_TOKEN: 'x', VAULT_ROLE_ID: 'y' })
    expect(both).toMatch(/VAULT_TOKEN, VAULT_ROLE_ID are set: keep one/)
    const secrets = { ...vault, VAULT_ROLE_ID: 'y', VAULT_SECRET_ID: 'a', VAULT_SECRET_ID_FILE: 'b' }
    expect(await problemsOf(secrets)).toEqual([expect.stringContaining('VAULT_SECRET_ID and VAULT_SECRET_ID_FILE')])
    const missing = join(temporaryFolder(), 'ca.pem')
    expect(await problemsOf({ ...vault, VAULT_TOKEN: 'x', VAULT_CACERT: missing })).toEqual([
      expect.stringContaining(`The file of VAULT_CACERT, ${missing}, cannot be read`),
    ])
  })

  it('is told whole, in one error: everything that is wrong with every provider', async () => {
    const environment = {
      FIELDSEAL_KMS: 'aws-kms://nothing,vault-transit://transit/app,local://default,gpc-kms://x',
      FIELDSEAL_LOCAL_KEY: 'correct horse battery staple',
      FIELDSEAL_LOCALE_KEY_FILE: '/x',
      VAULT_CACERT: '/nowhere/ca.pem',
    }
    const error = await thrownBy(KmsConfigurationError, () => kmsFromEnvironment(environment))
    const expected = [
      /FIELDSEAL_LOCALE_KEY_FILE/,
      /gcp-kms/,
      /keyId/,
      /VAULT_ADDR/,
      /VAULT_TOKEN/,
      /VAULT_CACERT/,
      /malformed/,
    ]
    expect(error.problems).toHaveLength(expected.length)
    for (const problem of expected) expect(error.problems.filter((each) => problem.test(each))).toHaveLength(1)
    expect(error.message).toContain(`${expected.length} problems`)
    for (const problem of error.problems) expect(error.message).toContain(problem)
  })

  it('is told without the values of variables, whatever stands in which', async () => {
    const secret = 'hvs.s3cr3t4815162342'
    const environment = {
      FIELDSEAL_KMS: `${secret},local://default,vault-transit://transit/app`,
      FIELDSEAL_LOCAL_KEY: secret,
      FIELDSEAL_LOCAL_KEYS: secret,
      VAULT_ADDR: `https://user:${secret}@vault.example.com`,
      VAULT_TOKEN: secret,
    }
    const error = await thrownBy(KmsConfigurationError, () => kmsFromEnvironment(environment))
    expect(error.problems.length).toBeGreaterThanOrEqual(4)
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('s3cr3t')
  })
})

function escaped(problem: string | RegExp): RegExp {
  return typeof problem === 'string' ? new RegExp(problem.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : problem
}
