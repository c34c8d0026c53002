import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOfSource, droppedAnnotations, positionsOf, readSource } from '../../src/policy/index.js'

const file = (text: string) => [{ path: 'schema.prisma', text }]
const blockOf = (text: string, name: string) => readSource(file(text)).blocks.find((block) => block.name === name)

/** Each comment with what Prisma attaches it to, or why to nothing. */
const places = (text: string): readonly string[] =>
  readSource(file(text)).comments.map(({ kind, text: said, place }) => {
    const where =
      place.kind === 'field'
        ? `${place.block.name}.${place.field.name}`
        : place.kind === 'block'
          ? place.block.name
          : place.why
    return `${kind} ${said.trim()} -> ${where}`
  })

describe('readSource', () => {
  it('reads models, views, types, enums, generators and datasources', () => {
    const text = `generator client {\n  provider = "prisma-client"\n}\ndatasource db {\n  provider = "sqlite"\n}
model A {\n  id Int @id\n}\nview B {\n  id Int @unique\n}\ntype C {\n  d String\n}\nenum E {\n  F\n  G @map("g")\n}\n`
    expect(
      readSource(file(text)).blocks.map(({ kind, name, fields }) => [kind, name, fields.map((field) => field.name)]),
    ).toEqual([
      ['generator', 'client', []],
      ['datasource', 'db', []],
      ['model', 'A', ['id']],
      ['view', 'B', ['id']],
      ['type', 'C', ['d']],
      ['enum', 'E', ['F', 'G']],
    ])
  })

  it('reads type, attributes and line of each field', () => {
    const text =
      'model A {\n  id Int @id\n  b String? @map("x") @db.VarChar(40) /// note\n  c B[]\n  d Unsupported("point(//)")?\n  e String ?\n}\n'
    expect(blockOf(text, 'A')?.fields).toEqual([
      { name: 'id', type: 'Int', attributes: '@id', position: { file: 'schema.prisma', line: 2 } },
      {
        name: 'b',
        type: 'String?',
        attributes: '@map("x") @db.VarChar(40)',
        position: { file: 'schema.prisma', line: 3 },
      },
      { name: 'c', type: 'B[]', attributes: '', position: { file: 'schema.prisma', line: 4 } },
      { name: 'd', type: 'Unsupported("point(//)")?', attributes: '', position: { file: 'schema.prisma', line: 5 } },
      { name: 'e', type: 'String?', attributes: '', position: { file: 'schema.prisma', line: 6 } },
    ])
  })

  it('reads block attributes', () => {
    expect(blockOf('model A {\n  @@unique([a, b])\n  @@ignore\n}', 'A')?.attributes).toEqual([
      '@@unique([a, b])',
      '@@ignore',
    ])
  })

  it('takes slashes, braces and quotes within strings for what they are', () => {
    const text = 'model A {\n  a String @default("http://x \\" } // /// @encrypted") /// note\n  b String\n}\n'
    expect(blockOf(text, 'A')?.fields.map((field) => field.name)).toEqual(['a', 'b'])
    expect(places(text)).toEqual(['doc note -> A.a'])
  })

  it('reads attributes over several lines', () => {
    const text =
      'model A {\n  a B @relation(\n    fields: [x], // why\n    references: [id]\n  ) /// note\n  @@unique([\n    a,\n    b\n  ])\n  c String /// c\n}\n'
    expect(blockOf(text, 'A')?.fields.map(({ name, position }) => [name, position.line])).toEqual([
      ['a', 2],
      ['c', 10],
    ])
    expect(places(text)).toEqual(['line why -> two slashes', 'doc note -> A.a', 'doc c -> A.c'])
  })

  it.each(['\n', '\r\n', '\r'])('counts lines ended by %j', (newline) => {
    const text = ['// x', 'model A {', '  id Int @id', '', '  b String /// note', '}'].join(newline)
    expect(positionsOf(file(text)).get('A.b')).toEqual({ file: 'schema.prisma', line: 5 })
    expect(places(text)).toEqual(['line x -> two slashes', 'doc note -> A.b'])
  })

  it('passes over a byte order mark', () => {
    expect(blockOf('\uFEFFmodel A {\n  id Int @id\n}', 'A')).toBeDefined()
  })

  it('reads fields called like keywords', () => {
    expect(blockOf('model A {\n  model String\n  enum String\n  type String /// t\n}', 'A')?.fields).toHaveLength(3)
  })
})

describe('a comment belongs', () => {
  it('to the field it stands above or behind', () => {
    expect(places('model A {\n  /// above\n  /// too\n  a String /// behind\n  b String\n}')).toEqual([
      'doc above -> A.a',
      'doc too -> A.a',
      'doc behind -> A.a',
    ])
  })

  it('to the next field across a blank line, unless another comment comes between', () => {
    expect(places('model A {\n  /// one\n\n  a String\n}')).toEqual(['doc one -> A.a'])
    expect(places('model A {\n  /// one\n\n  /// two\n  a String\n}')).toEqual([
      'doc one -> apart from its field',
      'doc two -> A.a',
    ])
    expect(places('model A {\n  /// one\n\n  // two\n  a String\n}')).toEqual([
      'doc one -> apart from its field',
      'line two -> two slashes',
    ])
  })

  it('to the next field across a // comment directly below', () => {
    expect(places('model A {\n  /// one\n  // two\n  a String\n}')).toEqual([
      'doc one -> A.a',
      'line two -> two slashes',
    ])
  })

  it('to the model directly below it, but not across a blank line', () => {
    expect(places('/// one\n// two\n/// three\nmodel A {\n}')).toEqual([
      'doc one -> A',
      'line two -> two slashes',
      'doc three -> A',
    ])
    expect(places('/// one\n\nmodel A {\n}')).toEqual(['doc one -> apart from its block'])
  })

  it('to the next model when it stands behind a closing brace', () => {
    expect(places('model A {\n} /// one\nmodel B {\n}')).toEqual(['doc one -> B'])
  })

  it('to an enum or its value', () => {
    expect(places('/// e\nenum E {\n  /// f\n  F /// g\n}')).toEqual(['doc e -> E', 'doc f -> E.F', 'doc g -> E.F'])
  })

  it('like ///, when it is a block comment', () => {
    expect(places('/*\n one */\nmodel A {\n  /* two */\n  a String /* three */\n}')).toEqual([
      'block one -> A',
      'block two -> A.a',
      'block three -> A.a',
    ])
  })

  it.each([
    ['model A {\n  a String // one\n}', 'line one -> two slashes'],
    ['model A {\n  @@map("x") /// one\n}', 'doc one -> at a block attribute'],
    ['model A {\n  /// one\n  @@map("x")\n  a String\n}', 'doc one -> at a block attribute'],
    ['model A { /// one\n  a String\n}', 'doc one -> behind an opening brace'],
    ['model A {\n  a String @default(\n /// one\n "x")\n}', 'doc one -> inside an attribute'],
    ['model A {\n  a String\n  /// one\n}', 'doc one -> before a closing brace'],
    ['model A {\n}\n/// one', 'doc one -> at nothing'],
    ['model A {\n}\n/// one\n\n', 'doc one -> apart from its block'],
    ['/// one\ngenerator x {\n}\nmodel A {\n}', 'doc one -> in or above a configuration block'],
    ['generator x {\n  /// one\n  provider = "x"\n}', 'doc one -> in or above a configuration block'],
    ['generator x {\n  /// one\n}', 'doc one -> in or above a configuration block'],
    ['generator x { /// one\n}', 'doc one -> in or above a configuration block'],
    ['model A {\n  what is this? /// one\n}', 'doc one -> at nothing'],
    ['what is this? /// one\nmodel A {\n}', 'doc one -> at nothing'],
    ['generator x {\n  provider = "x" /// one\n}', 'doc one -> in or above a configuration block'],
  ])('to nothing in %j', (text, place) => {
    expect(places(text)).toEqual([place])
  })
})

describe('positionsOf', () => {
  it('knows the file and line of every model, enum and field', () => {
    const positions = positionsOf([
      { path: 'a.prisma', text: 'model A {\n  id Int @id\n}\n' },
      { path: 'b.prisma', text: '\nenum E {\n  F\n}\n' },
    ])
    expect([...positions]).toEqual([
      ['A', { file: 'a.prisma', line: 1 }],
      ['A.id', { file: 'a.prisma', line: 2 }],
      ['E', { file: 'b.prisma', line: 2 }],
      ['E.F', { file: 'b.prisma', line: 3 }],
    ])
  })
})

describe('any text', () => {
  const pieces = fc.constantFrom(
    'model A {\n',
    '}\n',
    '{',
    '(',
    ')',
    '[',
    ']',
    '"',
    '\\',
    '///',
    '//',
    '/*',
    '*/',
    '@encrypted',
    '@',
    '@@',
    '\n',
    '\r',
    ' ',
    'a String',
    'enum E {\n',
    'generator',
    '\ud800',
  )
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 }))).map((all) => all.join('')),
  )

  it('is read without an error, and no comment is lost or doubled', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { comments } = readSource(file(text))
        const starts = comments.map(({ position }) => position.line)
        expect(starts).toEqual([...starts].sort((a, b) => a - b))
        for (const comment of comments) expect(text).toContain(comment.text)
        droppedAnnotations(file(text))
        expect(digestOfSource(file(text))).toMatch(/^[0-9a-f]{64}$/)
      }),
      { numRuns: 2000 },
    )
  })
})
