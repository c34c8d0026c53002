import { Buffer } from 'node:buffer'
import { lengthPrefixed, sha256, u32 } from '../crypto/index.js'
import { printAnnotation } from './annotation.js'
import { readComment } from './comment.js'
import type { SourceBlock, SourceComment, SourceField, SourceFile } from './source.js'
import { readSource } from './source-reader.js'

/**
 * SHA-256, lower-case hex, of what a schema says about models and views: names, fields, types, attributes and our
 * annotations. Formatting, other comments, the order of blocks and their split into files make no difference, so the
 * text a client carries within itself gives the same digest as the files it was generated from.
 */
export function digestOfSource(files: readonly SourceFile[]): string {
  const { blocks, comments } = readSource(files)
  const documentation = attachedText(comments)
  const encoded = blocks
    .filter(({ kind }) => kind === 'model' || kind === 'view')
    .map((block) => encodeBlock(block, documentation))
  return sha256(Buffer.concat([text('fieldseal/1/schema'), ...list(encoded.sort(Buffer.compare))])).toString('hex')
}

type Documented = SourceBlock | SourceField

function encodeBlock(block: SourceBlock, documentation: ReadonlyMap<Documented, readonly string[]>): Buffer {
  const fields = block.fields.map((field) =>
    Buffer.concat([
      text(field.name),
      text(withoutBlanks(field.type)),
      ...list(splitAttributes(withoutBlanks(field.attributes)).sort().map(text)),
      ...encodeAnnotations(documentation.get(field)),
    ]),
  )
  return Buffer.concat([
    text(block.kind),
    text(block.name),
    ...list(fields),
    ...list(block.attributes.map(withoutBlanks).sort().map(text)),
    ...encodeAnnotations(documentation.get(block)),
  ])
}

/** What cannot be read as an annotation has already failed the generator; here it only must not go unnoticed. */
function encodeAnnotations(comments: readonly string[] = []): readonly Buffer[] {
  const said = comments.flatMap((comment) => {
    const { annotations, problems } = readComment(comment)
    return [...annotations.map(printAnnotation), ...problems.map((problem) => problem.message)]
  })
  return list(said.sort().map(text))
}

function attachedText(comments: readonly SourceComment[]): ReadonlyMap<Documented, readonly string[]> {
  const attached = new Map<Documented, string[]>()
  for (const { kind, place, text: said } of comments) {
    if (kind !== 'doc' || place.kind === 'nowhere') continue
    const owner = place.kind === 'field' ? place.field : place.block
    attached.set(owner, [...(attached.get(owner) ?? []), said])
  }
  return attached
}

/** Blanks between the strings say nothing; those within them do. */
function withoutBlanks(code: string): string {
  return code.replace(/"(?:[^"\\]|\\.)*"?|\s+/g, (part) => (part.startsWith('"') ? part : ''))
}

/** `@id@map("x")` is `@id` and `@map("x")`; Prisma's formatter sorts them its own way. */
function splitAttributes(code: string): string[] {
  const attributes: string[] = []
  let depth = 0
  for (const [part] of code.matchAll(/"(?:[^"\\]|\\.)*"?|@+|[()[\]]|[^"@()[\]]+/g)) {
    if (part === '(' || part === '[') depth++
    if (part === ')' || part === ']') depth--
    if (part.startsWith('@') && depth === 0) attributes.push(part)
    else attributes.push(`${attributes.pop() ?? ''}${part}`)
  }
  return attributes
}

function text(value: string): Buffer {
  return lengthPrefixed(value.toWellFormed())
}

function list(items: readonly Buffer[]): readonly Buffer[] {
  return [u32(items.length), ...items.map((item) => lengthPrefixed(item))]
}
