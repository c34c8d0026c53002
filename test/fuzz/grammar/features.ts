/**
 * What the planner can do beyond the plain algebra of equality. What is `true` is generated and compared; what is
 * `false` is asserted to be refused.
 */
export const FEATURES = {
  /** `distinct` by an encrypted field with an exact index, or one whose classes are meant. */
  distinct: true,
  /** `groupBy` and `having` by such a field. */
  groupBy: true,
  /** `mode: 'insensitive'` through an index that folds case. */
  insensitive: true,
  /** A cursor that is another tenant's row is as good as a missing one. */
  foreignCursor: true,
  /** `every: {}` and a bare `{}` of a to-one relation ask nothing, as without the wall. */
  emptyFilters: true,
  /** In one nested list of new rows some name their tenant by a relation, others leave it out. */
  mixedLists: true,
  /** A nested upsert along an optional to-one relation to rows with a tenant of their own, where nothing is linked. */
  upsertOfNothing: true,
} as const

export type Features = { readonly [F in keyof typeof FEATURES]: boolean }
