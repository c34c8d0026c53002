import type { KeySet } from '../keys/key-set.js'
import type { SealedField } from './catalog.js'
import type { Pace } from './pace.js'
import { type OpenItem, open } from './sealer.js'

/** Values opened in one go: about a millisecond of work. */
const BATCH_VALUES = 256
/** Characters or bytes that end a batch early: long values take longer. */
const BATCH_LENGTH = 256 * 1024

/**
 * Opens stored values as they are handed over, a batch at a time and in their order, and hands each on with its place.
 * Between batches others get their turn.
 */
export interface Opener<Place> {
  /**
   * Takes a value of which the key is warmed. What it returns, if anything, must be awaited before the next.
   * @throws whatever opening throws, now or when it is awaited
   */
  add(field: SealedField, tenant: string, stored: unknown, place: Place): Promise<void> | undefined
  /** Opens what is left. */
  finish(): void
}

/** @param put is given each value with the place that came with it. */
export function createOpener<Place>(
  keys: KeySet,
  pace: Pace,
  put: (place: Place, value: unknown, field: SealedField) => void,
): Opener<Place> {
  let items: OpenItem[] = []
  let places: Place[] = []
  let length = 0

  function openBatch(): void {
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
      if (items.length < BATCH_VALUES && length < BATCH_LENGTH) return undefined
      openBatch()
      return pace.isDue() ? pace.rest() : undefined
    },
    finish() {
      if (items.length > 0) openBatch()
    },
  }
}

function lengthOf(stored: unknown): number {
  return typeof stored === 'string' || stored instanceof Uint8Array ? stored.length : 0
}
