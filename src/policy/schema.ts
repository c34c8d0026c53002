/**
 * A Prisma schema as the policy sees it: plain data, made by the generator from Prisma's DMMF or by a test by hand.
 * Names are Prisma's; `dbName` is what `@map` / `@@map` says.
 */
export interface SchemaDescription {
  readonly provider: DatabaseProvider
  readonly models: readonly SchemaModel[]
  readonly enums: readonly string[]
}

export type DatabaseProvider = 'sqlite' | 'postgresql' | 'mysql' | 'cockroachdb' | 'sqlserver' | 'mongodb'

export interface SchemaModel {
  readonly name: string
  readonly dbName: string | null
  /** What `@@schema` says; absent without one. */
  readonly dbSchema?: string
  /** A `view` block. */
  readonly isView: boolean
  /** Text of the `///` comments above the model, lines joined by `\n`. */
  readonly documentation: string | null
  readonly fields: readonly SchemaField[]
  /** Fields of `@@id`, or null. */
  readonly primaryKey: { readonly name: string | null; readonly fields: readonly string[] } | null
  /** `@@unique`; `name` is the custom client name. */
  readonly uniques: readonly { readonly name: string | null; readonly fields: readonly string[] }[]
  /** `@@index` and `@@fulltext`. */
  readonly indexes: readonly { readonly type: 'normal' | 'fulltext'; readonly fields: readonly string[] }[]
  /** Where the model's block starts, when the schema's files are at hand. */
  readonly position?: SchemaPosition
}

export interface SchemaField {
  readonly name: string
  readonly dbName: string | null
  readonly kind: 'scalar' | 'object' | 'enum' | 'unsupported'
  /** `String`, `Json`, an enum's or a model's name … */
  readonly type: string
  readonly isList: boolean
  readonly isRequired: boolean
  readonly isId: boolean
  readonly isUnique: boolean
  readonly isUpdatedAt: boolean
  /** A constant, a function such as `{ name: 'uuid', args: [] }`, or null if there is no `@default`. */
  readonly default: SchemaDefault | null
  /** `@db.VarChar(40)` is `{ name: 'VarChar', args: ['40'] }`. */
  readonly nativeType: { readonly name: string; readonly args: readonly string[] } | null
  readonly documentation: string | null
  /** Only for relations (`kind: 'object'`). */
  readonly relation: SchemaRelation | null
  readonly position?: SchemaPosition
}

export interface SchemaRelation {
  readonly name: string
  /** Scalars of this model that hold the reference; empty on the side that is referred to. */
  readonly fromFields: readonly string[]
  /** Fields of the other model that they refer to. */
  readonly toFields: readonly string[]
}

export type SchemaConstant = string | number | boolean
export type SchemaDefault =
  | { readonly kind: 'constant'; readonly value: SchemaConstant | readonly SchemaConstant[] }
  | { readonly kind: 'function'; readonly name: string; readonly args: readonly unknown[] }

export interface SchemaPosition {
  readonly file: string
  readonly line: number
}
