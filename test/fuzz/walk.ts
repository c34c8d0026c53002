import type { Args } from '../support/client-types.js'
import { keyOf, type Model, modelNamed } from './models.js'
import { isPlain, render } from './sides.js'
import { operationsOf, type Program, type Step } from './step.js'

/** What a nested write asks: `update` of a Note below its Client. */
export interface NestedWrite {
  readonly model: Model
  readonly verb: string
  /** The filter by which rows are chosen, if the verb has one. */
  readonly where: unknown
}

/** The arguments of the encrypted client, as far as their shape goes. */
export function sealedArguments({ args }: Step): Args {
  return render(args, 'sealed', {}) as Args
}

/** Every nested write of an operation, at every depth; of an upsert, only those of the given ways, if any are. */
export function nestedWritesOf(step: Step, ways: readonly Way[] = ['create', 'update']): NestedWrite[] {
  const args = sealedArguments(step)
  return [args.data, ...ways.map((way) => args[way])].flatMap((part) => inData(modelNamed(step.model), part))
}

/** What an upsert comes to. */
export type Way = 'create' | 'update'

/** The ways an operation can have gone, as far as the row it answers with tells. */
export function waysOf(step: Step, result: unknown): Way[] {
  if (step.operation !== 'upsert') return ['create', 'update']
  const { create } = sealedArguments(step)
  // The tenant is filled in, and a key along a relation may be connected.
  const keys = keyOf(modelNamed(step.model))
    .map((key) => [Object(create)[key], Object(result)[key]])
    .filter(([given]) => given !== undefined)
  if (keys.length === 0 || keys.some(([, found]) => found === undefined)) return []
  return keys.every(([given, found]) => given === found) ? ['create'] : ['update']
}

function inData(model: Model, data: unknown): NestedWrite[] {
  return listOf(data).flatMap((one) =>
    Object.entries(Object(one)).flatMap(([name, verbs]) => {
      const relation = model.relations[name]
      if (relation === undefined || !isPlain(verbs)) return []
      return Object.entries(verbs).flatMap(([verb, operand]) => inVerb(modelNamed(relation.model), verb, operand))
    }),
  )
}

/** Verbs whose operand is a filter itself. */
const FILTERS = new Set(['connect', 'set', 'disconnect', 'delete', 'deleteMany'])

function inVerb(model: Model, verb: string, operand: unknown): NestedWrite[] {
  return listOf(operand).flatMap((one) => {
    const { where, data, create, update } = Object(one)
    if (FILTERS.has(verb)) return [{ model, verb, where: one }]
    const own = { model, verb, where }
    if (verb === 'create') return [own, ...inData(model, one)]
    const isBare = verb === 'update' && !isPlain(data)
    return [own, ...[isBare ? one : data, create, update].flatMap((part) => inData(model, part))]
  })
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** Models whose tables these steps may write. */
export function writtenModels(steps: Program['steps']): Set<string> {
  const writes = operationsOf({ steps }).filter(isWrite)
  return new Set(writes.flatMap((step) => [step.model, ...nestedWritesOf(step).map(({ model }) => model.name)]))
}

const WRITES = /^(create|update|upsert|delete)/

export function isWrite({ operation, refused }: Step): boolean {
  return WRITES.test(operation) && refused === undefined
}
