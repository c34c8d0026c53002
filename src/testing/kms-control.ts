import type { KmsOperation } from '../kms/kms.js'
import type { KmsFault, KmsFaultKind, KmsFaultScope } from './kms-fault.js'

/** How a KEK of the in-memory KMS is. */
export type MemoryKekState = 'enabled' | 'disabled' | 'pending deletion' | 'destroyed'

/** Makes an in-memory KMS misbehave while it is in use. */
export interface MemoryKmsControl {
  /**
   * Lets calls meet a fault, the next `times` that fit the scope, or all. Of several faults the one given last wins.
   * @example kms.control.fail('throttled', { times: 3 })
   * @example kms.control.fail('access denied', { operation: 'unwrap', kekUri: 'memory://theirs' })
   */
  fail(fault: KmsFaultKind | KmsFault, scope?: KmsFaultScope): void
  /**
   * Disables a KEK, schedules its deletion, destroys it, or enables it again. What is destroyed stays so.
   * @param kekUri the default KEK if not given.
   */
  setKekState(state: MemoryKekState, kekUri?: string): void
  /** Milliseconds each call takes from now on. */
  setLatency(milliseconds: number): void
  /** Ends faults, sets the latency back, and enables every KEK that is not destroyed. */
  recover(): void
}

/** What a control was told, and what it makes of a call. */
export interface ControlState {
  readonly control: MemoryKmsControl
  latencyMs(): number
  /** The fault that a call meets; asking uses one of its `times` up. */
  faultFor(operation: KmsOperation, kekUri: string): KmsFault | undefined
  stateOf(kekUri: string): MemoryKekState
}

interface Standing {
  readonly fault: KmsFault
  readonly scope: KmsFaultScope
  left: number
}

/** @throws RangeError if the control is given a KEK that is not among `keks`. */
export function createControl(keks: readonly [string, ...string[]], initialLatencyMs: number): ControlState {
  const states = new Map<string, MemoryKekState>(keks.map((kekUri) => [kekUri, 'enabled']))
  let standing: Standing[] = []
  let latencyMs = initialLatencyMs

  const stateOf = (kekUri: string): MemoryKekState => states.get(kekUri) ?? 'destroyed'
  const requireKek = (kekUri: string): void => {
    if (!states.has(kekUri)) throw new RangeError(`The in-memory KMS has no KEK ${kekUri}. It has: ${keks.join(', ')}`)
  }
  return {
    control: {
      fail(fault, scope = {}) {
        if (scope.kekUri !== undefined) requireKek(scope.kekUri)
        const left = scope.times ?? Number.POSITIVE_INFINITY
        standing.unshift({ fault: typeof fault === 'string' ? { kind: fault } : fault, scope, left })
      },
      setKekState(state, kekUri = keks[0]) {
        requireKek(kekUri)
        if (stateOf(kekUri) !== 'destroyed') states.set(kekUri, state)
      },
      setLatency(milliseconds) {
        latencyMs = milliseconds
      },
      recover() {
        standing = []
        latencyMs = initialLatencyMs
        for (const [kekUri, state] of states) if (state !== 'destroyed') states.set(kekUri, 'enabled')
      },
    },
    latencyMs: () => latencyMs,
    faultFor(operation, kekUri) {
      const met = standing.find(
        ({ scope, left }) =>
          left > 0 && (scope.operation ?? operation) === operation && (scope.kekUri ?? kekUri) === kekUri,
      )
      if (met === undefined) return undefined
      met.left--
      return met.fault
    },
    stateOf,
  }
}
