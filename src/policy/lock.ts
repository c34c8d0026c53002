import { AnnotationError, LockFileError } from '../errors/index.js'
import { isColumnType, LOGICAL_TYPES } from './logical-type.js'
import type { BlindIndexPolicy, ColumnType, EncryptionPolicy, LogicalType } from './policy.js'

/**
 * What stored data depends on: every cryptographic identity with what must not change beneath it. It is committed
 * beside the schema, so that a rename shows before it makes data unreadable.
 */
export interface Lock {
  readonly fields: ReadonlyMap<string, LockedField>
  readonly indexes: ReadonlyMap<string, LockedIndex>
}

export interface LockedField {
  readonly type: LogicalType
  readonly list: boolean
  readonly column: ColumnType
}

export interface LockedIndex {
  /** First characters of the hash of the index's definition, as they stand in every tag. */
  readonly definitionId: string
  readonly scope: BlindIndexPolicy['scope']
}

/**
 * The lock of a policy. `definitionIds` gives the definition id of every index id.
 * @throws RangeError if an index of the policy is missing from `definitionIds`.
 */
export function lockOf(policy: EncryptionPolicy, definitionIds: ReadonlyMap<string, string>): Lock {
  const fields = new Map<string, LockedField>()
  const indexes = new Map<string, LockedIndex>()
  for (const model of Object.values(policy.models)) {
    for (const field of Object.values(model.fields)) {
      if (field.kind !== 'scalar') continue
      const { encrypted, blindIndex } = field
      if (encrypted !== undefined) {
        fields.set(encrypted.fieldId, { type: encrypted.type, list: encrypted.list, column: encrypted.column })
      }
      if (blindIndex !== undefined) {
        const definitionId = definitionIds.get(blindIndex.indexId)
        if (definitionId === undefined) throw new RangeError(`no definition id for the index ${blindIndex.indexId}`)
        indexes.set(blindIndex.indexId, { definitionId, scope: blindIndex.scope })
      }
    }
  }
  return { fields, indexes }
}

/** The lock as text: JSON, sorted, one identity a line, so that two branches that add fields merge. */
export function printLock(lock: Lock): string {
  const fields = printEntries(lock.fields, ({ type, list, column }) => ({ type, list, column }))
  const indexes = printEntries(lock.indexes, ({ definitionId, scope }) => ({ definitionId, scope }))
  return `{\n  "version": 1,\n  "fields": ${fields},\n  "indexes": ${indexes}\n}\n`
}

/**
 * Reads what `printLock` wrote; blanks and the order of lines do not matter.
 * @throws LockFileError if the text is anything else, for instance after a merge that left an identity twice.
 */
export function parseLock(text: string, file = 'fieldseal.lock'): Lock {
  const fail = (reason: string): never => {
    throw new LockFileError(`${reason}. Restore it from version control`, { file })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return fail('it is not JSON')
  }
  if (!isRecord(json)) return fail('it is not a JSON object')
  if (json.version !== 1) return fail('its version is not 1; another release of fieldseal wrote it, or it was edited')
  if (!isRecord(json.fields) || !isRecord(json.indexes)) return fail('it has no "fields" or no "indexes"')
  const lock: Lock = {
    fields: new Map(Object.entries(json.fields).map(([id, entry]) => [id, readField(entry) ?? fail(malformed(id))])),
    indexes: new Map(Object.entries(json.indexes).map(([id, entry]) => [id, readIndex(entry) ?? fail(malformed(id))])),
  }
  // JSON keeps only the last of equal keys: text that says more than the result does is not taken for less.
  if (lengthWithoutBlanks(text) !== lengthWithoutBlanks(printLock(lock))) {
    return fail('it names an identity twice, or has content that fieldseal does not write')
  }
  return lock
}

/**
 * What `next` would do to data stored under `old`: an identity that is gone, or means something else. New identities
 * are no problem.
 */
export function compareLock(old: Lock, next: Lock): readonly AnnotationError[] {
  const problems: string[] = []
  for (const [id, before] of sorted(old.fields)) {
    const after = next.fields.get(id)
    if (after === undefined) problems.push(vanishedField(id, before, old, next))
    else if (printContent(after) !== printContent(before)) {
      problems.push(
        `the field ${JSON.stringify(id)} was ${printContent(before)} and is now ${printContent(after)}: ` +
          'stored cells could not be opened any more. Change it back, or move the data to a new field with an id of its own.',
      )
    }
  }
  for (const [id, before] of sorted(old.indexes)) {
    const after = next.indexes.get(id)
    if (after === undefined) problems.push(vanishedIndex(id, old, next))
    else if (after.definitionId !== before.definitionId || after.scope !== before.scope) {
      problems.push(
        `the definition of the index ${JSON.stringify(id)} changed (its fields, their types, normalize or scope): ` +
          'stored tags would not match any more. Change it back, or add the new definition on a column of its own.',
      )
    }
  }
  return problems.map((problem) => new AnnotationError(`fieldseal.lock: ${problem}`))
}

function vanishedField(id: string, before: LockedField, old: Lock, next: Lock): string {
  const candidates = [...next.fields].filter(
    ([other, after]) => !old.fields.has(other) && printContent(after) === printContent(before),
  )
  return (
    `no field has the id ${JSON.stringify(id)} any more${newOnes(candidates)}. If the field was renamed, add ` +
    `id: ${JSON.stringify(id)} to its @encrypted, or its stored data becomes unreadable. ` +
    'If the column was decrypted or dropped, remove the line from the lock.'
  )
}

function vanishedIndex(id: string, old: Lock, next: Lock): string {
  const candidates = [...next.indexes].filter(([other]) => !old.indexes.has(other))
  return (
    `no column has the index id ${JSON.stringify(id)} any more${newOnes(candidates)}. If the column was renamed, add ` +
    `id: ${JSON.stringify(id)} to its @blindIndex, or its stored tags will not match. ` +
    'If the column was dropped, remove the line from the lock.'
  )
}

function newOnes(candidates: readonly (readonly [string, unknown])[]): string {
  if (candidates.length === 0) return ''
  return ` (new: ${candidates.map(([id]) => id).join(', ')})`
}

function printContent({ type, list, column }: LockedField): string {
  return `${list ? `[${type}]` : type} in a ${column} column`
}

function printEntries<Entry>(entries: ReadonlyMap<string, Entry>, project: (entry: Entry) => object): string {
  if (entries.size === 0) return '{}'
  const lines = sorted(entries).map(([id, entry]) => `    ${JSON.stringify(id)}: ${JSON.stringify(project(entry))}`)
  return `{\n${lines.join(',\n')}\n  }`
}

function sorted<Entry>(entries: ReadonlyMap<string, Entry>): readonly (readonly [string, Entry])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
}

function readField(entry: unknown): LockedField | undefined {
  if (!isRecord(entry)) return undefined
  const { list, column } = entry
  const type = LOGICAL_TYPES.find((candidate) => candidate === entry.type)
  if (type === undefined || typeof list !== 'boolean' || typeof column !== 'string' || !isColumnType(column)) {
    return undefined
  }
  return { type, list, column }
}

function readIndex(entry: unknown): LockedIndex | undefined {
  if (!isRecord(entry)) return undefined
  const { definitionId, scope } = entry
  if (typeof definitionId !== 'string' || (scope !== 'tenant' && scope !== 'global')) return undefined
  return { definitionId, scope }
}

function malformed(id: string): string {
  return `its line ${JSON.stringify(id)} is malformed`
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function lengthWithoutBlanks(text: string): number {
  return text.replace(/\s/g, '').length
}
