import { defineIndex, type IndexDefinition } from '../blind-index/index.js'
import { type ErrorDetails, UnknownFieldError, UnsupportedModeError } from '../errors/index.js'
import type { ColumnType, EncryptionPolicy, LogicalType, ModelPolicy, TenantRule } from '../policy/policy.js'

/** An encrypted field, ready for sealing: the policy's, resolved once. */
export interface SealedField {
  readonly model: string
  readonly field: string
  readonly fieldId: string
  readonly column: ColumnType
  readonly type: LogicalType
  readonly list: boolean
  /** Most payload bytes the column takes; null without a limit of its own. */
  readonly maxBytes: number | null
  readonly tenant: TenantRule
  /** What errors say about the place. */
  readonly where: ErrorDetails
  /** Names what is derived for the field from a data key. */
  readonly derivation: string
}

/** A blind index with the tenant rule of its model. */
export interface TaggedIndex extends IndexDefinition {
  readonly tenant: TenantRule
  readonly where: ErrorDetails
  /** Names what is derived for the index from an index key. */
  readonly derivation: string
}

/** Every encrypted field and blind index of a policy, by `Model.field`. */
export interface Catalog {
  /** @throws UnknownFieldError */
  field(name: string): SealedField
  /** @throws UnknownFieldError */
  index(name: string): TaggedIndex
  findField(model: string, field: string): SealedField | undefined
  findIndex(model: string, column: string): TaggedIndex | undefined
}

/**
 * Resolves a policy.
 * @throws UnsupportedModeError if a field's mode is not one this release serves.
 */
export function createCatalog(policy: EncryptionPolicy): Catalog {
  const fields = new Map<string, SealedField>()
  const indexes = new Map<string, TaggedIndex>()
  for (const model of Object.values(policy.models)) {
    for (const field of sealedFields(model)) fields.set(`${model.name}.${field.field}`, field)
    for (const index of taggedIndexes(model, fields)) indexes.set(`${model.name}.${index.column}`, index)
  }
  const require = <T>(known: ReadonlyMap<string, T>, name: string): T => {
    const found = known.get(name)
    if (found === undefined) throw new UnknownFieldError(name, [...known.keys()])
    return found
  }
  return {
    field: (name) => require(fields, name),
    index: (name) => require(indexes, name),
    findField: (model, field) => fields.get(`${model}.${field}`),
    findIndex: (model, column) => indexes.get(`${model}.${column}`),
  }
}

function sealedFields(model: ModelPolicy): SealedField[] {
  return Object.values(model.fields).flatMap((field) => {
    if (field.kind !== 'scalar' || field.encrypted === undefined) return []
    const { fieldId, column, type, list, maxBytes, mode } = field.encrypted
    const where = { model: model.name, field: field.name }
    if (mode !== 'strict') throw new UnsupportedModeError(mode, where)
    return [
      { ...where, fieldId, column, type, list, maxBytes, tenant: model.tenant, where, derivation: `field:${fieldId}` },
    ]
  })
}

function taggedIndexes(model: ModelPolicy, fields: ReadonlyMap<string, SealedField>): TaggedIndex[] {
  return Object.values(model.fields).flatMap((column) => {
    if (column.kind !== 'scalar' || column.blindIndex === undefined) return []
    const parts = column.blindIndex.parts.map(({ field, normalisers }) => {
      const source = fields.get(`${model.name}.${field}`)
      if (source === undefined) throw new UnknownFieldError(`${model.name}.${field}`, [...fields.keys()])
      return { field, fieldId: source.fieldId, type: source.type, normalisers }
    })
    const definition = defineIndex(model.name, column.name, column.blindIndex, parts)
    const derivation = `index:${definition.definitionId}:${definition.indexId}`
    return [{ ...definition, tenant: model.tenant, where: { model: model.name, field: column.name }, derivation }]
  })
}
