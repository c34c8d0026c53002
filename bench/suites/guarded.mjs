import { text } from '../rows.mjs'
import { aadLength, coreSide } from '../sides/fieldseal.mjs'
import { floorSide } from '../sides/floor.mjs'
import { inTurns, processorTime } from '../turns.mjs'

const VALUES = 2000

/** What the guard looks at: sealing, opening and tagging beside the floor, by processor time. Needs no client. */
export async function guarded({ policy }, { rounds }) {
  const plain = Array.from({ length: VALUES }, (_, at) => text(at))
  const floor = floorSide(aadLength())
  const core = coreSide(policy)
  const cells = { floor: floor.seal(plain), fieldseal: await core.seal(plain) }
  const settings = { rounds, now: processorTime, warmup: 10 }
  const times = {
    seal: await inTurns(
      { floor: { work: () => floor.seal(plain) }, fieldseal: { work: () => core.seal(plain) } },
      settings,
    ),
    open: await inTurns(
      { floor: { work: () => floor.open(cells.floor) }, fieldseal: { work: () => core.open(cells.fieldseal) } },
      settings,
    ),
    tag: await inTurns(
      { floor: { work: () => floor.tag(plain) }, fieldseal: { work: () => core.tag(plain) } },
      settings,
    ),
  }
  return { times, facts: {} }
}
