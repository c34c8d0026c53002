import type { Args } from '../support/client-types.js'
import { type Model, modelNamed } from './models.js'
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

/** Every nested write of an operation, at every depth. */
export function nestedWritesOf(step: Step): NestedWrite[] {
  const { data, create, update } = sealedArguments(step)
  return [data, create, update].flatMap((part) => inData(modelNamed(step.model), part))
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
