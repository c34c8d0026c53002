import type { SchemaPosition } from './schema.js'
import type {
  BlockKind,
  CommentPlace,
  DropReason,
  Source,
  SourceBlock,
  SourceComment,
  SourceField,
  SourceFile,
} from './source.js'
import { type SourceToken, tokenise } from './source-lexer.js'

/**
 * Reads schema files. Takes any text, also what Prisma refuses; then the result is a best effort. Which comment belongs
 * to what follows Prisma's own parser (measured on 6.16, 6.19 and 7.10).
 */
export function readSource(files: readonly SourceFile[]): Source {
  const sources = files.map(readFile)
  return {
    blocks: sources.flatMap((source) => source.blocks),
    comments: sources.flatMap((source) => source.comments),
  }
}

/** Where each model, view, type and enum (`Name`) and each of their fields (`Name.field`) stands. */
export function positionsOf(files: readonly SourceFile[]): ReadonlyMap<string, SchemaPosition> {
  const positions = new Map<string, SchemaPosition>()
  for (const { name, kind, position, fields } of readSource(files).blocks) {
    if (isConfiguration(kind)) continue
    positions.set(name, position)
    for (const field of fields) positions.set(`${name}.${field.name}`, field.position)
  }
  return positions
}

const BLOCK_KINDS: readonly BlockKind[] = ['model', 'view', 'type', 'enum', 'generator', 'datasource']
const HEADER = /^(model|view|type|enum|generator|datasource)\s+([\p{L}\p{N}_-]+)$/u
const FIELD =
  /^([\p{L}\p{N}_-]+)\s+(Unsupported\s*\(\s*"(?:[^"\\]|\\.)*"\s*\)|[\p{L}\p{N}_.-]+)(?:\s*(\?|\[\s*\](?:\s*\?)?))?\s*(@.*)?$/su
const ENUM_VALUE = /^([\p{L}\p{N}_-]+)\s*(@.*)?$/su

type Comment = SourceToken & { readonly kind: 'comment' }
type LineContent = 'nothing' | 'field' | 'block attribute' | 'opening brace' | 'closing brace' | 'other'

interface OpenBlock extends SourceBlock {
  readonly fields: SourceField[]
  readonly attributes: string[]
}

function readFile({ path, text }: SourceFile): Source {
  const blocks: SourceBlock[] = []
  const comments: SourceComment[] = []
  let open: { readonly block: OpenBlock | undefined; field: SourceField | undefined } | undefined
  let header = { text: '', line: 1 }
  let content: LineContent = 'nothing'
  let commented = false
  // Comment lines directly below each other, for what follows them; Prisma keeps only the last such group.
  let pending: Comment[] = []
  let growing = false

  const place = (where: CommentPlace, ...found: readonly Comment[]): void => {
    for (const { comment: kind, text: commentText, line } of found) {
      const at = kind === 'line' ? nowhere('two slashes') : where
      comments.push({ kind, text: commentText, position: { file: path, line }, place: at })
    }
  }
  const settle = (where: CommentPlace): void => {
    place(where, ...pending)
    pending = []
  }
  const dropPending = (why: DropReason): void => settle(nowhere(why))

  function readComment(comment: Comment): void {
    const where = comment.inCode ? nowhere('inside an attribute') : placeBehind()
    if (!comment.inCode) commented = true
    if (where !== undefined) place(where, comment)
    else {
      if (!growing) dropPending('apart from its field')
      growing = true
      pending.push(comment)
    }
  }

  /** Where a comment behind the line's code belongs; `undefined` if it goes to what follows. */
  function placeBehind(): CommentPlace | undefined {
    if (inConfiguration()) return nowhere('in or above a configuration block')
    switch (content) {
      case 'nothing':
      case 'closing brace':
        return undefined
      case 'field':
        if (open?.block === undefined || open.field === undefined) return nowhere('at nothing')
        return { kind: 'field', block: open.block, field: open.field }
      case 'block attribute':
        return nowhere('at a block attribute')
      case 'opening brace':
        return nowhere('behind an opening brace')
      case 'other':
        return nowhere('at nothing')
    }
  }

  function inConfiguration(): boolean {
    return open !== undefined && open.block === undefined
  }

  function readCode(code: string, line: number): void {
    content = 'other'
    if (open === undefined) header = { text: code, line }
    if (open?.block === undefined) return
    if (code.startsWith('@@')) {
      open.block.attributes.push(code)
      // Prisma would give what stands above to the next field, but its formatter carries both away.
      dropPending('at a block attribute')
      content = 'block attribute'
    } else {
      const field = readField(open.block.kind, code, { file: path, line })
      if (field === undefined) return
      open.block.fields.push(field)
      open.field = field
      content = 'field'
      settle({ kind: 'field', block: open.block, field })
    }
  }

  function openBlock(): void {
    if (open !== undefined) return
    const [, word, name = ''] = HEADER.exec(header.text) ?? []
    const kind = BLOCK_KINDS.find((candidate) => candidate === word)
    const position = { file: path, line: header.line }
    content = 'opening brace'
    if (kind === undefined || isConfiguration(kind)) {
      if (kind !== undefined) blocks.push({ kind, name, position, fields: [], attributes: [] })
      // What stands above waits for the closing brace: Prisma would give it to the next model; nobody means that.
      open = { block: undefined, field: undefined }
    } else {
      const block: OpenBlock = { kind, name, position, fields: [], attributes: [] }
      blocks.push(block)
      open = { block, field: undefined }
      settle({ kind: 'block', block })
    }
  }

  function closeBlock(): void {
    dropPending(inConfiguration() ? 'in or above a configuration block' : 'before a closing brace')
    open = undefined
    header = { text: '', line: 1 }
    content = 'closing brace'
  }

  function endLine(): void {
    const blank = content === 'nothing' && !commented
    if (blank) growing = false
    if (open === undefined && (blank || content === 'other')) dropPending('apart from its block')
    content = 'nothing'
    commented = false
  }

  for (const token of tokenise(text)) {
    if (token.kind === 'comment') readComment(token)
    else if (token.kind === 'code') readCode(token.text, token.line)
    else if (token.kind === 'open') openBlock()
    else if (token.kind === 'close') closeBlock()
    else endLine()
  }
  dropPending('at nothing')
  return { blocks, comments: comments.sort((a, b) => a.position.line - b.position.line) }
}

function nowhere(why: DropReason): CommentPlace {
  return { kind: 'nowhere', why }
}

function isConfiguration(kind: BlockKind): boolean {
  return kind === 'generator' || kind === 'datasource'
}

function readField(kind: BlockKind, code: string, position: SchemaPosition): SourceField | undefined {
  if (kind === 'enum') {
    const [, name, attributes = ''] = ENUM_VALUE.exec(code) ?? []
    return name === undefined ? undefined : { name, type: '', attributes, position }
  }
  const [, name, type, arity = '', attributes = ''] = FIELD.exec(code) ?? []
  if (name === undefined || type === undefined) return undefined
  return { name, type: `${type}${arity.replace(/\s/g, '')}`, attributes, position }
}
