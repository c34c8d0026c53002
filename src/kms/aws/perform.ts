import { type ErrorDetails, KekUnavailableError, KmsError, KmsUnavailableError } from '../../errors/index.js'
import type { EncryptionContext, KekRequest } from '../kms.js'
import { attempt } from '../resilience/attempt.js'
import { detailsOf, erase } from '../resilience/contract.js'
import { realEnvironment } from '../resilience/environment.js'
import type { AwsClients, RegionalClient } from './clients.js'
import { describeKey, type Sending } from './commands.js'
import { kekState } from './describe.js'
import { kmsErrorFor, readFailure } from './failure.js'
import type { AwsKek } from './kek-uri.js'

/** A KEK and what it is called by: for a multi-Region key, its replica. */
export interface Target {
  readonly kekUri: string
  readonly kek: AwsKek
}

export interface Performance {
  readonly request: KekRequest & { readonly context?: EncryptionContext }
  /** The KEKs in use; the first is blamed for what does not say whose it is. */
  readonly targets: readonly [Target, ...Target[]]
}

/** A client for the KEK's region, with what every command needs. */
export type Prepare = (target: Target) => Promise<Sending & RegionalClient>

export interface AwsPerformer {
  /** Does the work, and ends in its result or in a typed error: at the caller's signal, or after its time. */
  perform<T>(performance: Performance, work: (prepare: Prepare) => Promise<T>): Promise<T>
}

export interface PerformerOptions {
  readonly clients: AwsClients
  readonly timeoutMs: number
  readonly grantTokens: readonly string[]
}

export function awsPerformer({ clients, timeoutMs, grantTokens }: PerformerOptions): AwsPerformer {
  return {
    perform({ request, targets }, work) {
      const details = detailsOf(request)
      return attempt(
        async (signal) => {
          const prepare: Prepare = async ({ kekUri, kek }) => {
            const regional = await clients.in(kek.arn?.region)
            return { ...regional, signal, grantTokens, about: { ...details, kekUri } }
          }
          try {
            return await work(prepare)
          } catch (error) {
            throw await explain(error, details, targets, prepare)
          }
        },
        { timeoutMs, signal: request.signal, details, after: realEnvironment.after, discard: erase },
      )
    },
  }
}

async function explain(error: unknown, details: ErrorDetails, targets: readonly Target[], prepare: Prepare) {
  if (error instanceof KmsError) return error
  const failure = readFailure(error)
  const about = failure.requestId === undefined ? details : { ...details, requestId: failure.requestId }
  const isState = failure.name === 'KMSInvalidStateException'
  const isOneOfTwo = targets.length > 1 && ['DisabledException', 'NotFoundException'].includes(failure.name)
  if (isState || isOneOfTwo) {
    const found = await errorByState(targets, about, prepare)
    if (found !== undefined) return found
  }
  // Whoever may not look at the key's state has most likely met the commonest one.
  return isState ? new KekUnavailableError('pending deletion', about) : kmsErrorFor(failure, about)
}

/** What an error code of AWS leaves open: in which state the key is and, of two keys, which one it is about. */
async function errorByState(targets: readonly Target[], details: ErrorDetails, prepare: Prepare) {
  for (const target of targets) {
    const about = { ...details, kekUri: target.kekUri }
    try {
      const { KeyState: keyState } = await describeKey(await prepare(target), target.kek)
      const state = kekState(keyState)
      if (state === 'passing') return new KmsUnavailableError(`key state ${keyState}`, about)
      if (state !== 'enabled') return new KekUnavailableError(state, about)
    } catch (error) {
      if (readFailure(error).name === 'NotFoundException') return new KekUnavailableError('not found', about)
    }
  }
  return undefined
}
