import { equalBytes } from '../crypto/index.js'
import { FieldsealError, KmsAccessDeniedError, UnwrapFailedError } from '../errors/index.js'
import type { EncryptionContext, InspectableKms, KekDescription, KmsOperation } from '../kms/kms.js'
import { attempt } from '../kms/resilience/attempt.js'
import { realEnvironment } from '../kms/resilience/environment.js'
import { resilientKms } from '../kms/resilience/index.js'

/** What is tried with a KEK, in this order. */
export type CheckName = 'describe' | 'generate a data key' | 'unwrap' | 'refuse another context' | 'rewrap'

export interface KekCheck {
  readonly check: CheckName
  readonly outcome: 'passed' | 'failed' | 'not tried'
  /** How long the KMS took; absent if it was not asked. */
  readonly milliseconds?: number
  /** Why it failed or was not tried. */
  readonly reason?: string
  /** Code of the error. */
  readonly code?: string
  /** The KMS's id of the failed request. */
  readonly requestId?: string
  /** What this process would have to be allowed, in the provider's words. */
  readonly missingPermissions?: readonly string[]
}

/** What was found out about a KEK. */
export interface KekExamination {
  readonly kekUri: string
  /** What the KMS says of it, if it says anything. */
  readonly description?: KekDescription
  readonly checks: readonly KekCheck[]
}

/** Milliseconds that doctor waits for a call: longer than in operation, to show how slow a slow KMS is. */
const PATIENCE_MS = 10_000

/** Tries everything that the library does with a KEK, on a data key made for it and thrown away. */
export async function examineKek(
  kms: InspectableKms,
  kekUri: string,
  app: string,
  patienceMs = PATIENCE_MS,
): Promise<KekExamination> {
  const patient = resilientKms(kms, { attempts: 1, attemptTimeoutMs: patienceMs, deadlineMs: 2 * patienceMs })
  const context: EncryptionContext = { app, tenant: 'fieldseal-doctor', purpose: 'data', keyId: 'doctor', v: '1' }
  const elsewhere: EncryptionContext = { ...context, tenant: 'fieldseal-doctor-2' }
  const checks: KekCheck[] = []

  /** Carries a check out and writes down how it ended; `undefined` if it failed. */
  async function check<T>(name: CheckName, operation: KmsOperation, work: () => Promise<T>): Promise<T | undefined> {
    const begun = performance.now()
    const took = () => ({ check: name, milliseconds: Math.round(performance.now() - begun) })
    try {
      const result = await work()
      checks.push({ ...took(), outcome: 'passed' })
      return result
    } catch (error) {
      checks.push({ ...took(), outcome: 'failed', ...explained(error, kms.permissionsFor(kekUri)[operation]) })
      return undefined
    }
  }

  const found: { description?: KekDescription } = {}
  await check('describe', 'describe', async () => {
    found.description = await attempt((signal) => kms.describe({ kekUri, signal }), {
      timeoutMs: patienceMs,
      signal: undefined,
      details: { kekUri },
      after: realEnvironment.after,
      discard: () => undefined,
    })
    if (found.description.state !== 'enabled') throw new Finding(`the KEK is ${found.description.state}`)
  })
  const dataKey = await check('generate a data key', 'generateDataKey', () =>
    patient.generateDataKey({ kekUri, context }),
  )
  if (dataKey === undefined) {
    for (const name of ['unwrap', 'refuse another context', 'rewrap'] as const) {
      checks.push({ check: name, outcome: 'not tried', reason: 'there is no data key to try it with' })
    }
    return { kekUri, ...found, checks }
  }
  const { plaintext, wrapped } = dataKey
  const unwrapsToIt = async (material: Uint8Array): Promise<true> => {
    const unwrapped = await patient.unwrap({ kekUri, context, wrapped: material })
    const isSame = equalBytes(unwrapped, plaintext)
    unwrapped.fill(0)
    if (!isSame) throw new Finding('what came back is another key')
    return true
  }
  const unwraps = await check('unwrap', 'unwrap', () => unwrapsToIt(wrapped))
  if (unwraps === undefined) {
    // What refuses everything would seem to refuse this.
    checks.push({ check: 'refuse another context', outcome: 'not tried', reason: 'unwrapping does not work at all' })
  } else {
    await check('refuse another context', 'unwrap', async () => {
      const opened = await patient.unwrap({ kekUri, context: elsewhere, wrapped }).catch(refused)
      opened?.fill(0)
      if (opened !== undefined) throw new Finding(NO_CONTEXT)
    })
  }
  await check('rewrap', 'rewrap', async () => {
    const rewrapped = await patient.rewrap({ kekUri, context, wrapped, toKekUri: kekUri })
    if (unwraps !== undefined) await unwrapsToIt(rewrapped)
  })
  plaintext.fill(0)
  return { kekUri, ...found, checks }
}

const NO_CONTEXT =
  'a key was unwrapped for another tenant than it was made for: this KEK does not bind the encryption context. Do not use it'

/** Something found wrong although the KMS answered. */
class Finding extends Error {}

/** A refusal is what is wanted. */
function refused(error: unknown): undefined {
  if (error instanceof UnwrapFailedError || error instanceof KmsAccessDeniedError) return undefined
  throw error
}

function explained(error: unknown, permissions: readonly string[]): Omit<KekCheck, 'check' | 'outcome'> {
  if (error instanceof Finding) return { reason: error.message }
  if (!(error instanceof FieldsealError)) return { reason: 'the provider threw an error that is not its own' }
  const { code, message, requestId } = error
  return {
    reason: message,
    code,
    ...(requestId === undefined ? {} : { requestId }),
    ...(error instanceof KmsAccessDeniedError && permissions.length > 0 ? { missingPermissions: permissions } : {}),
  }
}
