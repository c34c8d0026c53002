import { readFileSync } from 'node:fs'
import type { KeyPurpose } from '../../src/keys/index.js'
import type { NormaliserId } from '../../src/policy/normaliser-names.js'
import type { ColumnType, LogicalType } from '../../src/policy/policy.js'

/** The shapes of the files in test/vectors; docs/format/README.md describes them. */
export interface KeyVector {
  readonly key: string
  readonly purpose: KeyPurpose
  readonly tenant: string
  readonly kcv: string
}

interface Keys {
  readonly keys: { readonly [keyId: string]: KeyVector }
}

interface CellPlacement {
  readonly name: string
  readonly tenant: string
  readonly fieldId: string
  readonly column: ColumnType
  readonly cell: string
  readonly type: LogicalType
  readonly list: boolean
}

export interface CellVector extends CellPlacement {
  readonly plaintext: string
  readonly value: string
  readonly row?: readonly string[]
}

export interface MalformedVector extends CellPlacement {
  readonly code: string
}

export interface TagVector {
  readonly name: string
  readonly keyId: string
  readonly indexId: string
  readonly scope: 'tenant' | 'global'
  readonly tenant: string
  readonly parts: readonly {
    readonly fieldId: string
    readonly type: LogicalType
    readonly normalisers: readonly NormaliserId[]
    readonly value: string | null
  }[]
  readonly tag: string | null
  readonly definition: string
  readonly message: string | null
}

interface KmsContextVector {
  readonly name: string
  readonly pairs: {
    readonly app: string
    readonly tenant: string
    readonly purpose: string
    readonly keyId: string
    readonly v: '1'
  }
  readonly bytes: string
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))

export const cellFile: Keys & { readonly cells: readonly CellVector[] } = read('cells.json')
export const malformedFile: Keys & { readonly malformed: readonly MalformedVector[] } = read('malformed.json')
export const tagFile: Keys & { readonly tags: readonly TagVector[] } = read('tags.json')
export const keyFile: Keys & { readonly kmsContexts: readonly KmsContextVector[] } = read('keys.json')

/** The value a vector's text says, as an application would pass it; a DateTime stays text, which keeps microseconds. */
export function fromText(type: LogicalType, text: string): unknown {
  switch (type) {
    case 'Bytes':
      return Uint8Array.from(Buffer.from(text, 'hex'))
    case 'Int':
    case 'Float':
      return Number(text)
    case 'BigInt':
      return BigInt(text)
    case 'Boolean':
      return text === 'true'
    case 'Json':
      return JSON.parse(text)
    default:
      return text
  }
}

/** As `fromText`, for a list if the vector says so. */
export function valueOfVector({ type, list, value }: CellVector): unknown {
  if (!list) return fromText(type, value)
  const items: readonly string[] = JSON.parse(value)
  return items.map((item) => fromText(type, item))
}
