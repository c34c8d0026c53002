import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policy } from '../../support/core/policy.js'
import { awsKeys } from '../../support/kms-servers/aws.js'
import { type AwsEndpoint, startAwsEndpoint } from '../../support/kms-servers/aws-faults.js'
import { openGcpWorld } from '../../support/kms-servers/gcp-world.js'
import { startVaultServer, type VaultServer } from '../../support/kms-servers/vault-server.js'

const script = fileURLToPath(new URL('../../support/kms-servers/use-and-leave.mjs', import.meta.url))
const credentials = { accessKeyId: 'AKIAIOSFODNN7TESTING', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/testing' }
const keys = awsKeys(credentials.accessKeyId)

const google = await openGcpWorld()
let aws: AwsEndpoint
let vault: VaultServer
beforeAll(async () => {
  aws = await startAwsEndpoint(keys.handler)
  vault = await startVaultServer()
  vault.transit.create('app')
})
afterAll(async () => {
  await Promise.all([google.close(), aws.close(), vault.stop()])
})

/** Connections that a program has left when it has nothing more to do, and has ended by itself. */
async function connectionsLeft(options: {
  readonly disposes: boolean
  readonly disposeKms?: boolean
  readonly gcp?: object
}) {
  const config = [
    { kek: 'vault-transit://transit/app', address: vault.address, token: vault.issueToken({ ttlMs: 10_000 }) },
    { kek: `aws-kms://${keys.createKey()}`, endpoint: aws.url },
  ]
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, JSON.stringify({ policy, config, ...options })],
    {
      timeout: 20_000,
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    },
  )
  return Number(stdout)
}

const gcp = () => ({ key: google.server.createKey(), client: google.client })

describe('a program that has nothing more to do', () => {
  it('ends by itself without dispose(), with the connections it has', async () => {
    expect(await connectionsLeft({ disposes: false })).toBeGreaterThan(0)
  })

  it('has no connection any more after dispose(), if its providers came from configuration', async () => {
    expect(await connectionsLeft({ disposes: true })).toBe(0)
  })

  it('keeps connections of providers that it said not to dispose of', async () => {
    expect(await connectionsLeft({ disposes: true, disposeKms: false })).toBeGreaterThan(0)
  })

  it('has none left of providers that code made, Google’s among them, if it said to dispose of them', async () => {
    expect(await connectionsLeft({ disposes: true, gcp: gcp() })).toBeGreaterThan(0)
    expect(await connectionsLeft({ disposes: true, disposeKms: true, gcp: gcp() })).toBe(0)
  })
})
