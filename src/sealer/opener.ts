import type { KeySet } from '../keys/key-set.js'
import type { SealedField } from './catalog.js'
import { type OpenItem, open } from './sealer.js'

/** Values opened in one go: about a millisecond of work. */
const BATCH_VALUES = 256
/** Characters or bytes that end a batch early: long values take longer. */
const BATCH_LENGTH = 256 * 1024

/** Opens stored values as they are handed over, a batch at a time and in their order, and hands each on with its place. */
export interface Opener<Place> {
  /**
   * Takes a value of which the key is warmed.
   * @returns whether a batch was opened: the moment to let others have their turn
   * @throws whatever opening throws
   */
  add(field: SealedField, tenant: string, stored: unknown, place: Place): boolean
  /** Opens what is left. */
  finish(): void
}

/** @param put is given each value with the place that came with it. */
export function createOpener<Place>(
  keys: KeySet,
  put: (place: Place, value: unknown, field: SealedField) => void,
): Opener<Place> {
  let items: OpenItem[] = []
  let places: Place[] = []
  let length = 0

  function finish(): void {
    if (items.length === 0) return
    const values = open(keys, { items })
    for (const [at, item] of items.entries()) put(places[at] as Place, values[at], item.field)
    items = []
    places = []
    length = 0
  }

  return {
    add(field, tenant, stored, place) {
      items.push({ field, tenant, stored })
      places.push(place)
      length += lengthOf(stored)
      if (items.length < BATCH_VALUES && length < BATCH_LENGTH) return false
      finish()
      return true
    },
    finish,
  }
}

function lengthOf(stored: unknown): number {
  return typeof stored === 'string' || stored instanceof Uint8Array ? stored.length : 0
}
