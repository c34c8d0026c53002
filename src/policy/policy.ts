import type { NormaliserId } from './normaliser-names.js'

/**
 * What is encrypted, and how: plain data that a generator writes down as a module and the run time reads.
 * It carries the whole schema's shape, since the planner follows relations of models without an encrypted field too.
 */
export interface EncryptionPolicy {
  /** Version of this shape. */
  readonly version: 1
  /** SHA-256, hex, of the models, fields, types and annotations the policy was made from. */
  readonly digest: string
  readonly provider: string
  readonly models: { readonly [model: string]: ModelPolicy }
  /** Classes of the generated client that values come back in. Without one, decimals come back as canonical text. */
  readonly runtime?: { readonly Decimal?: new (text: string) => unknown }
}

/** Types a value can have before it is sealed. */
export type LogicalType = 'String' | 'Bytes' | 'Int' | 'BigInt' | 'Float' | 'Decimal' | 'Boolean' | 'DateTime' | 'Json'

/** Column types an encrypted field may stand on. */
export type ColumnType = 'String' | 'Json' | 'Bytes'

/**
 * `strict`: cells only · `mixed`: plaintext still stored is returned and counted · `shadow`: plaintext stays, tags are
 * kept · `decrypting`: the way back out.
 */
export type FieldMode = 'strict' | 'mixed' | 'shadow' | 'decrypting'

export interface ModelPolicy {
  readonly name: string
  /** Table name. */
  readonly dbName: string
  /** The PostgreSQL schema that the table is in (`@@schema`); absent if the model names none. */
  readonly dbSchema?: string
  readonly tenant: TenantRule
  readonly fields: { readonly [field: string]: FieldPolicy }
  /** Fields of `@id` or `@@id`; empty if the model has none. */
  readonly primaryKey: CompoundKey
  /** `@@unique` groups (single `@unique` is on the field). */
  readonly uniques: readonly CompoundKey[]
}

export interface CompoundKey {
  /** Name in Prisma's WhereUnique, e.g. `firmId_ssn` or a custom name; for one field, the field's name. */
  readonly name: string
  readonly fields: readonly string[]
}

/**
 * Which tenant a row belongs to: the application's own (`none`), a column along to-one relations (`path`, the last
 * element is the scalar), or only what the context says (`context`).
 */
export type TenantRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'context' }

export type FieldPolicy = ScalarFieldPolicy | RelationFieldPolicy

export interface ScalarFieldPolicy {
  readonly kind: 'scalar'
  readonly name: string
  /** Column name. */
  readonly dbName: string
  /** Prisma scalar type or an enum's name. */
  readonly type: string
  readonly list: boolean
  readonly optional: boolean
  readonly unique: boolean
  /** Whether a create may leave it out although it is required. */
  readonly hasDefault: boolean
  /** The database numbers it: Prisma takes a value only beside foreign keys as scalars. Absent if not so. */
  readonly autoincrement?: true
  readonly encrypted?: EncryptedFieldPolicy
  /** The column holds tags: nothing but this library writes or filters it. */
  readonly blindIndex?: BlindIndexPolicy
}

export interface RelationFieldPolicy {
  readonly kind: 'relation'
  readonly name: string
  /** Name of the other model. */
  readonly model: string
  readonly relationName: string
  readonly list: boolean
  readonly optional: boolean
  /** Scalars of this model that hold the reference; empty on the side that is referred to. */
  readonly fromFields: readonly string[]
  readonly toFields: readonly string[]
}

export interface EncryptedFieldPolicy {
  /** Cryptographic identity: `id:` of the annotation, or `Model.field`. */
  readonly fieldId: string
  readonly column: ColumnType
  readonly type: LogicalType
  /** The cell holds a list of `type`. */
  readonly list: boolean
  /** The TypeScript type of Json values, where the annotation names one. */
  readonly ts?: NamedType
  readonly mode: FieldMode
  /** Most plaintext payload bytes the column can take, or null where it has no limit. */
  readonly maxBytes: number | null
  /** Constant default that the adapter supplies before sealing; null if none. */
  readonly default: string | null
}

/** A type by name, and the module that exports it, relative to the schema's file. */
export interface NamedType {
  readonly module: string
  readonly name: string
}

export interface BlindIndexPolicy {
  /** Cryptographic identity: `id:` of the annotation, or `Model.column`. */
  readonly indexId: string
  readonly scope: 'tenant' | 'global'
  /** In the order of the annotation; more than one for a compound index. */
  readonly parts: readonly BlindIndexPart[]
  /** No normaliser: tags are equal exactly when values are. */
  readonly exact: boolean
  /** The classes that the normalisers make are meant: `not`, `notIn`, distinct … may use the index. */
  readonly equivalence: boolean
  /** The index that answers filters on its field, when several could. */
  readonly primary: boolean
  /** The column shows in results; absent if it does not. */
  readonly exposed?: true
  /** Bits of HMAC output kept. */
  readonly bits: 128
}

export interface BlindIndexPart {
  readonly field: string
  /** Versioned names, in order of application: `digits@1`. */
  readonly normalisers: readonly NormaliserId[]
}
