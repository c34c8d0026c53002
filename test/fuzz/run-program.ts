import type { Args } from '../support/client-types.js'
import { delegateName, isShared, keyOf, MODELS, type Model, modelNamed } from './models.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { render, type Side } from './sides.js'
import { isTransaction, type Program, type Step, type Transaction } from './step.js'
import { findUnsealed } from './stored.js'
import type { Twin, Twins } from './twins.js'
import { normalForms } from './values.js'
import { isWrite, nestedWritesOf, type Way, waysOf, writtenModels } from './walk.js'

/** An answer that differs, or a value stored unsealed. */
export interface Difference {
  /** Position of the operation in the program; its length if it is about the state at the end. */
  readonly at: number
  readonly what: string
  /** Differences of one kind have one cause, as likely as not: errors by class and code, and no values. */
  readonly kind: string
  readonly sealed: string
  readonly plain: string
  readonly cause?: unknown
}

/** What a program showed. */
export interface Report {
  readonly difference?: Difference
  /** For each operation that was compared, the ways it can have gone if its result was filled. */
  readonly filled: ReadonlyMap<Step, readonly Way[] | undefined>
  readonly errors: number
  readonly refused: readonly string[]
}

/** Runs a program on empty databases, and compares step by step and at the end. */
export async function runProgram(twins: Twins, program: Program): Promise<Report> {
  const filled = new Map<Step, readonly Way[] | undefined>()
  const refused: string[] = []
  let errors = 0
  let difference: Difference | undefined
  const tables = writtenModels(program.steps)
  await twins.begin(tables)
  for (const [at, one] of program.steps.entries()) {
    const outcome = isTransaction(one) ? await runTransaction(twins, one) : await runStep(twins, program, one)
    if (!isTransaction(one) && one.refused !== undefined) refused.push(one.refused.rule)
    else {
      if (outcome.sealed.error !== undefined) errors++
      const { isFilled, result } = outcome.sealed
      for (const [place, step] of (isTransaction(one) ? one.steps : [one]).entries()) {
        const own = isTransaction(one) ? Object(result)[place] : result
        filled.set(step, isFilled ? waysOf(step, own) : undefined)
      }
    }
    difference = await judge(twins, one, outcome, at)
    if (difference !== undefined) break
  }
  difference ??= await judgeStored(twins, program.steps.length, tables)
  difference ??= await compareState(twins, program, tables)
  return { filled, refused, errors, ...(difference && { difference }) }
}

interface Answers {
  readonly sealed: Outcome
  readonly plain: Outcome
}

async function judge(
  twins: Twins,
  one: Step | Transaction,
  { sealed, plain }: Answers,
  at: number,
): Promise<Difference | undefined> {
  const panic = [sealed, plain].find(({ error }) => error === 'PrismaClientRustPanicError')
  if (panic !== undefined) {
    // What comes after it says nothing: the client that has panicked goes on failing.
    return { at, what: 'Prisma panics', kind: 'panic', sealed: sealed.text, plain: plain.text, cause: panic.cause }
  }
  if (sealed.text !== plain.text) {
    const kind = `${sealed.error ?? 'a result'}, ${plain.error ?? 'a result'}`
    const cause = sealed.cause ?? plain.cause
    return { at, what: 'the answers differ', kind, sealed: sealed.text, plain: plain.text, cause }
  }
  // What an operation that failed has left behind, if anything, is found at the end.
  return sealed.error === undefined ? judgeStored(twins, at, writtenModels([one])) : undefined
}

async function judgeStored(twins: Twins, at: number, tables: ReadonlySet<string>): Promise<Difference | undefined> {
  const unsealed = await findUnsealed(twins, tables)
  if (unsealed.length === 0) return undefined
  return { at, what: 'what is stored is no cell or tag', kind: 'stored', sealed: unsealed.join('; '), plain: '' }
}

async function runStep(twins: Twins, { tenants }: Program, step: Step): Promise<Answers> {
  const sealed = answer(twins.sealed, 'sealed', step, (work) => inContext(twins, step.tenant, work))
  if (step.refused !== undefined) {
    const outcome = await sealed
    const { code } = step.refused
    const isRefused = outcome.error?.endsWith(` ${code}`) === true
    return { sealed: outcome, plain: isRefused ? outcome : { text: `a refusal: ${code}`, isFilled: false } }
  }
  const own = step.tenant ?? tenants[0] ?? ''
  const asked = isReplicated(step) ? [own, ...tenants.filter((tenant) => tenant !== own)] : [own]
  const [found, expected, ...others] = await Promise.all([
    sealed,
    ...asked.map((tenant) => answer(plainOf(twins, tenant), 'plain', step, (work) => work())),
  ])
  if (expected === undefined) throw new Error('No plain client was asked')
  // All plain databases hold the same shared rows: they must agree, but for what hangs on them.
  const other = others.find(({ error }) => error !== expected.error)
  return { sealed: found, plain: other ?? expected }
}

function answer(
  twin: Twin,
  side: Side,
  step: Step,
  run: (work: () => PromiseLike<unknown>) => PromiseLike<unknown>,
): Promise<Outcome> {
  const work = async () => {
    const result = await run(() => invoke(twin, twin.client, side, step))
    return step.operation === 'groupBy' ? groupsByClass(step, side, result) : result
  }
  return outcomeOf(work, twin.prisma, isUnordered(step))
}

/** Groups by classes of values: any value of the class may stand for it, in the plain twin its normal form does. */
function groupsByClass({ model }: Step, side: Side, result: unknown): unknown {
  if (!Array.isArray(result)) return result
  const folding = Object.entries(modelNamed(model).fields).flatMap(([name, { index }]) =>
    index?.normalise === undefined ? [] : [{ name, column: index.column, normalise: index.normalise }],
  )
  return result.map((row: object) => {
    const out: Record<string, unknown> = { ...row }
    for (const { name, column, normalise } of folding) {
      if (side === 'sealed' && name in out) out[name] = normalForms(normalise, out[name])
      if (side === 'plain' && column in out) {
        out[name] = out[column]
        delete out[column]
      }
    }
    return out
  })
}

/** Calls the operation, and the relations of a fluent call. */
function invoke({ prisma }: Twin, client: object, side: Side, step: Step): PromiseLike<unknown> {
  let result = call(Reflect.get(client, delegateName(modelNamed(step.model))), step.operation, step.args)
  for (const { relation, args } of step.fluent ?? []) result = call(result, relation, args)
  return result as PromiseLike<unknown>

  function call(target: unknown, name: string, args: Args): unknown {
    const method: unknown = Reflect.get(Object(target), name)
    if (typeof method !== 'function') throw new Error(`There is no ${step.model}.${name}`)
    return Reflect.apply(method, target, [render(args, side, prisma)])
  }
}

function inContext(
  { sealed: { client } }: Twins,
  tenant: string | undefined,
  work: () => PromiseLike<unknown>,
): PromiseLike<unknown> {
  return tenant === undefined ? work() : client.$fieldseal.withTenant(tenant, work)
}

async function runTransaction(twins: Twins, transaction: Transaction): Promise<Answers> {
  const { tenant, steps } = transaction
  const sorted = steps.some(isUnordered)
  const plain = plainOf(twins, tenant)
  const [sealedOutcome, plainOutcome] = await Promise.all([
    outcomeOf(
      () => inContext(twins, tenant, () => together(twins.sealed, 'sealed', transaction)),
      twins.sealed.prisma,
      sorted,
    ),
    outcomeOf(() => together(plain, 'plain', transaction), plain.prisma, sorted),
  ])
  return { sealed: sealedOutcome, plain: plainOutcome }
}

function together(twin: Twin, side: Side, { form, steps }: Transaction): Promise<unknown> {
  const transact: unknown = Reflect.get(twin.client, '$transaction')
  if (typeof transact !== 'function') throw new Error('The client has no $transaction')
  const work = async (tx: object): Promise<unknown[]> => {
    const results: unknown[] = []
    for (const step of steps) results.push(await invoke(twin, tx, side, step))
    return results
  }
  const operations = form === 'array' ? steps.map((step) => invoke(twin, twin.client, side, step)) : work
  return Reflect.apply(transact, twin.client, [operations])
}

function plainOf({ plain }: Twins, tenant: string): Twin {
  const twin = plain.get(tenant)
  if (twin === undefined) throw new Error(`There is no plain database of ${tenant}`)
  return twin
}

/** A write of rows that all tenants share: with two tenants, each one's plain database must get it. */
function isReplicated(step: Step): boolean {
  return isShared(modelNamed(step.model)) && isWrite(step) && nestedWritesOf(step).every(({ model }) => isShared(model))
}

/** Whether rows come back in an order that nobody asked for. */
function isUnordered({ model, operation, args, fluent }: Step): boolean {
  if (operation === 'groupBy' || operation.endsWith('AndReturn')) return true
  const node = modelNamed(model)
  const [first] = fluent ?? []
  const reached = first === undefined ? undefined : node.relations[first.relation]
  if (first !== undefined && reached !== undefined) return hasUnordered(modelNamed(reached.model), first.args)
  return hasUnordered(node, args)
}

function hasUnordered(model: Model, args: Args): boolean {
  return [args.select, args.include].some((fields) =>
    Object.entries(Object(fields)).some(([name, given]) => {
      const relation = model.relations[name]
      if (relation === undefined || given === false) return false
      if (relation.many === true && Object(given).orderBy === undefined) return true
      return typeof given === 'object' && hasUnordered(modelNamed(relation.model), Object(given))
    }),
  )
}

/** Everything each tenant has must be the same in both, whatever the operations have shown of it. */
async function compareState(
  twins: Twins,
  program: Program,
  tables: ReadonlySet<string>,
): Promise<Difference | undefined> {
  for (const tenant of program.tenants) {
    for (const model of MODELS.values()) {
      if (!tables.has(model.name) || model.tenant === 'context') continue
      const step: Step = { model: model.name, operation: 'findMany', args: wholeModel(model), tenant }
      const { sealed, plain } = await runStep(twins, program, step)
      if (sealed.text === plain.text) continue
      const what = `what ${tenant} has in ${model.name} differs at the end`
      return {
        at: program.steps.length,
        what,
        kind: model.name,
        sealed: sealed.text,
        plain: plain.text,
        cause: sealed.cause,
      }
    }
  }
  return undefined
}

/** All rows, and which rows of many-to-many relations are linked to them. */
function wholeModel(model: Model): Args {
  const linked = Object.entries(model.relations).filter(([, { many, inverse, model: other }]) => {
    return many === true && modelNamed(other).relations[inverse]?.many === true
  })
  const include = Object.fromEntries(
    linked.map(([name, { model: other }]) => [
      name,
      { orderBy: keyOf(modelNamed(other)).map((key) => ({ [key]: 'asc' })) },
    ]),
  )
  return {
    orderBy: keyOf(model).map((key) => ({ [key]: 'asc' })),
    ...(linked.length === 0 ? {} : { include }),
  }
}
