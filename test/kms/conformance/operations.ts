import { Buffer } from 'node:buffer'
import { expect } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  type KmsError,
  UnwrapFailedError,
} from '../../../src/errors/index.js'
import type { EncryptionContext, InspectableKms, Kms, KmsOperation } from '../../../src/kms/kms.js'
import { secretsShownBy } from '../../support/core/secrets.js'
import type { Feature, ProviderUnderTest } from './provider-under-test.js'

export const OPERATIONS: readonly KmsOperation[] = ['generateDataKey', 'unwrap', 'rewrap', 'describe']

export const CONTEXT: EncryptionContext = {
  app: 'fieldseal',
  tenant: 'firm_1',
  purpose: 'data',
  keyId: 'k00000000001',
  v: '1',
}

/** A provider with one data key made by it. */
export interface Session {
  readonly provider: ProviderUnderTest
  readonly kms: Kms
  readonly kekUri: string
  readonly wrapped: Uint8Array
  /** A copy of the data key. */
  readonly dataKey: Buffer
}

/** What the parts of the suite are given. */
export interface Scene {
  /** The session of the running test. */
  readonly session: () => Session
  readonly can: (feature: Feature) => boolean
}

export async function beginSession(provider: ProviderUnderTest): Promise<Session> {
  const { kms, kekUri } = provider
  const { plaintext, wrapped } = await kms.generateDataKey({ kekUri, context: CONTEXT })
  return { provider, kms, kekUri, wrapped, dataKey: Buffer.from(plaintext) }
}

/** Carries an operation out as fieldseal would. */
export async function run(
  session: Session,
  operation: KmsOperation,
  more: { readonly signal?: AbortSignal; readonly kekUri?: string } = {},
): Promise<unknown> {
  const { kms, wrapped, provider } = session
  const kekUri = more.kekUri ?? session.kekUri
  const request = { ...more, kekUri, context: CONTEXT }
  switch (operation) {
    case 'generateDataKey':
      return kms.generateDataKey(request)
    case 'unwrap':
      return kms.unwrap({ ...request, wrapped })
    case 'rewrap':
      return kms.rewrap({ ...request, wrapped, toKekUri: provider.otherKekUri ?? kekUri })
    case 'describe':
      return inspectable(kms).describe({ ...more, kekUri })
  }
}

export function inspectable(kms: Kms): InspectableKms {
  if (isInspectable(kms)) return kms
  throw new Error('this provider describes nothing')
}

function isInspectable(kms: Kms): kms is InspectableKms {
  return 'describe' in kms
}

/** A hook or member that the provider under test must have, as it does not say that it has not. */
export function required<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`the provider under test has no ${name}, and does not list it as unsupported`)
  return part
}

type KmsErrorClass = abstract new (...args: never[]) => KmsError

/** What a failed call must look like. */
export interface Expected {
  /** Exactly one of these classes. */
  readonly classes: readonly KmsErrorClass[]
  readonly retryable: boolean
}

export const REFUSED: Expected = { classes: [UnwrapFailedError], retryable: false }
export const GONE: Expected = { classes: [KekUnavailableError], retryable: false }
export const DENIED: Expected = { classes: [KmsAccessDeniedError], retryable: false }

/** The error that `work` ends in: typed, of an expected class, telling the KEK, and showing no secret. */
export async function failureOf(session: Session, work: () => unknown, expected: Expected): Promise<KmsError> {
  let caught: unknown
  try {
    await work()
  } catch (error) {
    caught = error
  }
  const names = expected.classes.map(({ name }) => name).join(' or ')
  if (caught === undefined) expect.fail(`expected ${names}, but the call succeeded`)
  const [error] = expected.classes.flatMap((each) => (caught instanceof each ? [caught] : []))
  if (error === undefined) expect.fail(`expected ${names}, but met ${String(caught)}`)
  expect(error.retryable).toBe(expected.retryable)
  expect(error.code).toMatch(/^[A-Z][A-Z_]+$/)
  expect(error.kekUri).toEqual(expect.any(String))
  const secrets = new Map([...session.provider.secrets, ['the data key', session.dataKey]])
  expect(secretsShownBy(error, secrets)).toEqual([])
  return error
}
