import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { isShared, type Model } from '../models.js'
import type { Step } from '../step.js'
import { newRow } from './data.js'
import { broadly, nestedVerbs, rowThere } from './nested.js'
import { stepOf } from './operations.js'
import { holdsTenant, joined, oneOf, type World } from './world.js'

/** Verbs of which few come to do anything: their row must be linked, and match. */
export const SCARCE: readonly string[] = ['delete', 'upsert']

/**
 * An update or upsert of a row that is there as a rule, or at times a new row, with no more than one nested verb, under a
 * broad filter: among all that an operation may say, the verbs of few relations would hardly come to do anything.
 */
export function focused(
  world: World,
  model: Model,
  chosen: readonly string[] = Object.keys(WEIGHTS),
): fc.WeightedArbitrary<Step>[] {
  const verbs = verbsOf(world, model, 'update', chosen)
  if (verbs.length === 0) return []
  const written = oneOf(verbs)
  const where = rowThere(world, model)
  const update = stepOf(world, model, 'update', fc.record({ where, data: written }))
  if (model.fixed === true || (world.two && isShared(model))) return [{ weight: 1, arbitrary: update }]
  const create = newRow(world, model, { depth: 0 })
  const upsert = stepOf(world, model, 'upsert', fc.record({ where, create, update: written }))
  const linked = verbsOf(world, model, 'create', chosen)
  const created = linked.length === 0 ? [] : [stepOf(world, model, 'create', data(joined(create, oneOf(linked))))]
  return [
    {
      weight: 1,
      arbitrary: fc.oneof(
        { weight: 5, arbitrary: update },
        { weight: 6, arbitrary: upsert },
        ...created.map((arbitrary) => ({ weight: 2, arbitrary })),
      ),
    },
  ]
}

/** One relation with one verb. In a new row, only those that link rows: its own foreign keys are given otherwise. */
function verbsOf(
  world: World,
  model: Model,
  outer: 'create' | 'update',
  chosen: readonly string[],
): fc.WeightedArbitrary<Args>[] {
  const byVerb = new Map<string, fc.WeightedArbitrary<Args>[]>()
  for (const [name, relation] of Object.entries(model.relations)) {
    if (outer === 'create' ? relation.fields !== undefined : holdsTenant(model, relation)) continue
    for (const [verb, operand] of Object.entries(nestedVerbs(world, model, name, outer, 0, broadly(world)))) {
      if (!chosen.includes(verb) || (outer === 'create' && !verb.startsWith('connect'))) continue
      const written = operand.map((given): Args => ({ [name]: { [verb]: given } }))
      byVerb.set(verb, [...(byVerb.get(verb) ?? []), { weight: 1, arbitrary: written }])
    }
  }
  return [...byVerb].map(([verb, relations]) => ({ weight: WEIGHTS[verb] ?? 0, arbitrary: oneOf(relations) }))
}

function data(arbitrary: fc.Arbitrary<Args>): fc.Arbitrary<Args> {
  return arbitrary.map((given) => ({ data: given }))
}

/** How often each verb is said. Those that fail as often as not, as what they name must be linked already, are more. */
const WEIGHTS: { readonly [verb: string]: number } = {
  set: 16,
  delete: 16,
  update: 6,
  upsert: 6,
  updateMany: 6,
  deleteMany: 5,
  disconnect: 3,
  connectOrCreate: 2,
  connect: 1,
  create: 1,
  createMany: 1,
}
