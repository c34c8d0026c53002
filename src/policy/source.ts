import type { SchemaPosition } from './schema.js'
import type { CommentKind } from './source-lexer.js'

/** A schema file; `path` is only for messages. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Prisma schema text as far as comments and positions go; what the DMMF does not tell. */
export interface Source {
  readonly blocks: readonly SourceBlock[]
  /** Every comment of every file. */
  readonly comments: readonly SourceComment[]
}

export type BlockKind = 'model' | 'view' | 'type' | 'enum' | 'generator' | 'datasource'

export interface SourceBlock {
  readonly kind: BlockKind
  readonly name: string
  readonly position: SchemaPosition
  /** Fields, or an enum's values; empty for `generator` and `datasource`. */
  readonly fields: readonly SourceField[]
  /** Text of each `@@…`. */
  readonly attributes: readonly string[]
}

export interface SourceField {
  readonly name: string
  /** With `?` or `[]`; empty for an enum's value. */
  readonly type: string
  /** Text of all its `@…`, as written. */
  readonly attributes: string
  readonly position: SchemaPosition
}

export interface SourceComment {
  readonly kind: CommentKind
  readonly text: string
  readonly position: SchemaPosition
  readonly place: CommentPlace
}

/** What Prisma attaches a comment to, or why it drops it (or attaches it to what nobody can have meant). */
export type CommentPlace =
  | { readonly kind: 'block'; readonly block: SourceBlock }
  | { readonly kind: 'field'; readonly block: SourceBlock; readonly field: SourceField }
  | { readonly kind: 'nowhere'; readonly why: DropReason }

export type DropReason =
  | 'two slashes'
  | 'at a block attribute'
  | 'behind an opening brace'
  | 'inside an attribute'
  | 'before a closing brace'
  | 'apart from its block'
  | 'apart from its field'
  | 'in or above a configuration block'
  | 'at nothing'
