import { resilientKms } from '../../src/kms/resilience/index.js'
import { type KmsFaultKind, memoryKms } from '../../src/testing/index.js'
import { type FaultKind, RETRY_AFTER_MS } from '../kms/conformance/provider-under-test.js'
import { conformance } from '../kms/conformance/suite.js'

const keks = ['memory://default', 'memory://other', 'memory://absent'] as const
const [kekUri, otherKekUri, absentKekUri] = keks

/** What the in-memory KMS calls each fault. */
const FAULTS: { readonly [kind in FaultKind]: KmsFaultKind } = {
  throttled: 'throttled',
  'throttled with a time to wait': 'throttled',
  'server error': 'unavailable',
  unavailable: 'unavailable',
  'not authenticated': 'access denied',
  'access denied': 'access denied',
  hang: 'hang',
  'connection refused': 'no connection',
  'reset mid-reply': 'no connection',
  'not the protocol': 'not bytes',
  'missing fields': 'not bytes',
  'key of wrong length': 'wrong length',
  'wrong checksum': 'invalid reply',
  'answered with another KEK': 'invalid reply',
}

// Its faulty replies are of the kind that a provider must not let pass, so it is tried behind what catches them.
conformance(
  'the in-memory KMS behind the resilience of the library',
  async () => {
    const timeoutMs = 300
    const memory = memoryKms({ keks })
    memory.control.setKekState('destroyed', absentKekUri)
    const options = { attempts: 1, attemptTimeoutMs: timeoutMs, breakerFailures: 1000 }
    return {
      kms: resilientKms(memory, options),
      kekUri,
      otherKekUri,
      absentKekUri,
      secrets: new Map(),
      timeoutMs,
      fault(kind) {
        memory.control.recover()
        if (kind === undefined) return
        const retryAfterMs = kind === 'throttled with a time to wait' ? { retryAfterMs: RETRY_AFTER_MS } : {}
        memory.control.fail({ kind: FAULTS[kind], ...retryAfterMs })
      },
      disable: (uri) => memory.control.setKekState('disabled', uri),
      scheduleDeletion: (uri) => memory.control.setKekState('pending deletion', uri),
      deny: (uri) => memory.control.fail('access denied', { kekUri: uri }),
      calls: () => Object.values(memory.calls).reduce((sum, calls) => sum + calls, 0),
    }
  },
  {
    description: 'it is asked by doctor, which goes around the resilience',
    'request ids': 'it gives its calls no ids',
  },
)
