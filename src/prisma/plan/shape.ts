import type {
  CompoundKey,
  EncryptionPolicy,
  FieldPolicy,
  ModelPolicy,
  RelationFieldPolicy,
  ScalarFieldPolicy,
} from '../../policy/policy.js'
import type { Catalog, SealedField, TaggedIndex } from '../../sealer/index.js'

/** A blind index and what it may be used for. */
export interface AnsweringIndex {
  readonly index: TaggedIndex
  /** Tags are equal exactly when values are, or their classes are meant: `not` and `notIn` may use it. */
  readonly negatable: boolean
}

/** A model with everything the planner asks of it, worked out once. */
export interface ModelShape {
  readonly name: string
  readonly policy: ModelPolicy
  readonly sealed: ReadonlyMap<string, SealedField>
  /** Every index, by its column. */
  readonly indexes: ReadonlyMap<string, AnsweringIndex>
  /** Index columns that results do not show. */
  readonly hidden: ReadonlySet<string>
  /** Indexes of each field alone, the primary one first. */
  readonly fieldIndexes: ReadonlyMap<string, readonly AnsweringIndex[]>
  /** Indexes over several fields. */
  readonly compound: readonly AnsweringIndex[]
  /** Index columns that are unique by themselves: what a WhereUnique may name. */
  readonly uniqueIndexes: ReadonlySet<string>
  /** Names a WhereUnique may use for several fields, also with source fields in place of index columns. */
  readonly uniqueNames: ReadonlyMap<string, CompoundKey>
  readonly relations: readonly RelationFieldPolicy[]
}

/** A policy's models by name. */
export type SchemaShape = ReadonlyMap<string, ModelShape>

export function createSchemaShape(policy: EncryptionPolicy, catalog: Catalog): SchemaShape {
  return new Map(Object.values(policy.models).map((model) => [model.name, modelShape(model, catalog)]))
}

function modelShape(policy: ModelPolicy, catalog: Catalog): ModelShape {
  const fields = Object.values(policy.fields)
  const scalars = fields.filter((field) => field.kind === 'scalar')
  const sealed = new Map<string, SealedField>()
  const indexes = new Map<string, AnsweringIndex>()
  const fieldIndexes = new Map<string, readonly AnsweringIndex[]>()
  for (const scalar of scalars) {
    const field = catalog.findField(policy.name, scalar.name)
    if (field !== undefined) sealed.set(scalar.name, field)
    const index = indexOf(policy.name, scalar, catalog)
    if (index === undefined || scalar.blindIndex === undefined) continue
    indexes.set(scalar.name, index)
    const [first, second] = index.index.parts
    if (first === undefined || second !== undefined) continue
    const others = fieldIndexes.get(first.field) ?? []
    fieldIndexes.set(first.field, scalar.blindIndex.primary ? [index, ...others] : [...others, index])
  }
  return {
    name: policy.name,
    policy,
    sealed,
    indexes,
    hidden: new Set(
      scalars.flatMap(({ name, blindIndex }) => (blindIndex === undefined || blindIndex.exposed ? [] : [name])),
    ),
    fieldIndexes,
    uniqueIndexes: new Set(scalars.flatMap(({ name, unique }) => (unique && indexes.has(name) ? [name] : []))),
    compound: [...indexes.values()].filter(({ index }) => index.parts.length > 1),
    uniqueNames: uniqueNames(policy, indexes),
    relations: fields.filter((field) => field.kind === 'relation'),
  }
}

function indexOf(model: string, column: ScalarFieldPolicy, catalog: Catalog): AnsweringIndex | undefined {
  const index = catalog.findIndex(model, column.name)
  if (index === undefined || column.blindIndex === undefined) return undefined
  return { index, negatable: column.blindIndex.exact || column.blindIndex.equivalence }
}

function uniqueNames(policy: ModelPolicy, indexes: ReadonlyMap<string, AnsweringIndex>): Map<string, CompoundKey> {
  const groups = [policy.primaryKey, ...policy.uniques].filter(({ fields }) => fields.length > 1)
  const names = new Map(groups.map((group) => [group.name, group]))
  for (const group of groups) {
    const bySource = group.fields.map((field) => sourceOf(field, indexes)).join('_')
    if (!names.has(bySource)) names.set(bySource, group)
  }
  return names
}

/** A field by its name: only an own one, as a caller may say `constructor` or `__proto__`. */
export function fieldOf(shape: ModelShape, name: string): FieldPolicy | undefined {
  return Object.hasOwn(shape.policy.fields, name) ? shape.policy.fields[name] : undefined
}

/** The field a single-part index column stands for; any other field itself. */
export function sourceOf(field: string, indexes: ReadonlyMap<string, AnsweringIndex>): string {
  const parts = indexes.get(field)?.index.parts ?? []
  const [first, second] = parts
  return first !== undefined && second === undefined ? first.field : field
}

/** The relation of `child` that is the other end of `relation`, a field of `parent`. */
export function inverseOf(
  parent: ModelShape,
  relation: RelationFieldPolicy,
  child: ModelShape,
): RelationFieldPolicy | undefined {
  return child.relations.find(
    (candidate) =>
      candidate.relationName === relation.relationName &&
      candidate.model === parent.name &&
      !(child.name === parent.name && candidate.name === relation.name),
  )
}
