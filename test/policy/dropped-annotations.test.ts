import { describe, expect, it } from 'vitest'
import { droppedAnnotations } from '../../src/policy/index.js'

const messages = (text: string): readonly string[] =>
  droppedAnnotations([{ path: 'schema.prisma', text }]).map((problem) => problem.message)

describe('droppedAnnotations', () => {
  it('finds nothing where every annotation arrives', () => {
    const text = `/// @tenant(firmId)
model Client {
  firmId String
  name   String  /// @encrypted
  /// The number.
  /// @encrypted(maxBytes: 20)
  ssn    String
  // a remark, and bob@tenant.io
  index  String? @unique /// @blindIndex(ssn)
  // was: old String /// @encrypted
  @@unique([firmId, index]) // why
}
`
    expect(messages(text)).toEqual([])
  })

  it.each([
    ['model A {\n  a String // @encrypted\n}', 2, 'Write /// instead'],
    ['model A {\n  // @encrypted\n  a String\n}', 2, 'Write /// instead'],
    ['model A {\n  a String // secret. @encrypted\n}', 2, 'in the middle of a line'],
    ['// @tenant(a)\nmodel A {\n  a String\n}', 1, 'Write /// instead'],
    ['model A {\n  a String\n  @@map("x") /// @encrypted\n}', 3, 'above or behind a block attribute'],
    ['model A {\n  /// @encrypted\n  @@map("x")\n  a String\n}', 2, 'above or behind a block attribute'],
    ['model A { /// @tenant(a)\n  a String\n}', 1, 'behind an opening brace'],
    ['model A {\n  a String @default(\n /// @encrypted\n "x")\n}', 3, 'inside an attribute'],
    ['model A {\n  a String\n  /// @encrypted\n}', 3, 'has no field below it'],
    ['/// @tenant(a)\n\nmodel A {\n  a String\n}', 1, 'has a blank line below it'],
    ['model A {\n  /// @encrypted\n\n  /// The number.\n  a String\n}', 2, 'Prisma keeps only the last'],
    ['/// @tenant(a)\ngenerator x {\n  provider = "x"\n}\nmodel A {\n  a String\n}', 1, 'a generator or datasource'],
    ['model A {\n  a String\n}\n/// @tenant(a)', 4, 'stands at nothing'],
    ['model A {\n  a String /* @encrypted */\n}', 2, 'formatter rewrites'],
    ['/**\n * @tenant(a)\n */\nmodel A {\n  a String\n}', 2, 'formatter rewrites'],
    ['/// @tenant(a)\nenum E {\n  A\n}', 1, 'the enum E, where it has no effect'],
    ['enum E {\n  A /// @encrypted\n}', 2, 'the enum E, where it has no effect'],
    ['type T {\n  a String /// @encrypted\n}', 2, 'the type T, where it has no effect'],
    ['model A {\n  a String @ignore /// @encrypted\n}', 2, 'A.a, which @ignore keeps out'],
    ['model A {\n  a String /// @encrypted\n  @@ignore\n}', 2, 'A, which @@ignore keeps out'],
    ['model A {\n  a Unsupported("point") /// @encrypted\n}', 2, 'A.a, whose type Prisma does not read'],
  ])('finds the annotation in %j', (text, line, reason) => {
    const found = droppedAnnotations([{ path: 'schema.prisma', text }])
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ code: 'INVALID_ANNOTATION', file: 'schema.prisma', line })
    expect(found[0]?.message).toContain(reason)
  })

  it('does not take a string for an attribute', () => {
    expect(messages('model A {\n  a String @default("@ignore") /// @encrypted\n}')).toEqual([])
  })

  it.each(['// @encrytped', '// @Encrypted', '// @encryption:hash(a)', '// @encrypted(tpye: Int)'])(
    'finds the near miss %s too',
    (comment) => {
      expect(messages(`model A {\n  a String ${comment}\n}`)).toHaveLength(1)
    },
  )

  it.each(['// ssn String /// @encrypted', '// /// @encrypted', '// use `@encrypted` here', '// @ts-ignore', '//'])(
    'leaves %s alone',
    (comment) => {
      expect(messages(`model A {\n  ${comment}\n  a String\n}`)).toEqual([])
    },
  )

  it('names the file that the annotation is in', () => {
    const files = [
      { path: 'a.prisma', text: 'model A {\n  a String\n}\n' },
      { path: 'b.prisma', text: 'model B {\n  b String // @encrypted\n}\n' },
    ]
    expect(droppedAnnotations(files).map(({ file, line }) => [file, line])).toEqual([['b.prisma', 2]])
  })
})
