import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KmsConfigurationError } from '../../../src/errors/index.js'
import { kmsFromConfig, kmsFromData } from '../../../src/kms/config/index.js'
import { repository, run } from '../../package/project-folder.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { temporaryFolder } from '../../support/core/temporary-folder.js'

const KEY = '5a'.repeat(32)

async function problemsOf(data: unknown): Promise<readonly string[]> {
  return (await thrownBy(KmsConfigurationError, () => kmsFromData(data))).problems
}

describe('a KMS from plain data', () => {
  it('is one provider or a list, the first the default', async () => {
    const [one, ...none] = await kmsFromConfig({ kek: 'local://eu', key: KEY })
    expect([one.defaultKek, none]).toEqual(['local://eu', []])
    const two = await kmsFromConfig([
      { kek: 'local://eu', key: KEY },
      { kek: 'local://us', key: 'a5'.repeat(32) },
    ])
    expect(two.map(({ defaultKek }) => defaultKek)).toEqual(['local://eu', 'local://us'])
  })

  it('does not look at variables', async () => {
    expect(await problemsOf({ kek: 'local://default' })).toEqual([expect.stringContaining('the option key')])
  })

  it('takes several AWS providers if each says which accounts it serves', async () => {
    const ours = { kek: 'aws-kms://alias/app', region: 'eu-central-1' } as const
    const theirs = { kek: 'aws-kms://arn:aws:kms:us-east-1:222222222222:alias/app' } as const
    await thrownBy(KmsConfigurationError, () => kmsFromConfig([ours, theirs]))
    const kms = await kmsFromConfig([
      { ...ours, accounts: ['111111111111'] },
      { ...theirs, accounts: ['222222222222'] },
    ])
    const served = (kekUri: string) => kms.map((each) => each.serves(kekUri))
    expect(served('aws-kms://arn:aws:kms:eu-west-1:111111111111:alias/x')).toEqual([true, false])
    expect(served('aws-kms://arn:aws:kms:eu-west-1:222222222222:alias/x')).toEqual([false, true])
    for (const each of kms) each.dispose?.()
  })

  it('takes several Vaults if each says which mounts are its', async () => {
    const common = { address: 'https://vault.example.com:8200', token: 'hvs.x' }
    const [ours, theirs] = ['vault-transit://ours/app', 'vault-transit://theirs/app'] as const
    const kms = await kmsFromConfig([
      { ...common, kek: ours, mounts: ['ours'] },
      { ...common, kek: theirs, mounts: ['theirs', 'theirs/too'] },
    ])
    const servers = (kekUri: string) => kms.map((each) => each.serves(kekUri))
    expect(servers('vault-transit://ours/firm-1')).toEqual([true, false])
    expect(servers('vault-transit://theirs/too/firm-1')).toEqual([false, true])
    expect(servers('vault-transit://elsewhere/firm-1')).toEqual([false, false])
    const error = await thrownBy(KmsConfigurationError, () =>
      kmsFromConfig([
        { ...common, kek: ours },
        { ...common, kek: theirs },
      ]),
    )
    expect(error.problems).toEqual([expect.stringContaining('are served by one provider')])
  })

  it('takes several Google providers if each says which projects it serves', async () => {
    const kek = (project: string) => `gcp-kms://projects/${project}/locations/l/keyRings/r/cryptoKeys/k` as const
    await thrownBy(KmsConfigurationError, () => kmsFromConfig([{ kek: kek('ours') }, { kek: kek('theirs') }]))
    const kms = await kmsFromConfig([
      { kek: kek('ours'), projects: ['ours'] },
      { kek: kek('theirs'), projects: ['theirs'] },
    ])
    expect(['ours', 'theirs'].map((project) => kms.map((each) => each.serves(kek(project))))).toEqual([
      [true, false],
      [false, true],
    ])
    for (const each of kms) each.dispose?.()
  })

  it.each([
    ['nothing', undefined, 'must be an object with a KEK'],
    ['an empty list', [], 'empty list'],
    ['a text', 'aws-kms://alias/app', 'must be an object with a KEK'],
    ['no KEK', { region: 'eu-central-1' }, 'must be an object with a KEK'],
    ['a KEK that is no text', { kek: 7 }, 'must be an object with a KEK'],
    ['an unknown scheme', { kek: 'aws://x' }, 'unknown scheme aws://'],
    ['a misspelt option', { kek: 'local://a', key: KEY, keyfile: 'x' }, 'Did you mean keyFile?'],
    ['an option that is none', { kek: 'local://a', key: KEY, somethingElse: 'x' }, 'It has: key, keyFile'],
    ['an option of another kind', { kek: 'local://a', key: KEY, allowInProduction: 'yes' }, 'must be true or false'],
    ['an empty text', { kek: 'local://a', key: KEY, keyFile: '' }, 'must be a text'],
    [
      'a list of something else',
      { kek: 'aws-kms://alias/a', region: 'eu-central-1', accounts: [1] },
      'a list of texts',
    ],
  ])('refuses %s', async (_, data, problem) => {
    expect(await problemsOf(data)).toEqual([expect.stringContaining(problem)])
  })

  it('tells everything that is wrong at once', async () => {
    const problems = await problemsOf([{ kek: 'local://a', key: 'x', keyfile: 'y' }, 7, { kek: 'nope' }])
    expect(problems).toHaveLength(4)
  })
})

/** A folder with the compiled library, its dependencies and the named packages; and what a configuration comes to there. */
function installation(packages: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder()
  cpSync(join(repository, 'dist'), join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  mkdirSync(join(folder, 'node_modules/@azure'), { recursive: true })
  for (const name of ['lru-cache', 'p-limit', 'yocto-queue']) {
    symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name))
  }
  for (const [name, source] of Object.entries(packages)) {
    symlinkSync(source, join(folder, 'node_modules', name))
  }
  return (environment: object): unknown => {
    const program = `
      import { kmsFromEnvironment } from './dist/kms/config/index.js'
      const kms = await kmsFromEnvironment(${JSON.stringify(environment)}).catch((error) => error)
      console.log(JSON.stringify(kms.problems ?? kms.map(({ defaultKek }) => defaultKek)))`
    const { stdout, stderr } = run(process.execPath, ['--input-type=module', '--eval', program], folder)
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }
}

describe('a provider whose package is not installed', () => {
  it.each([
    ['aws-kms://alias/app', '@aws-sdk/client-kms'],
    ['gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k', '@google-cloud/kms'],
    ['azure-kv://app.vault.azure.net/keys/app', '@azure/keyvault-keys'],
  ])('%s: is an error that says to install %s', (kek, name) => {
    expect(installation()({ FIELDSEAL_KMS: kek, AWS_REGION: 'eu-central-1' })).toEqual([
      `${kek} needs the package ${name}, which is not installed. Run "npm install ${name}".`,
    ])
  })

  it('is not missed by those who use another', () => {
    const vault = { VAULT_ADDR: 'https://vault.example.com:8200', VAULT_TOKEN: 'x' }
    expect(
      installation()({
        FIELDSEAL_KMS: 'local://default,vault-transit://transit/app',
        FIELDSEAL_LOCAL_KEY: KEY,
        ...vault,
      }),
    ).toEqual(['local://default', 'vault-transit://transit/app'])
  })
})

describe('signing in to Azure', () => {
  const azure = {
    FIELDSEAL_KMS: 'azure-kv://app.vault.azure.net/keys/app',
    FIELDSEAL_AZURE_SIGNING_KEY: 'azure-kv://app.vault.azure.net/keys/signer',
  }
  const sdk = { '@azure/keyvault-keys': join(repository, 'node_modules/@azure/keyvault-keys') }

  it('needs @azure/identity where there is no code to give a credential', () => {
    expect(installation(sdk)(azure)).toEqual([expect.stringContaining('npm install @azure/identity')])
  })

  it('uses its default credential', () => {
    const identity = temporaryFolder()
    writeFileSync(
      join(identity, 'package.json'),
      JSON.stringify({ name: '@azure/identity', type: 'module', exports: './index.js' }),
    )
    writeFileSync(
      join(identity, 'index.js'),
      'export class DefaultAzureCredential { async getToken() { return null } }\n',
    )
    expect(installation({ ...sdk, '@azure/identity': identity })(azure)).toEqual([azure.FIELDSEAL_KMS])
  })
})
