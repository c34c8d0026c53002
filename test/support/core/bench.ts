import { type MemoryKeyStore, memoryKeyStore } from '../../../src/keys/index.js'
import { createFieldseal, type Fieldseal, type FieldsealOptions } from '../../../src/service/index.js'
import { type Clock, createClock } from './clock.js'
import { policy } from './policy.js'
import { type SpyKms, spyKms } from './spy-kms.js'
import { type SpyStore, spyStore } from './spy-store.js'

/** A service with everything around it in reach. */
export interface Bench {
  readonly fieldseal: Fieldseal<typeof policy>
  readonly kms: SpyKms
  /** The store the service uses. */
  readonly store: SpyStore
  /** What lies behind it, for putting rows and tenant states. */
  readonly rows: MemoryKeyStore
  readonly clock: Clock
  /** A second process: the same store and KMS, nothing remembered. */
  another(options?: BenchOptions): Bench
}

export type BenchOptions = Partial<Omit<FieldsealOptions<typeof policy>, 'policy' | 'store' | 'kms' | 'now'>>

export function createBench(options: BenchOptions = {}, kms = spyKms(), rows = memoryKeyStore()): Bench {
  const clock = createClock()
  const store = spyStore(rows)
  // What resilience adds is tested apart: here one failure of the KMS is one failure.
  const fieldseal = createFieldseal({ policy, store, kms, now: clock.now, resilience: false, ...options })
  return {
    fieldseal,
    kms,
    store,
    rows,
    clock,
    another: (others = options) => createBench(others, kms, rows),
  }
}
