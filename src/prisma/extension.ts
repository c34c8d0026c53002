import { Prisma } from '@prisma/client/extension'
import { KeyNotProvisionedError, StalePolicyError, UnsupportedOperationError } from '../errors/index.js'
import type { KeyNeeds, KeyReader, KeyringOptions, KeySet, KeyStore, WarmOptions } from '../keys/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { createRuntime, type Fieldseal, type Runtime, serviceOf } from '../service/index.js'
import { dialectOf } from '../sql/index.js'
import { fillSlots } from './fill.js'
import { type AnyClient, clientInTransaction, globalOmitOf, type InternalParams, rootClientOf } from './internals.js'
import { prismaKeyReader, prismaKeyStore } from './key-store.js'
import { collectCells, needsOfLookups, openCells, type Reading, requireLookedUp, stripHelpers } from './open-rows.js'
import { needsOf, type Plan, planOperation } from './plan/plan.js'
import { createSchemaShape, type ModelShape, type SchemaShape } from './plan/shape.js'
import { requireFreshPolicy } from './policy-check.js'
import { createErrorScrubber, type ErrorScrubber } from './scrub.js'
import { createSessionCheck, type InTransaction, type SessionCheck } from './session-check.js'
import { type Verification, type VerifyOptions, verify } from './verify.js'

/** How the extension is set up: the policy, who wraps keys, how they are cached. */
export interface PrismaFieldsealOptions<P extends EncryptionPolicy> extends Omit<KeyringOptions, 'store'> {
  /** The module that `prisma generate` writes. */
  readonly policy: P
  /** Where wrapped keys are kept. Default: the models FieldsealKey and FieldsealTenant of this very database. */
  readonly store?: KeyStore
}

/** What the extended client offers beside its models. */
export interface PrismaFieldseal<P extends EncryptionPolicy> extends Fieldseal<P> {
  /** Counts stored values that are not cells, and opens a sample of those that are. Reads only. */
  verify(options?: VerifyOptions): Promise<Verification>
}

/**
 * The Prisma client extension: encrypts on write, decrypts on read, answers equality through blind indexes, and keeps
 * every operation inside the tenant in context. Apply it last: extensions before it see plaintext, later ones cells.
 * @throws StalePolicyError, KmsConfigurationError, UnsupportedModeError when the client is extended.
 * @example
 * const prisma = new PrismaClient({ adapter }).$extends(fieldseal({ policy, kms: localKms() }))
 * await prisma.$fieldseal.withTenant('firm_1', () => prisma.client.create({ data: { name: 'Ada', ssn: '123-45-6789' } }))
 */
export function fieldseal<const P extends EncryptionPolicy>(options: PrismaFieldsealOptions<P>) {
  return Prisma.defineExtension((client) => {
    const adapter = createAdapter(options, client)
    const service: PrismaFieldseal<P> = {
      ...serviceOf<P>(adapter.runtime),
      verify: (verifyOptions) => cleanly(adapter, verify(adapter.root, options.policy, adapter.runtime, verifyOptions)),
    }
    return client.$extends({
      name: 'fieldseal',
      client: { $fieldseal: service },
      query: { $allModels: { $allOperations: (call) => runOperation(adapter, call) } },
    })
  })
}

/** Everything an operation is run with; one for each extended client. */
interface Adapter {
  readonly policy: EncryptionPolicy
  readonly root: AnyClient
  readonly runtime: Runtime
  /** Keys are kept in the database of this client. */
  readonly keepsKeys: boolean
  readonly schema: SchemaShape
  readonly omitted: ReturnType<typeof globalOmitOf>
  readonly scrub: ErrorScrubber
  /** undefined where the database needs no check. */
  readonly session: SessionCheck | undefined
}

function createAdapter<P extends EncryptionPolicy>(options: PrismaFieldsealOptions<P>, client: object): Adapter {
  const root = rootClientOf(client as AnyClient)
  requireFreshPolicy(options.policy, root)
  const runtime = createRuntime({ ...options, store: options.store ?? prismaKeyStore(root, dialectOf(options.policy)) })
  const schema = createSchemaShape(options.policy, runtime.catalog)
  return {
    policy: options.policy,
    root,
    runtime,
    keepsKeys: options.store === undefined,
    schema,
    omitted: globalOmitOf(root, schema.keys()),
    scrub: createErrorScrubber(schema),
    session: createSessionCheck(options.policy),
  }
}

/** A call as Prisma hands it to a query extension; `__internalParams` is there, but not in its types. */
interface Call {
  readonly model: string
  readonly operation: string
  readonly args: unknown
  readonly query: (args: never) => Promise<unknown>
  readonly __internalParams?: InternalParams
}

/** The contract with Prisma: exactly one `query()`, or a throw. An array transaction would hang otherwise. */
async function runOperation(adapter: Adapter, call: Call): Promise<unknown> {
  const { model, operation } = call
  const shape = adapter.schema.get(model)
  if (shape === undefined) throw new StalePolicyError('the policy does not know the model', { model, operation })
  const context = adapter.runtime.contexts.current()
  const reading: Reading = { schema: adapter.schema, operation, tenant: context?.tenant }
  const plan = planOperation({ ...reading, shape, args: call.args, omitted: adapter.omitted })
  const options: WarmOptions = { context: context?.keys, transaction: transactionOf(adapter, call) }
  await adapter.session?.require(context?.tenant, () => clientOutside(adapter, call))
  await withKeys(adapter, needsOf(plan), options, (keys) => fillSlots(plan, keys))
  // A slow KMS may have outlasted the context: then nothing is sent for it any more.
  adapter.runtime.contexts.current()
  const answer = await send(adapter, call, plan)
  await openAnswer(adapter, call, shape, plan, answer, reading, options)
  return answer
}

/** A client that need not wait for the call's own transaction. */
function clientOutside({ root }: Adapter, { __internalParams: internals }: Call): InTransaction {
  const transaction = internals?.transaction
  const inner = transaction?.kind === 'itx' ? clientInTransaction(root, transaction) : undefined
  return { client: inner ?? root, isShared: inner === undefined }
}

function send(adapter: Adapter, call: Call, plan: Plan): Promise<unknown> {
  return cleanly(adapter, call.query(plan.args as never))
}

/** The database's answer, or Prisma's error without any secret. */
async function cleanly<T>({ scrub }: Adapter, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw scrub(error)
  }
}

async function openAnswer(
  adapter: Adapter,
  call: Call,
  shape: ModelShape,
  { selection, lookups }: Plan,
  answer: unknown,
  reading: Reading,
  options: WarmOptions,
): Promise<void> {
  if (selection === undefined) return
  // A fluent call names the root model but answers with the relation at the end of its path.
  let reached = selection
  for (const name of relationsAlong(call.__internalParams?.dataPath)) {
    const next = reached.relations.get(name)
    if (next === undefined) {
      throw new UnsupportedOperationError('a relation of a fluent call is not in the plan', 'Use include or select', {
        model: shape.name,
        field: name,
        operation: call.operation,
      })
    }
    reached = next
  }
  const rows = collectCells(reading, answer, reached)
  const checked = reached === selection && answer !== null ? lookups : []
  await withKeys(adapter, { active: needsOfLookups(checked), named: rows.batch.named }, options, (keys) => {
    openCells(rows, keys, adapter.policy.runtime?.Decimal)
    requireLookedUp(answer, checked, keys, call.operation)
  })
  stripHelpers(answer, reached)
}

/** `["select", "client", "select", "notes"]` names the relations `client`, `notes`. */
function relationsAlong(dataPath: readonly string[] = []): string[] {
  return dataPath.filter((_, at) => at % 2 === 1)
}

async function withKeys(
  { runtime }: Adapter,
  needs: KeyNeeds,
  options: WarmOptions,
  work: (keys: KeySet) => void,
): Promise<void> {
  const keys = await runtime.keyring.warm(needs, options)
  try {
    work(keys)
  } finally {
    keys.release()
  }
}

/**
 * How keys are read inside an interactive transaction: through it, since any other connection might have to wait for
 * it. undefined outside one, or if the keys are kept elsewhere.
 */
function transactionOf(
  { root, keepsKeys }: Adapter,
  { __internalParams: internals }: Call,
): WarmOptions['transaction'] {
  const transaction = internals?.transaction
  if (!keepsKeys || transaction?.kind !== 'itx') return undefined
  const client = clientInTransaction(root, transaction)
  const reader = client === undefined ? undefined : prismaKeyReader(client)
  return { id: String(transaction.id), reader: reader ?? unreadable }
}

/** This Prisma gives no way to read inside its transaction: only keys warmed before it can be used. */
const unreadable: KeyReader = {
  load: async () => {
    throw new KeyNotProvisionedError('data')
  },
  find: async () => [],
}
