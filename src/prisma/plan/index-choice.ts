import type { NormaliserId } from '../../policy/normaliser-names.js'
import { type Planning, refuse } from './planning.js'
import type { AnsweringIndex, ModelShape } from './shape.js'

/** What is asked of the index that answers a condition. */
export interface Demand {
  /** Rows of the same class as a value will not do: negations, distinct, groups. */
  readonly exactly: boolean
  /** `mode: 'insensitive'`. */
  readonly insensitive?: boolean
}

/** Normalisers after which texts that differ in case alone are the same. */
const FOLDS_CASE: { readonly [id in NormaliserId]: boolean } = {
  'digits@1': false,
  'alphanumeric@1': true,
  'lowercase@1': true,
  'trim@1': false,
  'nfkc@1': false,
  'diacritics@1': false,
  'email@1': true,
}

/**
 * The index of a field that answers what is demanded; of several the preferred, then one whose tags the context can
 * make or tell apart, then the closest, then the primary.
 */
export function findIndex(
  planning: Planning,
  shape: ModelShape,
  field: string,
  { exactly, insensitive = false }: Demand,
): AnsweringIndex | undefined {
  const scope = scopeOfContext(planning, shape)
  const worth = ({ index }: AnsweringIndex): number =>
    (planning.preferred?.has(index.column) === true ? 4 : 0) +
    (index.scope === scope ? 2 : 0) +
    (insensitive && foldsCaseOnly(index) ? 1 : 0)
  return (shape.fieldIndexes.get(field) ?? [])
    .filter((candidate) => !insensitive || foldsCase(candidate.index, field))
    .filter(({ index, negatable }) => !exactly || negatable || (insensitive && foldsCaseOnly(index)))
    .reduce<AnsweringIndex | undefined>(
      (best, candidate) => (best === undefined || worth(candidate) > worth(best) ? candidate : best),
      undefined,
    )
}

/**
 * As `findIndex`.
 * @param what names the operator or argument in the error.
 * @throws UnsupportedOperationError naming the annotation that is missing.
 */
export function requireIndex(
  planning: Planning,
  shape: ModelShape,
  field: string,
  demand: Demand,
  what: string,
): AnsweringIndex {
  const found = findIndex(planning, shape, field, demand)
  if (found !== undefined) return found
  const [reason, remedy] = missingIndex(shape, field, demand, what)
  throw refuse(planning, shape.name, field, reason, remedy)
}

function missingIndex(
  shape: ModelShape,
  field: string,
  { insensitive = false }: Demand,
  what: string,
): readonly [reason: string, remedy: string] {
  const known = shape.fieldIndexes.get(field) ?? []
  const [primary] = known
  if (primary === undefined) {
    const { type, list } = shape.sealed.get(field) ?? { type: 'Json', list: false }
    return [
      `${what} needs a blind index: without one, an encrypted field can only be compared with null`,
      type === 'Json' || list
        ? 'Keep what is searched in a field of its own, or do it in memory after the query'
        : `Add a column with /// @blindIndex(${field}), or do it in memory after the query`,
    ]
  }
  if (!insensitive) {
    return [
      `${what} cannot be answered by the normalising index ${primary.index.column}`,
      `Add a column with /// @blindIndex(${field}), or say equivalence: true if the classes are meant`,
    ]
  }
  if (shape.sealed.get(field)?.type !== 'String') return ["mode: 'insensitive' is for text", 'Leave the mode out']
  const folding = known.find(({ index }) => foldsCase(index, field))
  return [
    folding === undefined
      ? `${what} with mode: 'insensitive' needs a blind index that ignores case`
      : `${what} with mode: 'insensitive' cannot be answered by ${folding.index.column}, which ignores more than case`,
    `Add a column with /// @blindIndex(${field}, normalize: [lowercase])`,
  ]
}

/** Whether the index ignores the case of the field. */
export function foldsCase(index: AnsweringIndex['index'], field: string): boolean {
  return index.parts.some((part) => part.field === field && part.normalisers.some((id) => FOLDS_CASE[id]))
}

/** Texts have the same tag exactly when they differ in case alone: what `mode: 'insensitive'` asks. */
function foldsCaseOnly({ parts }: AnsweringIndex['index']): boolean {
  return parts.every(({ normalisers }) => normalisers.join() === 'lowercase@1')
}

/** Before the tenant is known only global tags can be made; where no column tells tenants apart, only tags do. */
function scopeOfContext({ tenant }: Planning, { policy }: ModelShape): 'tenant' | 'global' | undefined {
  if (policy.tenant.kind === 'none') return undefined
  if (tenant === undefined) return 'global'
  return policy.tenant.kind === 'context' ? 'tenant' : undefined
}
