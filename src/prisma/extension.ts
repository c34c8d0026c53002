import { Prisma } from '@prisma/client/extension'
import { StalePolicyError, UnsupportedOperationError } from '../errors/index.js'
import type { KeyNeeds, KeyringOptions, KeySet, KeyStore, WarmOptions } from '../keys/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { inSlices } from '../sealer/index.js'
import { createRuntime, type Runtime } from '../service/index.js'
import { dialectOf } from '../sql/index.js'
import { needsOfAnswer } from './answer-keys.js'
import { isSealed } from './assert-sealed.js'
import { type Call, clientInside, clientOutside, transactionOf } from './call.js'
import { holdCursor } from './cursor-probe.js'
import { databaseNamesIn } from './database-names.js'
import { fillSlots } from './fill.js'
import { relationAt, relationsAlong } from './fluent.js'
import {
  type AnyClient,
  embeddedSchemaOf,
  globalOmitOf,
  hasPreviewFeature,
  queryWhole,
  rootClientOf,
} from './internals.js'
import { prismaKeyStore } from './key-store.js'
import {
  copyRows,
  createKeyReader,
  needsOfLookups,
  openCells,
  type Reading,
  requireLookedUp,
  restoreGroups,
  stripHelpers,
} from './open-rows.js'
import { needsOf, type Plan, planOperation } from './plan/plan.js'
import { createSchemaShape, type SchemaShape } from './plan/shape.js'
import { requireFreshPolicy } from './policy-check.js'
import { requireOwnReferences } from './reference-probe.js'
import { createErrorScrubber, type ErrorScrubber, scrubSecrets } from './scrub.js'
import { type PrismaFieldseal, prismaService } from './service.js'
import { createSessionCheck, type SessionCheck } from './session-check.js'

/** How the extension is set up: the policy, who wraps keys, how they are cached. */
export interface PrismaFieldsealOptions<P extends EncryptionPolicy> extends Omit<KeyringOptions, 'store'> {
  /** The module that `prisma generate` writes. */
  readonly policy: P
  /** Where wrapped keys are kept. Default: the models FieldsealKey and FieldsealTenant of this very database. */
  readonly store?: KeyStore
}

/**
 * The Prisma client extension: encrypts on write, decrypts on read, answers equality through blind indexes, and keeps
 * every operation inside the tenant in context. Extensions applied before it see plaintext, later ones cells.
 * @throws StalePolicyError, KmsConfigurationError, UnsupportedModeError when the client is extended;
 *   UnsupportedOperationError if it has been before.
 * @example
 * const prisma = new PrismaClient({ adapter }).$extends(fieldseal({ policy, kms: localKms() }))
 * await prisma.$fieldseal.withTenant('firm_1', () => prisma.client.create({ data: { name: 'Ada', ssn: '123-45-6789' } }))
 */
export function fieldseal<const P extends EncryptionPolicy>(options: PrismaFieldsealOptions<P>) {
  return Prisma.defineExtension((client) => {
    if (isSealed(client)) {
      throw new UnsupportedOperationError(
        'the client is extended with fieldseal already',
        'Extend the base client once',
      )
    }
    const adapter = createAdapter(options, client)
    const parts = prismaService<P>({ ...adapter, policy: options.policy })
    const service: PrismaFieldseal<P> = { ...parts, verify: (given) => cleanly(adapter.scrub, parts.verify(given)) }
    const raw = (call: RawCall): Promise<unknown> => cleanly(adapter.scrubRaw, call.query(call.args as never))
    return client.$extends({
      name: 'fieldseal',
      client: { $fieldseal: service },
      query: {
        $allModels: { $allOperations: (call) => runOperation(adapter, call) },
        $queryRaw: raw,
        $queryRawUnsafe: raw,
        $queryRawTyped: raw,
        $executeRaw: raw,
        $executeRawUnsafe: raw,
      },
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
  /** The client refuses an argument that is explicitly `undefined`. */
  readonly strictUndefined: boolean
  readonly scrub: ErrorScrubber
  /** As `scrub`, for statements that the caller wrote: columns keep their names. */
  readonly scrubRaw: ErrorScrubber
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
    strictUndefined: hasPreviewFeature(root, 'strictUndefinedChecks'),
    scrub: createErrorScrubber(schema, databaseNamesIn(embeddedSchemaOf(root))),
    scrubRaw: scrubSecrets,
    session: createSessionCheck(options.policy),
  }
}

/** A raw query as Prisma hands it to an extension. */
interface RawCall {
  readonly args: unknown
  readonly query: (args: never) => Promise<unknown>
}

/** The contract with Prisma: exactly one `query()`, or a throw. An array transaction would hang otherwise. */
async function runOperation(adapter: Adapter, call: Call): Promise<unknown> {
  const { model, operation } = call
  const shape = adapter.schema.get(model)
  if (shape === undefined) throw new StalePolicyError('the policy does not know the model', { model, operation })
  const context = adapter.runtime.contexts.current()
  const reading: Reading = { schema: adapter.schema, operation, tenant: context?.tenant }
  const { omitted, strictUndefined } = adapter
  const plan = planOperation({ ...reading, shape, args: call.args, omitted, strictUndefined })
  // Outside any context, the keys of this operation live as long as it does.
  const own = context === undefined ? adapter.runtime.keyring.openContext() : undefined
  const options: WarmOptions = { context: context?.keys ?? own, transaction: transactionOf(adapter, call) }
  try {
    return await carryOut(adapter, call, plan, reading, options)
  } finally {
    own?.end()
  }
}

async function carryOut(
  adapter: Adapter,
  call: Call,
  plan: Plan,
  reading: Reading,
  options: WarmOptions,
): Promise<unknown> {
  const { tenant, operation } = reading
  if (adapter.session !== undefined) await adapter.session.require(tenant, () => clientOutside(adapter.root, call))
  const needs = needsOf(plan)
  // In a transaction no key can be made, and what fails after the write is rolled back with it.
  const answer = options.transaction === undefined ? needsOfAnswer(operation, plan.selection, tenant) : []
  const active = [...needs.active, ...answer]
  if (active.length > 0)
    await withKeys(adapter, { ...needs, active }, options, (keys) => inSlices(fillSlots(plan, keys)))
  await lookAhead(adapter, call, plan, reading)
  // A slow KMS may have outlasted the context: then nothing is sent for it any more.
  adapter.runtime.contexts.current()
  // A fluent call answers with the relation at the end of its path. Asked for the row it starts from, whatever stands
  // behind this extension gives the same, and look-ups can be checked.
  const path = relationsAlong(call.__internalParams?.dataPath)
  const asked = path.length === 0 ? call.query(plan.args as never) : queryWhole(call, plan.args)
  const rows = await cleanly(adapter.scrub, asked)
  return relationAt(await openAnswer(adapter, plan, rows, reading, options), path)
}

/** Looks at the rows that a plan names where Prisma takes no condition: those of cursors and of foreign keys. */
async function lookAhead(adapter: Adapter, call: Call, plan: Plan, reading: Reading): Promise<void> {
  if (plan.probes.length === 0 && plan.references.length === 0) return
  const client = clientInside(adapter.root, call)
  for (const probe of plan.probes) await cleanly(adapter.scrub, holdCursor(client, probe, reading))
  await cleanly(adapter.scrub, requireOwnReferences(client, plan.references, reading))
}

/** The database's answer, or Prisma's error without any secret. */
async function cleanly<T>(scrub: ErrorScrubber, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw scrub(error)
  }
}

async function openAnswer(
  adapter: Adapter,
  { selection, lookups, groups }: Plan,
  given: unknown,
  reading: Reading,
  options: WarmOptions,
): Promise<unknown> {
  if (selection === undefined) return given
  const reader = createKeyReader(reading)
  // Groups hold their cells elsewhere until they are restored.
  const rows = await inSlices(copyRows(given, selection, groups === undefined ? reader.read : () => undefined))
  const { answer } = rows
  if (groups !== undefined) {
    restoreGroups(rows, groups, reading.operation)
    for (const group of rows.groups) for (const row of group.rows) reader.read(row, group.selection)
  }
  const checked = answer === null ? [] : lookups
  if (reader.named.length + checked.length > 0) {
    const needs = { active: needsOfLookups(checked), named: reader.named }
    await withKeys(adapter, needs, options, async (keys) => {
      await inSlices(openCells(reading, rows, keys, adapter.policy.runtime?.Decimal))
      requireLookedUp(answer, checked, keys, reading.operation)
    })
  }
  await inSlices(stripHelpers(rows))
  return answer
}

async function withKeys(
  { runtime }: Adapter,
  needs: KeyNeeds,
  options: WarmOptions,
  work: (keys: KeySet) => void | Promise<void>,
): Promise<void> {
  const keys = await runtime.keyring.warm(needs, options)
  try {
    await work(keys)
  } finally {
    keys.release()
  }
}
