import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import type { Model } from '../models.js'
import type { Either } from '../sides.js'
import { sealedCondition } from './conditions.js'
import { comparable } from './selection.js'
import { condition } from './where.js'
import { joined, NOTHING, oneOf, someOf, sometimes, type World } from './world.js'

/** Groups come in no order: they are compared as a set. */
export function groupBy(world: World, model: Model): fc.Arbitrary<Args> | undefined {
  const names = comparable(world, model, 'groupBy')
  if (names.length === 0) return undefined
  const encrypted = names.filter((one) => model.fields[nameOf(one)]?.encrypted === true)
  const grouped =
    encrypted.length === 0
      ? someOf(names, 2)
      : fc.oneof({ weight: 1, arbitrary: someOf(names, 2) }, { weight: 2, arbitrary: someOf(encrypted, 1) })
  return grouped.chain((by) => {
    // On MySQL an empty `having` is a panic of Prisma's, after which its client answers nothing any more.
    const conditions = by.flatMap((one) => groupCondition(world, model, nameOf(one)))
    const having = conditions.length === 0 ? NOTHING : oneOf(conditions).map((given): Args => ({ having: given }))
    return joined(
      fc.constant({ by }),
      sometimes(
        condition(world, model, { depth: 1, scalars: !joinsInGroups(world) }).map((given) => ({ where: given })),
        9,
      ),
      sometimes(having, 9),
      fc.constant({ _count: { _all: true } }),
    )
  })
}

/**
 * Prisma 6.16 does not say whose column a `_min` is about where a filter joins a table, and the value of an encrypted group
 * is its least cell.
 */
function joinsInGroups({ prisma }: World): boolean {
  return prisma !== '6.16'
}

function nameOf(one: string | Either): string {
  return typeof one === 'string' ? one : String(one.sealed)
}

/** Conditions on the value a group has. */
function groupCondition(world: World, model: Model, name: string): fc.WeightedArbitrary<Args>[] {
  const field = model.fields[name]
  if (field?.encrypted !== true) return []
  // Groups are made by one index, so that another one's classes cannot be asked.
  const one = sealedCondition(world, name, field, { negated: false, folds: false })
  const list = fc.array(one, { minLength: 2, maxLength: 5 })
  return [
    { weight: 4, arbitrary: one },
    { weight: 6, arbitrary: fc.array(one, { minLength: 1, maxLength: 2 }).map((AND) => ({ AND })) },
    { weight: 4, arbitrary: list.map((OR) => ({ OR })) },
    { weight: 2, arbitrary: one.map((NOT) => ({ NOT })) },
  ]
}
