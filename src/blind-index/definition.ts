import { Buffer } from 'node:buffer'
import { codecId } from '../codecs/index.js'
import { encodeBase32, lengthPrefixed, sha256, u32 } from '../crypto/index.js'
import type { NormaliserId } from '../policy/normaliser-names.js'
import type { BlindIndexPolicy, LogicalType } from '../policy/policy.js'

/** One field of an index, with what its tag depends on. */
export interface IndexPart {
  readonly field: string
  readonly fieldId: string
  readonly type: LogicalType
  readonly normalisers: readonly NormaliserId[]
}

/** An index made ready for tagging: the policy's, with its fields resolved and its fingerprint computed. */
export interface IndexDefinition {
  readonly model: string
  /** The column that holds the tags. */
  readonly column: string
  readonly indexId: string
  readonly scope: 'tenant' | 'global'
  readonly parts: readonly IndexPart[]
  /** SHA-256 of the definition's bytes. */
  readonly fingerprint: Uint8Array
  /** First 6 characters of the fingerprint in base32hex; stands in every tag. */
  readonly definitionId: string
}

/** Characters of a tag: key id, definition id, dot, 128 bits in base32hex. */
export const TAG_LENGTH = 45

const DEFINITION_ID_LENGTH = 6

/** The bytes a definition's fingerprint is made from. */
export function definitionBytes(
  index: Pick<BlindIndexPolicy, 'indexId' | 'scope' | 'bits'>,
  parts: readonly IndexPart[],
): Buffer {
  return Buffer.concat([
    lengthPrefixed('fieldseal/1/index-def'),
    lengthPrefixed(index.indexId),
    lengthPrefixed(index.scope),
    u32(parts.length),
    ...parts.flatMap((part) => [
      lengthPrefixed(part.fieldId),
      Buffer.of(codecId({ type: part.type, list: false })),
      u32(part.normalisers.length),
      ...part.normalisers.map((id) => lengthPrefixed(id)),
    ]),
    u32(index.bits),
  ])
}

/** Resolves an index of the policy. `parts` are its fields, in the policy's order. */
export function defineIndex(
  model: string,
  column: string,
  index: BlindIndexPolicy,
  parts: readonly IndexPart[],
): IndexDefinition {
  const fingerprint = sha256(definitionBytes(index, parts))
  return {
    model,
    column,
    indexId: index.indexId,
    scope: index.scope,
    parts,
    fingerprint,
    definitionId: encodeBase32(fingerprint).slice(0, DEFINITION_ID_LENGTH),
  }
}
