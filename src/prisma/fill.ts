import type { KeySet } from '../keys/index.js'
import { createPace, seal, tag } from '../sealer/index.js'
import type { Plan } from './plan/plan.js'
import type { Slot } from './plan/planning.js'

/** Values between two looks at the clock: about a millisecond of work, unless they are long. */
const BATCH_VALUES = 128

/** Puts cells and tags into a plan's slots, between the keys and the query. Others get their turn in between. */
export async function fillSlots({ seals, tags }: Plan, keys: KeySet): Promise<void> {
  await fill(seals, (items) => seal(keys, items))
  await fill(tags, (items) => tag(keys, items))
}

async function fill<Item>(
  slots: readonly Slot<Item>[],
  work: (items: readonly Item[]) => readonly unknown[],
): Promise<void> {
  const pace = createPace()
  for (let from = 0; from < slots.length; from += BATCH_VALUES) {
    const batch = slots.slice(from, from + BATCH_VALUES)
    const values = work(batch.map(({ item }) => item))
    for (const [at, { holder, key }] of batch.entries()) holder[key] = values[at]
    if (pace.isDue()) await pace.rest()
  }
}
