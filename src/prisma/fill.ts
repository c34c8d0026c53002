import type { KeySet } from '../keys/index.js'
import { type Interruptible, seal, tag } from '../sealer/index.js'
import type { Plan } from './plan/plan.js'
import type { Slot } from './plan/planning.js'

/** Values sealed or tagged in one go: about a millisecond of work, unless they are long. */
const BATCH_VALUES = 128

/** Puts cells and tags into a plan's slots, between the keys and the query. */
export function* fillSlots({ seals, tags }: Plan, keys: KeySet): Interruptible {
  yield* fill(seals, (items) => seal(keys, items))
  yield* fill(tags, (items) => tag(keys, items))
}

function* fill<Item>(
  slots: readonly Slot<Item>[],
  work: (items: readonly Item[]) => readonly unknown[],
): Interruptible {
  for (let from = 0; from < slots.length; from += BATCH_VALUES) {
    const batch = slots.slice(from, from + BATCH_VALUES)
    const values = work(batch.map(({ item }) => item))
    for (const [at, { holder, key }] of batch.entries()) holder[key] = values[at]
    yield
  }
}
