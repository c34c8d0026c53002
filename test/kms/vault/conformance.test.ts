import { vaultKms } from '../../../src/kms/vault/index.js'
import { startVaultServer } from '../../support/kms-servers/vault-server.js'
import { conformance } from '../conformance/suite.js'
import { NOT_OF_VAULT } from './not-of-vault.js'

conformance(
  'Vault, played by a server of the tests',
  async () => {
    const server = await startVaultServer()
    server.transit.create('app')
    server.transit.create('firm-big')
    const token = server.issueToken()
    const nameOf = (kekUri: string): string => kekUri.replace('vault-transit://transit/', '')
    return {
      kms: vaultKms({
        address: server.address,
        kek: 'vault-transit://transit/app',
        auth: { method: 'token', token },
        timeoutMs: 400,
      }),
      kekUri: 'vault-transit://transit/app',
      otherKekUri: 'vault-transit://transit/firm-big',
      absentKekUri: 'vault-transit://transit/nobody',
      secrets: new Map([['the token', token]]),
      timeoutMs: 400,
      fault: server.fault,
      disable: (kekUri) => server.transit.softDelete(nameOf(kekUri)),
      deny: (kekUri) => server.deny(nameOf(kekUri)),
      calls: () => server.counts.transit,
      close: server.stop,
    }
  },
  NOT_OF_VAULT,
)
