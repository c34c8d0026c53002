import { afterAll } from 'vitest'
import { openGcpWorld } from '../../support/kms-servers/gcp-world.js'
import { conformance } from '../conformance/suite.js'

const { gcpKms, server, client, secrets, close } = await openGcpWorld()
afterAll(close)

const nameOf = (kekUri: string): string => kekUri.slice('gcp-kms://'.length)

conformance(
  'Google Cloud KMS',
  async () => {
    const [kek, other] = [server.createKey(), server.createKey()]
    const timeoutMs = 500
    return {
      kms: gcpKms({ key: kek, timeoutMs, client }),
      kekUri: `gcp-kms://${kek}`,
      otherKekUri: `gcp-kms://${other}`,
      absentKekUri: 'gcp-kms://projects/acme/locations/europe-west3/keyRings/app/cryptoKeys/nowhere',
      secrets,
      timeoutMs,
      fault: (kind) => server.fault(kind),
      disable: (kekUri) => server.setState(nameOf(kekUri), 'DISABLED'),
      scheduleDeletion: (kekUri) => server.setState(nameOf(kekUri), 'DESTROY_SCHEDULED'),
      deny: (kekUri) => server.deny(nameOf(kekUri)),
      calls: () => server.calls.length,
      close: () => server.fault(undefined),
    }
  },
  {
    'request ids': 'gRPC has none, and Cloud KMS documents none',
    'key of wrong length: generateDataKey': 'data keys are made in this process',
    'answered with another KEK: unwrap': 'a reply to Decrypt names no key',
    'wrong checksum: describe': 'a reply to GetCryptoKey has none',
  },
)
