import { randomKey } from '../crypto/index.js'
import { KekUnavailableError, KmsUnavailableError, NotForProductionError } from '../errors/index.js'
import type { Kms } from '../kms/kms.js'
import { generateWrapped, unwrapWith, wrapWith } from '../kms/wrapping.js'

if (process.env.NODE_ENV === 'production') {
  throw new NotForProductionError(
    'fieldseal/testing refuses to load under NODE_ENV=production. Import it in tests only.',
  )
}

/** What a call was. */
export type KmsCall = 'generateDataKey' | 'unwrap' | 'rewrap'

/** A fault for one call; returned by `MemoryKmsOptions.fault`. */
export type KmsFault =
  /** The call rejects with this error. */
  | { readonly kind: 'error'; readonly error: Error }
  /** The call rejects with a retryable KmsUnavailableError. */
  | { readonly kind: 'unavailable' }
  /** The call succeeds, but with another key than it should. */
  | { readonly kind: 'wrong key' }

export interface MemoryKmsOptions {
  /** KEK URIs it serves; the first is the default. Default `['memory://default']`. */
  readonly keks?: readonly [string, ...string[]]
  /** Milliseconds each call takes. Default 0. */
  readonly latencyMs?: number
  /** Called before each call; what it returns goes wrong. */
  readonly fault?: (call: KmsCall, attempt: number) => KmsFault | undefined
}

/** A KMS in memory that enforces KEK and context, counts calls and fails on demand. */
export interface MemoryKms extends Kms {
  /** Calls so far, failed ones too. */
  readonly calls: { readonly [call in KmsCall]: number }
}

/** @example const kms = memoryKms({ latencyMs: 50, fault: (call) => call === 'unwrap' ? { kind: 'unavailable' } : undefined }) */
export function memoryKms(options: MemoryKmsOptions = {}): MemoryKms {
  const keks: readonly [string, ...string[]] = options.keks ?? ['memory://default']
  const masterKeys = new Map(keks.map((uri) => [uri, randomKey()]))
  const calls: Record<KmsCall, number> = { generateDataKey: 0, unwrap: 0, rewrap: 0 }

  async function begin(call: KmsCall, kekUri: string): Promise<{ masterKey: Uint8Array; wrongKey: boolean }> {
    calls[call]++
    const attempt = calls[call]
    if (options.latencyMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.latencyMs))
    const fault = options.fault?.(call, attempt)
    if (fault?.kind === 'error') throw fault.error
    const masterKey = masterKeys.get(kekUri)
    if (fault?.kind === 'unavailable' || masterKey === undefined) {
      throw new KmsUnavailableError(masterKey === undefined ? 'no such key' : 'fault injected', { kekUri })
    }
    return { masterKey, wrongKey: fault?.kind === 'wrong key' }
  }

  return {
    calls,
    defaultKek: keks[0],
    serves: (uri) => masterKeys.has(uri),
    async generateDataKey({ kekUri, context }) {
      const { masterKey, wrongKey } = await begin('generateDataKey', kekUri)
      const dataKey = generateWrapped(masterKey, context)
      return wrongKey ? { ...dataKey, plaintext: randomKey() } : dataKey
    },
    async unwrap({ kekUri, wrapped, context }) {
      const { masterKey, wrongKey } = await begin('unwrap', kekUri)
      const key = unwrapWith(masterKey, wrapped, context, { keyId: context.keyId, tenant: context.tenant, kekUri })
      return wrongKey ? randomKey() : key
    },
    async rewrap({ kekUri, wrapped, context, toKekUri }) {
      const { masterKey, wrongKey } = await begin('rewrap', kekUri)
      const target = masterKeys.get(toKekUri)
      if (target === undefined) throw new KekUnavailableError('not found', { kekUri: toKekUri })
      const key = unwrapWith(masterKey, wrapped, context, { keyId: context.keyId, tenant: context.tenant, kekUri })
      return wrapWith(target, wrongKey ? randomKey() : key, context)
    },
  }
}
