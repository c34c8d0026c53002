import type { KeySet } from '../keys/index.js'
import { seal, tag } from '../sealer/index.js'
import type { Plan } from './plan/plan.js'

/** Puts cells and tags into a plan's slots: the one step between the keys and the query, and synchronous. */
export function fillSlots({ seals, tags }: Plan, keys: KeySet): void {
  const cells = seal(
    keys,
    seals.map(({ item }) => item),
  )
  seals.forEach(({ holder, key }, at) => {
    holder[key] = cells[at]
  })
  const values = tag(
    keys,
    tags.map(({ item }) => item),
  )
  tags.forEach(({ holder, key }, at) => {
    holder[key] = values[at]
  })
}
