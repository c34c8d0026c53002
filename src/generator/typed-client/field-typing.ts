import type {
  EncryptionPolicy,
  LogicalType,
  ModelPolicy,
  NamedType,
  NormaliserId,
  ScalarFieldPolicy,
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
  /** An index of the field folds case, so that `mode: 'insensitive'` can be answered. */
  readonly insensitive: boolean
}

/** What the types of a model depend on. */
export interface ModelTyping {
  readonly name: string
  readonly encrypted: ReadonlyMap<string, FieldTyping>
  /** Columns of blind indexes, and the field of those that index one alone. */
  readonly indexColumns: ReadonlyMap<string, string | undefined>
  /** Fields that a unique blind index covers together, by the index's column. */
  readonly uniqueTogether: ReadonlyMap<string, readonly string[]>
  /** Names of compound uniques whose name is made of their columns' names. */
  readonly unnamedUniques: ReadonlyMap<string, readonly string[]>
}

/** Normalisers after which letters that differ in case are equal. */
const CASE_FOLDING: ReadonlySet<NormaliserId> = new Set(['alphanumeric@1', 'lowercase@1', 'email@1'])

/** Models with something encrypted in them. */
export function typingOf(policy: EncryptionPolicy): readonly ModelTyping[] {
  return Object.values(policy.models)
    .map(modelTyping)
    .filter(({ encrypted }) => encrypted.size > 0)
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
    uniqueTogether: new Map(
      indexes.flatMap(({ name, unique, blindIndex }) => {
        const fields = blindIndex?.parts.map(({ field }) => field) ?? []
        return unique && fields.length > 1 ? [[name, fields] as const] : []
      }),
    ),
    unnamedUniques: new Map(
      groups.filter(({ name, fields }) => name === fields.join('_')).map(({ name, fields }) => [name, fields]),
    ),
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
  const answersAll = own.some(({ exact, equivalence }) => exact || equivalence)
  const insensitive = own.some(({ parts }) =>
    parts.some(({ normalisers }) => normalisers.some((id) => CASE_FOLDING.has(id))),
  )
  const { column, type, list, ts } = encrypted
  const answer = answersAll ? 'equality' : own.length > 0 ? 'look-up' : 'null'
  return [{ model, name, column, type, list, optional, named: ts, answer, insensitive }]
}

function onlyPart({ blindIndex }: ScalarFieldPolicy): string | undefined {
  const [first, second] = blindIndex?.parts ?? []
  return second === undefined ? first?.field : undefined
}
