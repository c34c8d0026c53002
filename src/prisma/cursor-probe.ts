import { UnsupportedOperationError } from '../errors/index.js'
import { type AnyClient, delegateOf } from './internals.js'
import type { Probe } from './plan/planning.js'
import { andFilters, nowhere } from './plan/wall.js'
import { selectionOf, valueAt } from './tenant-path.js'

/**
 * Lets a list that begins at another tenant's row be as empty as one that begins at a row that is not there. A row that
 * is not there yet is left to the query: an array transaction may make it first.
 * @param client sees what the operation will see; undefined if this Prisma gives none.
 */
export async function holdCursor(
  client: AnyClient | undefined,
  { shape, where, path, list }: Probe,
  { tenant, operation }: { readonly tenant: string | undefined; readonly operation: string },
): Promise<void> {
  const delegate = client === undefined ? undefined : delegateOf(client, shape.name)
  if (delegate === undefined) {
    throw new UnsupportedOperationError(
      'whose row the cursor is cannot be seen inside a transaction of this version of Prisma',
      'Filter by the columns the list is sorted by',
      { model: shape.name, operation },
    )
  }
  const row = await delegate.findUnique({ where, select: selectionOf(path) })
  if (row !== null && String(valueAt(row, path)) !== tenant) andFilters(list, nowhere(shape))
}
