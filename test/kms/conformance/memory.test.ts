import { type KmsFaultKind, memoryKms } from '../../../src/testing/index.js'
import { conformance, type FaultKind, RETRY_AFTER_MS } from './suite.js'

const NO_WIRE = 'it has no wire'

/** The faults it can be told to play. */
const FAULTS: { readonly [kind in FaultKind]?: KmsFaultKind } = {
  throttled: 'throttled',
  'throttled with a time to wait': 'throttled',
  unavailable: 'unavailable',
  'access denied': 'access denied',
  'connection refused': 'no connection',
  'missing fields': 'invalid reply',
  hang: 'hang',
}

conformance(
  'the KMS in memory',
  async () => {
    const keks = ['memory://a', 'memory://b', 'memory://absent'] as const
    const kms = memoryKms({ keks })
    kms.control.setKekState('destroyed', keks[2])
    return {
      kms,
      kekUri: keks[0],
      otherKekUri: keks[1],
      absentKekUri: keks[2],
      secrets: new Map(),
      fault(kind) {
        if (kind === undefined) return kms.control.recover()
        const known = FAULTS[kind]
        if (known === undefined) throw new Error(`it cannot play ${kind}`)
        kms.control.fail({
          kind: known,
          ...(kind === 'throttled with a time to wait' && { retryAfterMs: RETRY_AFTER_MS }),
        })
      },
      disable: (kekUri) => kms.control.setKekState('disabled', kekUri),
      scheduleDeletion: (kekUri) => kms.control.setKekState('pending deletion', kekUri),
      deny: (kekUri) => kms.control.fail('access denied', { kekUri }),
    }
  },
  {
    'request ids': NO_WIRE,
    'counting calls': 'it counts calls that it does not begin, too',
    'own timeout': 'it waits as long as its caller',
    'server error': NO_WIRE,
    'not authenticated': NO_WIRE,
    'reset mid-reply': NO_WIRE,
    'not the protocol': NO_WIRE,
    'key of wrong length': 'handing one out is what it is for',
    'wrong checksum': NO_WIRE,
    'answered with another KEK': NO_WIRE,
  },
)
