import { localKms } from '../../../src/kms/local.js'
import { conformance } from './suite.js'

const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 73 + 11) % 256))
const IN_PROCESS = 'its keys are in this process'

conformance(
  'the local KMS',
  async () => ({
    kms: localKms({ key: KEY.toString('hex') }),
    kekUri: 'local://default',
    secrets: new Map([['the master key', KEY]]),
  }),
  {
    'a second KEK': 'it has one master key; another is another provider',
    'an absent KEK': IN_PROCESS,
    disabling: IN_PROCESS,
    'scheduling deletion': IN_PROCESS,
    'denying a KEK': IN_PROCESS,
    'counting calls': IN_PROCESS,
    'own timeout': IN_PROCESS,
    'request ids': IN_PROCESS,
    faults: IN_PROCESS,
    cancelling: 'a call is over before it could be cancelled',
  },
)
