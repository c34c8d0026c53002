import { TenantWallError, UnsupportedOperationError } from '../errors/index.js'
import { type AnyClient, delegateOf } from './internals.js'
import type { Arguments, Reference } from './plan/planning.js'
import { selectionOf, valueAt } from './tenant-path.js'

/** Keys that one query asks for: each costs a parameter for every column. */
const KEYS_A_QUERY = 500

/**
 * Refuses foreign keys that name rows of other tenants. All that refer to the same model in the same way are one query.
 * A row that is not there is left to the database: it may be made by the same operation or transaction.
 * @param client sees what the operation will see; undefined if this Prisma gives none.
 * @throws TenantWallError
 */
export async function requireOwnReferences(
  client: AnyClient | undefined,
  references: readonly Reference[],
  { tenant, operation }: { readonly tenant: string | undefined; readonly operation: string },
): Promise<void> {
  for (const alike of byTarget(references)) {
    const [{ shape, relation, target, path }] = alike
    const delegate = client === undefined ? undefined : delegateOf(client, target.name)
    if (delegate === undefined) {
      throw new UnsupportedOperationError(
        'whose row a foreign key names cannot be seen inside a transaction of this version of Prisma',
        'Use connect',
        { model: shape.name, operation },
      )
    }
    const referred = Object.fromEntries(relation.toFields.map((column) => [column, true]))
    for (const where of filtersFor(alike)) {
      const rows = await delegate.findMany({ where, select: { ...referred, ...selectionOf(path) } })
      const foreign = rows.find((row) => String(valueAt(row, path)) !== tenant)
      if (foreign !== undefined) throw refusal(alike.find(names(foreign)) ?? alike[0], operation)
    }
  }
}

/** Whether a reference names a row, as far as the two show the same text. */
function names(row: unknown): (reference: Reference) => boolean {
  return ({ key }) => Object.entries(key).every(([column, value]) => String(valueAt(row, [column])) === String(value))
}

function refusal({ shape, relation, target }: Reference, operation: string): TenantWallError {
  return new TenantWallError(`the ${target.name} that it names belongs to another tenant`, {
    model: shape.name,
    field: relation.fromFields.join(', '),
    operation,
  })
}

type Alike = [Reference, ...Reference[]]

/** References by the model and the columns that they refer to. */
function byTarget(references: readonly Reference[]): Iterable<Alike> {
  const groups = new Map<string, Alike>()
  for (const reference of references) {
    const name = [reference.target.name, ...reference.relation.toFields].join()
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [reference])
    else group.push(reference)
  }
  return groups.values()
}

/** Filters that find all of the rows, a part each. */
function filtersFor(alike: Alike): Arguments[] {
  const [column = '', ...more] = alike[0].relation.toFields
  const keys = more.length > 0 ? alike.map(({ key }) => key) : [...new Set(alike.map(({ key }) => key[column]))]
  const parts = Array.from({ length: Math.ceil(keys.length / KEYS_A_QUERY) }, (_, at) =>
    keys.slice(at * KEYS_A_QUERY, (at + 1) * KEYS_A_QUERY),
  )
  return parts.map((part) => (more.length > 0 ? { OR: part } : { [column]: { in: part } }))
}
