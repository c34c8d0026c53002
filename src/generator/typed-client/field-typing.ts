import {
  type EncryptionPolicy,
  foldsCase,
  foldsCaseOnly,
  type LogicalType,
  type ModelPolicy,
  type NamedType,
  type ScalarFieldPolicy,
} from '../../policy/index.js'

/** What filters on an encrypted field can be answered: everything about equality, finding equals, or only null. */
export type Answer = 'equality' | 'look-up' | 'null'

/** What the types of an encrypted field depend on. */
export interface FieldTyping {
  readonly model: string
  readonly name: string
  readonly column: 'String' | 'Json' | 'Bytes'
  readonly type: LogicalType
  readonly list: boolean
  readonly optional: boolean
  /** The type of its Json values, if the schema names one. */
  readonly named: NamedType | undefined
  readonly answer: Answer
  /** The same with `mode: 'insensitive'`; `null` if no index of the field folds case. */
  readonly insensitive: Answer
}

/** What the types of a model depend on. */
export interface ModelTyping {
  readonly name: string
  readonly encrypted: ReadonlyMap<string, FieldTyping>
  /** Columns of blind indexes, and the field of those that index one alone. */
  readonly indexColumns: ReadonlyMap<string, string | undefined>
  /** Columns of blind indexes that results show. */
  readonly exposed: ReadonlySet<string>
  /** Blind indexes over several fields. */
  readonly compound: readonly CompoundIndex[]
  /** Compound uniques whose name is made of their columns' names, by that name. */
  readonly unnamedUniques: ReadonlyMap<string, readonly string[]>
  /** What a create may leave out since the context's tenant fills it: the tenant column, or relations made of it. */
  readonly filledByTenant: ReadonlySet<string>
}

/** A blind index that answers equalities on all of its fields side by side. */
export interface CompoundIndex {
  readonly column: string
  readonly fields: readonly string[]
  readonly unique: boolean
}

/** Models whose types depend on the policy. */
export function typingOf(policy: EncryptionPolicy): readonly ModelTyping[] {
  return Object.values(policy.models)
    .map(modelTyping)
    .filter(({ encrypted, filledByTenant }) => encrypted.size > 0 || filledByTenant.size > 0)
}

function modelTyping(model: ModelPolicy): ModelTyping {
  const scalars = Object.values(model.fields).filter((field) => field.kind === 'scalar')
  const indexes = scalars.filter(({ blindIndex }) => blindIndex !== undefined)
  const encrypted = scalars.flatMap((field) => fieldTyping(model.name, field, indexes))
  const groups = [model.primaryKey, ...model.uniques].filter(({ fields }) => fields.length > 1)
  return {
    name: model.name,
    encrypted: new Map(encrypted.map((field) => [field.name, field])),
    indexColumns: new Map(indexes.map((index) => [index.name, onlyPart(index)])),
    exposed: new Set(indexes.flatMap(({ name, blindIndex }) => (blindIndex?.exposed === true ? [name] : []))),
    compound: indexes.flatMap(({ name, unique, blindIndex }) => {
      const fields = blindIndex?.parts.map(({ field }) => field) ?? []
      return fields.length > 1 ? [{ column: name, fields, unique }] : []
    }),
    unnamedUniques: new Map(
      groups.filter(({ name, fields }) => name === fields.join('_')).map(({ name, fields }) => [name, fields]),
    ),
    filledByTenant: filledByTenant(model),
  }
}

function fieldTyping(
  model: string,
  field: ScalarFieldPolicy,
  indexes: readonly ScalarFieldPolicy[],
): readonly FieldTyping[] {
  const { name, optional, encrypted } = field
  if (encrypted === undefined) return []
  const own = indexes.filter((index) => onlyPart(index) === name).flatMap(({ blindIndex }) => blindIndex ?? [])
  const answer = answerOf(own.map(({ exact, equivalence }) => exact || equivalence))
  const folding = own.filter(({ parts }) => foldsCase(parts, name))
  const insensitive = answerOf(
    folding.map(({ exact, equivalence, parts }) => exact || equivalence || foldsCaseOnly(parts)),
  )
  const { column, type, list, ts } = encrypted
  return [{ model, name, column, type, list, optional, named: ts, answer, insensitive }]
}

/** @param negatable of each index, whether it answers `not` and its like. */
function answerOf(negatable: readonly boolean[]): Answer {
  if (negatable.includes(true)) return 'equality'
  return negatable.length > 0 ? 'look-up' : 'null'
}

function onlyPart({ blindIndex }: ScalarFieldPolicy): string | undefined {
  const [first, second] = blindIndex?.parts ?? []
  return second === undefined ? first?.field : undefined
}

function filledByTenant({ tenant, fields }: ModelPolicy): ReadonlySet<string> {
  const [column, more] = tenant.kind === 'path' ? tenant.path : []
  if (column === undefined || more !== undefined) return new Set()
  const relations = Object.values(fields).flatMap((field) =>
    field.kind === 'relation' && field.fromFields.length === 1 && field.fromFields[0] === column ? [field.name] : [],
  )
  return new Set([column, ...relations])
}
