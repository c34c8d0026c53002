import { Buffer } from 'node:buffer'
import { randomKey } from '../crypto/index.js'
import { type ErrorDetails, KekUnavailableError, NotForProductionError } from '../errors/index.js'
import { abortError } from '../kms/abort.js'
import type { EncryptionContext, InspectableKms, KekRequest, KmsOperation } from '../kms/kms.js'
import { generateWrapped, unwrapWith, wrapWith } from '../kms/wrapping.js'
import { createControl, type MemoryKmsControl } from './kms-control.js'
import { errorOfFault, type GarbageKind, isGarbage, type KmsFault } from './kms-fault.js'

if (process.env.NODE_ENV === 'production') {
  throw new NotForProductionError(
    'fieldseal/testing refuses to load under NODE_ENV=production. Import it in tests only.',
  )
}

export interface MemoryKmsOptions {
  /** KEK URIs it serves; the first is the default. Default `['memory://default']`. */
  readonly keks?: readonly [string, ...string[]]
  /** Milliseconds each call takes. Default 0. */
  readonly latencyMs?: number
  /**
   * Called at the start of each call with its operation and its number among the calls of that operation, from 1; what
   * it returns goes wrong. `control` does the same while the KMS is in use.
   */
  readonly fault?: (operation: KmsOperation, attempt: number) => KmsFault | undefined
}

/** A KMS in memory that enforces KEK and context, counts calls and misbehaves as told. */
export interface MemoryKms extends InspectableKms {
  /** Calls so far, failed ones too. */
  readonly calls: { readonly [operation in KmsOperation]: number }
  readonly control: MemoryKmsControl
}

interface Call {
  readonly details: ErrorDetails
  readonly garbage: GarbageKind | undefined
}

/**
 * A KMS for tests: keys are wrapped for real (AES-256-GCM, the encryption context as AAD) with master keys that nobody
 * else has, so what one instance wrapped no other unwraps.
 * @example
 * const kms = memoryKms({ latencyMs: 20 })
 * kms.control.fail('throttled', { times: 2 })
 */
export function memoryKms(options: MemoryKmsOptions = {}): MemoryKms {
  const keks: readonly [string, ...string[]] = options.keks ?? ['memory://default']
  const masterKeys = new Map(keks.map((uri) => [uri, randomKey()]))
  const calls: Record<KmsOperation, number> = { generateDataKey: 0, unwrap: 0, rewrap: 0, describe: 0 }
  const { control, latencyMs, faultFor, stateOf } = createControl(keks, options.latencyMs ?? 0)

  async function begin(operation: KmsOperation, request: KekRequest, context?: EncryptionContext): Promise<Call> {
    calls[operation]++
    const attempt = calls[operation]
    const { kekUri, signal } = request
    const details = { kekUri, ...(context && { keyId: context.keyId, tenant: context.tenant }) }
    await pass(latencyMs(), signal, details)
    const fault = options.fault?.(operation, attempt) ?? faultFor(operation, kekUri)
    if (fault?.kind === 'hang') await pass(Number.POSITIVE_INFINITY, signal, details)
    const error = fault && errorOfFault(fault, details)
    if (error !== undefined) throw error
    return { details, garbage: fault !== undefined && isGarbage(fault.kind) ? fault.kind : undefined }
  }

  /** @throws KekUnavailableError unless the KEK may be used. */
  function masterKeyOf(kekUri: string): Uint8Array {
    const masterKey = masterKeys.get(kekUri)
    const state = stateOf(kekUri)
    if (masterKey === undefined || state === 'destroyed') throw new KekUnavailableError('not found', { kekUri })
    if (state !== 'enabled') throw new KekUnavailableError(state, { kekUri })
    return masterKey
  }

  return {
    calls,
    control,
    defaultKek: keks[0],
    serves: (uri) => masterKeys.has(uri),
    async generateDataKey(request) {
      const { garbage } = await begin('generateDataKey', request, request.context)
      const { plaintext, wrapped } = generateWrapped(masterKeyOf(request.kekUri), request.context)
      return { plaintext: spoilt(plaintext, garbage), wrapped }
    },
    async unwrap(request) {
      const { details, garbage } = await begin('unwrap', request, request.context)
      const plaintext = unwrapWith(masterKeyOf(request.kekUri), request.wrapped, request.context, details)
      return spoilt(plaintext, garbage)
    },
    async rewrap(request) {
      const { details, garbage } = await begin('rewrap', request, request.context)
      const { kekUri, toKekUri, wrapped, context } = request
      const plaintext = unwrapWith(masterKeyOf(kekUri), wrapped, context, details)
      const key = garbage === 'wrong key' ? randomKey() : plaintext
      const rewrapped = wrapWith(masterKeyOf(toKekUri), key, context)
      plaintext.fill(0)
      return garbage === 'wrong length' || garbage === 'not bytes' ? spoilt(rewrapped, garbage) : rewrapped
    },
    permissionsFor: () => ({
      generateDataKey: ['memory:GenerateDataKey'],
      unwrap: ['memory:Decrypt'],
      rewrap: ['memory:ReEncrypt'],
      describe: ['memory:DescribeKey'],
    }),
    async describe(request) {
      const { kekUri } = request
      await begin('describe', request)
      const state = stateOf(kekUri)
      if (state === 'destroyed') throw new KekUnavailableError('not found', { kekUri })
      return { kekUri, state, facts: { algorithm: 'AES-256-GCM' } }
    },
    policyFor: (kekUris) => ({
      kind: 'memory policy',
      text: `allow memory:GenerateDataKey, memory:Decrypt, memory:ReEncrypt, memory:DescribeKey on ${kekUris.join(', ')}`,
    }),
  }
}

/** Lets the time pass, or until the signal ends it. */
function pass(milliseconds: number, signal: AbortSignal | undefined, details: ErrorDetails): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      if (signal !== undefined) reject(abortError(signal, details))
    }
    const done = (): void => {
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = milliseconds > 0 && Number.isFinite(milliseconds) ? setTimeout(done, milliseconds) : undefined
    if (signal?.aborted === true) return end()
    if (milliseconds <= 0) return done()
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** The reply with the fault in it; the right one is erased. */
function spoilt(reply: Uint8Array, garbage: GarbageKind | undefined): Uint8Array {
  if (garbage === undefined) return reply
  reply.fill(0)
  if (garbage === 'wrong key') return randomKey()
  return garbage === 'wrong length' ? Buffer.alloc(31, 1) : NOT_BYTES
}

/** What the type denies and a faulty provider may do all the same. */
const NOT_BYTES: Uint8Array = JSON.parse('"not bytes"')
