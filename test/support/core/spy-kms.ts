import { Buffer } from 'node:buffer'
import type { Kms, UnwrapRequest, WrapRequest } from '../../../src/kms/kms.js'
import { type MemoryKmsOptions, memoryKms } from '../../../src/testing/index.js'

/** An unwrapped key as the KMS handed it out. */
export interface HandedOut {
  readonly keyId: string
  /** The very memory that was given away: zero once the library erased it. */
  readonly live: Uint8Array
  /** What the bytes were. */
  readonly copy: Buffer
}

/** A KMS that keeps hold of what it gave away. */
export interface SpyKms extends Kms {
  readonly unwraps: UnwrapRequest[]
  readonly generations: WrapRequest[]
  readonly unwrapped: HandedOut[]
  readonly generated: HandedOut[]
  /** Most unwrap calls that ran at one time. */
  readonly peak: () => number
  /** Awaited by every unwrap call before it does its work; replace it to slow the KMS down or make it fail. */
  before: (request: UnwrapRequest) => Promise<void> | void
  unwrapsOf(keyId: string): number
}

/** @param inner does the work. */
export function spyKms(options: MemoryKmsOptions = {}, inner: Kms = memoryKms(options)): SpyKms {
  let running = 0
  let peak = 0
  const handOut = (keyId: string, live: Uint8Array): HandedOut => ({ keyId, live, copy: Buffer.from(live) })
  const spy: SpyKms = {
    defaultKek: inner.defaultKek,
    serves: inner.serves,
    unwraps: [],
    generations: [],
    unwrapped: [],
    generated: [],
    peak: () => peak,
    before: () => undefined,
    unwrapsOf: (keyId) => spy.unwraps.filter(({ context }) => context.keyId === keyId).length,
    async generateDataKey(request) {
      spy.generations.push(request)
      const dataKey = await inner.generateDataKey(request)
      spy.generated.push(handOut(request.context.keyId, dataKey.plaintext))
      return dataKey
    },
    rewrap: (request) => inner.rewrap(request),
    async unwrap(request) {
      spy.unwraps.push(request)
      running++
      peak = Math.max(peak, running)
      try {
        await spy.before(request)
        const key = await inner.unwrap(request)
        spy.unwrapped.push(handOut(request.context.keyId, key))
        return key
      } finally {
        running--
      }
    },
  }
  return spy
}

/** Whether a key's memory was erased. */
export function isErased(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
