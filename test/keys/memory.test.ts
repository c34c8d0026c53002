import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startLiveKeys } from '../support/core/live-keys.js'
import type { Sighting } from '../support/core/memory-scan.js'
import { awsKeys } from '../support/kms-servers/aws.js'
import { type AwsEndpoint, startAwsEndpoint } from '../support/kms-servers/aws-faults.js'
import { startVaultServer, type VaultServer } from '../support/kms-servers/vault-server.js'

/** Processes of each kind. `MEMORY_REPEATS=50` looks harder. */
const REPEATS = Number(process.env['MEMORY_REPEATS'] ?? 1)
const local = { kek: 'local://default', key: '5a'.repeat(32) } as const

const names = (sightings: readonly Sighting[]) => new Set(sightings.map(({ secret }) => secret))

describe.runIf(process.platform === 'linux')('the memory of a process', () => {
  describe.each(Array.from({ length: REPEATS }, (_, i) => i + 1))('(process %i)', () => {
    it.each([
      ['request', 'as it is'],
      ['process', 'as it is'],
      ['request', 'without lists of freed memory'],
      ['process', 'without lists of freed memory'],
    ] as const)(
      'holds every key while a context is open, and none of them, nor a part or a spelling of one, after it has ended (scope %s, allocator %s)',
      { timeout: 60_000 },
      async (scope, allocator) => {
        const live = await startLiveKeys({ config: local, scope, allocator })
        await live.tell('work')
        // Else nothing below would mean anything.
        expect(names(live.find())).toEqual(live.names)
        await live.tell('end')
        // At once: nothing waits for the garbage collector to be erased.
        expect(live.find()).toEqual([])
        await live.tell('collect')
        expect(live.find()).toEqual([])
      },
    )
  })

  describe('whose keys come over HTTP', () => {
    const keys = awsKeys('AKIAIOSFODNN7TESTING')
    let aws: AwsEndpoint
    let vault: VaultServer
    beforeAll(async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7TESTING')
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/TESTING')
      aws = await startAwsEndpoint(keys.handler)
      vault = await startVaultServer()
      vault.transit.create('app')
    })
    afterAll(async () => {
      vi.unstubAllEnvs()
      await Promise.all([aws.close(), vault.stop()])
    })

    const configs = {
      Vault: () => ({ kek: 'vault-transit://transit/app', address: vault.address, token: vault.issueToken() }) as const,
      'AWS KMS': () => ({ kek: `aws-kms://${keys.createKey()}`, endpoint: aws.url }) as const,
    }
    it.each(Object.entries(configs))(
      'holds none of their bytes after the contexts have ended; what it holds is text of replies (%s)',
      { timeout: 60_000 },
      async (_, configOf) => {
        const allocator = 'without lists of freed memory'
        const live = await startLiveKeys({ config: configOf(), scope: 'request', allocator })
        await live.tell('work')
        expect(names(live.find())).toEqual(live.names)
        await live.tell('end')
        await live.tell('collect')
        const left = live.find()
        expect(left.filter(({ form }) => !form.startsWith('base64'))).toEqual([])
        // What is derived is never text.
        expect([...names(left)].filter((name) => !/^(data key|index root) of/.test(name))).toEqual([])
      },
    )
  })
})

if (process.platform !== 'linux') {
  describe('the memory of a process', () => {
    it(`is not searched on ${process.platform}: only Linux shows it`, () => {
      expect(process.platform).not.toBe('linux')
    })
  })
}
