import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { isShared, type Model } from '../models.js'
import type { Step } from '../step.js'
import { newRow } from './data.js'
import { broadly, nestedVerbs, rowThere } from './nested.js'
import { stepOf } from './operations.js'
import { holdsTenant, oneOf, type World } from './world.js'

/**
 * An update or upsert that says no more than one nested verb, of a row that is there as a rule. Each verb is as likely as
 * the next: among all that an operation may say, those that few relations have would hardly come to do anything.
 */
export function focused(world: World, model: Model): fc.WeightedArbitrary<Step>[] {
  const byVerb = new Map<string, fc.WeightedArbitrary<Args>[]>()
  for (const [name, relation] of Object.entries(model.relations)) {
    if (holdsTenant(model, relation)) continue
    for (const [verb, operand] of Object.entries(nestedVerbs(world, model, name, 'update', 0, broadly(world)))) {
      const written = operand.map((given): Args => ({ [name]: { [verb]: given } }))
      byVerb.set(verb, [...(byVerb.get(verb) ?? []), { weight: 1, arbitrary: written }])
    }
  }
  const verbs = [...byVerb].map(([verb, relations]) => ({ weight: RARE[verb] ?? 2, arbitrary: oneOf(relations) }))
  if (verbs.length === 0) return []
  const written = oneOf(verbs)
  const where = rowThere(world, model)
  const update = stepOf(world, model, 'update', fc.record({ where, data: written }))
  if (model.fixed === true || (world.two && isShared(model))) return [{ weight: 1, arbitrary: update }]
  const create = newRow(world, model, { depth: 0 })
  const upsert = stepOf(world, model, 'upsert', fc.record({ where, create, update: written }))
  return [{ weight: 1, arbitrary: fc.oneof({ weight: 2, arbitrary: update }, { weight: 3, arbitrary: upsert }) }]
}

/** Verbs that fail as often as not: what they name must be linked already. */
const RARE: { readonly [verb: string]: number } = {
  set: 9,
  disconnect: 3,
  delete: 9,
  update: 4,
  upsert: 5,
  create: 1,
  createMany: 1,
}
