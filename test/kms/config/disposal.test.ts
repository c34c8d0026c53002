import { expect, it, vi } from 'vitest'
import { KmsConfigurationError } from '../../../src/errors/index.js'
import { kmsFromEnvironment } from '../../../src/kms/config/index.js'
import { memoryKms } from '../../../src/testing/index.js'
import { thrownBy } from '../../support/core/expect-error.js'

const dispose = vi.hoisted(() => vi.fn())
vi.mock('../../../src/kms/vault/index.js', () => ({ vaultKms: () => ({ ...memoryKms(), dispose }) }))

const vault = { VAULT_ADDR: 'https://vault.example.com:8200', VAULT_TOKEN: 'x' }

it('a provider that was made beside one with a problem does not go on running in the background', async () => {
  const environment = { ...vault, FIELDSEAL_KMS: 'vault-transit://transit/app,local://default' }
  await thrownBy(KmsConfigurationError, () => kmsFromEnvironment(environment))
  expect(dispose).toHaveBeenCalledOnce()
})

it('a provider that is given out is not disposed of, and says that the service is to do that', async () => {
  dispose.mockClear()
  const [kms] = await kmsFromEnvironment({ ...vault, FIELDSEAL_KMS: 'vault-transit://transit/app' })
  expect(dispose).not.toHaveBeenCalled()
  expect(kms.configured).toBe(true)
})
