import { Buffer } from 'node:buffer'
import type { Kms, UnwrapRequest } from '../../../src/kms/kms.js'

export const kekUri = 'memory://default'
export const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const
export const request: UnwrapRequest = { kekUri, context, wrapped: Uint8Array.of(1, 2, 3) }

/** What one attempt to unwrap does: throws the error, or runs. */
export type Step = Error | ((attempt: UnwrapRequest) => Promise<Uint8Array> | Uint8Array)

/** A KMS whose every attempt to unwrap is written down beforehand; after the last step all succeed. */
export interface ScriptedKms extends Kms {
  readonly steps: Step[]
  readonly attempts: UnwrapRequest[]
  readonly peak: () => number
}

export function aKey(): Buffer {
  return Buffer.alloc(32, 7)
}

export function scriptedKms(...steps: Step[]): ScriptedKms {
  const attempts: UnwrapRequest[] = []
  let running = 0
  let peak = 0
  return {
    steps,
    attempts,
    peak: () => peak,
    defaultKek: kekUri,
    serves: (uri) => uri.startsWith('memory://'),
    generateDataKey: async () => ({ plaintext: aKey(), wrapped: Buffer.of(1) }),
    rewrap: async () => Buffer.of(2),
    async unwrap(attempt) {
      attempts.push(attempt)
      running++
      peak = Math.max(peak, running)
      try {
        const step = steps.shift() ?? aKey
        if (step instanceof Error) throw step
        return await step(attempt)
      } finally {
        running--
      }
    },
  }
}

/** An attempt that never answers, and does not mind its signal. */
export const hang: Step = () => new Promise(() => undefined)

/** How a promise stands; watching it keeps its rejection from being unhandled. */
export interface Watched<T> {
  readonly state: () => 'pending' | 'resolved' | 'rejected'
  readonly value: () => T | undefined
  readonly error: () => unknown
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending'
  let value: T | undefined
  let error: unknown
  promise.then(
    (result) => {
      state = 'resolved'
      value = result
    },
    (reason) => {
      state = 'rejected'
      error = reason
    },
  )
  return { state: () => state, value: () => value, error: () => error }
}
