import { Buffer } from 'node:buffer'
import { defineIndex, type IndexDefinition } from '../blind-index/index.js'
import { AnnotationError } from '../errors/index.js'
import type { EncryptionPolicy, ModelPolicy } from '../policy/index.js'

/** The definitions of a policy's blind indexes. */
export function indexDefinitions(policy: EncryptionPolicy): readonly IndexDefinition[] {
  return Object.values(policy.models).flatMap((model) =>
    Object.values(model.fields).flatMap((column) => {
      if (column.kind !== 'scalar' || column.blindIndex === undefined) return []
      const parts = column.blindIndex.parts.flatMap(({ field, normalisers }) => {
        const source = encryptedField(model, field)
        return source === undefined ? [] : [{ field, fieldId: source.fieldId, type: source.type, normalisers }]
      })
      return [defineIndex(model.name, column.name, column.blindIndex, parts)]
    }),
  )
}

/** The definition id of every index, by index id. */
export function definitionIdsOf(definitions: readonly IndexDefinition[]): ReadonlyMap<string, string> {
  return new Map(definitions.map(({ indexId, definitionId }) => [indexId, definitionId]))
}

/**
 * Pairs of definitions of one index that tags could not tell apart: a definition id is only the first 30 bits of a
 * hash. About one pair in a billion.
 */
export function definitionCollisions(definitions: readonly IndexDefinition[]): readonly AnnotationError[] {
  const owners = new Map<string, IndexDefinition>()
  return definitions.flatMap((definition) => {
    const key = JSON.stringify([definition.indexId, definition.definitionId])
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, definition)
    if (owner === undefined || Buffer.compare(owner.fingerprint, definition.fingerprint) === 0) return []
    const { model, column, indexId } = definition
    return [
      new AnnotationError(
        `${model}.${column}: its definition and that of ${owner.model}.${owner.column} cannot be told apart in tags of ` +
          `the index ${JSON.stringify(indexId)}. Change one of them: another normaliser, or another id.`,
        { model, field: column },
      ),
    ]
  })
}

function encryptedField(model: ModelPolicy, name: string) {
  const field = model.fields[name]
  return field?.kind === 'scalar' ? field.encrypted : undefined
}
