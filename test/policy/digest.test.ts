import { describe, expect, it } from 'vitest'
import { digestOfSource } from '../../src/policy/index.js'

const digest = (...texts: readonly string[]): string =>
  digestOfSource(texts.map((text, place) => ({ path: `${place}.prisma`, text })))

const CLIENT = `/// A client.
/// @tenant(firmId)
model Client {
  id       String  @id @default(uuid())
  firmId   String
  ssn      String  @db.VarChar(191) @map("s s n") /// @encrypted(maxBytes: 20, id: "x")
  ssnIndex String? @unique /// @blindIndex(ssn, normalize: [digits])

  @@index([firmId])
  @@map("clients")
}
`
const NOTE = `model Note {
  id Int @id
}
`
const base = digest(CLIENT + NOTE)

describe('digestOfSource', () => {
  it('is a SHA-256 in hex, always the same', () => {
    expect(base).toBe('a6f72664fd1a7af95046b4a4efa15028970eed3e1470007da192f2922ef53573')
  })

  it.each([
    ['files', digest(CLIENT, NOTE)],
    ['order of files', digest(NOTE, CLIENT)],
    ['order of blocks', digest(NOTE + CLIENT)],
    ['line ends', digest((CLIENT + NOTE).replaceAll('\n', '\r\n'))],
    ['indentation', digest((CLIENT + NOTE).replace(/^ +/gm, '\t'))],
    ['blanks in attributes', digest(CLIENT.replace('@db.VarChar(191)', '@db.VarChar( 191 )') + NOTE)],
    [
      'order of attributes',
      digest(CLIENT.replace('@db.VarChar(191) @map("s s n")', '@map("s s n") @db.VarChar(191)') + NOTE),
    ],
    [
      'place of block attributes',
      digest(CLIENT.replace('  @@map("clients")\n', '').replace('{\n', '{\n  @@map("clients")\n') + NOTE),
    ],
    [
      'other comments',
      digest(CLIENT.replace('/// A client.\n', ''), `${NOTE.replace('@id', '@id /// key // x')}// end`),
    ],
    [
      'place of the annotation',
      digest(
        CLIENT.replace(' /// @encrypted(maxBytes: 20, id: "x")', '').replace(
          '  ssn  ',
          '  /// @encrypted(maxBytes: 20, id: "x")\n  ssn  ',
        ) + NOTE,
      ),
    ],
    ['blanks in the annotation', digest(CLIENT.replace('(maxBytes: 20, ', '( maxBytes:20,') + NOTE)],
    ['configuration and enums', digest(`generator c {\n  provider = "x"\n}\nenum E {\n  A\n}\n${CLIENT}${NOTE}`)],
    ['an annotation in //, which Prisma drops', digest(CLIENT + NOTE.replace('@id', '@id // @encrypted'))],
  ])('does not depend on %s', (_, other) => {
    expect(other).toBe(base)
  })

  it.each([
    ['a model less', digest(CLIENT)],
    ['a model name', digest(CLIENT + NOTE.replace('Note', 'Remark'))],
    ['the kind of block', digest(CLIENT + NOTE.replace('model', 'view'))],
    ['a field more', digest(CLIENT + NOTE.replace('@id\n', '@id\n  a String\n'))],
    ['a field name', digest(CLIENT + NOTE.replace('id Int', 'key Int'))],
    ['a type', digest(CLIENT.replace('firmId   String', 'firmId   Int') + NOTE)],
    ['optionality', digest(CLIENT.replace('firmId   String', 'firmId   String?') + NOTE)],
    ['an attribute', digest(CLIENT.replace('@unique ', '') + NOTE)],
    ['blanks within a string', digest(CLIENT.replace('s s n', 'ssn') + NOTE)],
    ['a block attribute', digest(CLIENT.replace('"clients"', '"people"') + NOTE)],
    ['an annotation less', digest(CLIENT.replace('/// @encrypted', '// @encrypted') + NOTE)],
    ['an argument', digest(CLIENT.replace('maxBytes: 20', 'maxBytes: 21') + NOTE)],
    ['the tenant', digest(CLIENT.replace('@tenant(firmId)', '@tenant(id)') + NOTE)],
    ['an annotation that cannot be read', digest(CLIENT + NOTE.replace('@id', '@id /// @encrytped'))],
  ])('changes with %s', (_, other) => {
    expect(other).not.toBe(base)
  })

  it('cannot be fooled by text that moves from one field to the next', () => {
    expect(digest('model A {\n  a B @c\n  d E\n}')).not.toBe(digest('model A {\n  a B\n  d E @c\n}'))
  })
})
