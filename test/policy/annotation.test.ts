import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnnotationError } from '../../src/errors/index.js'
import { parseAnnotation } from '../../src/policy/annotation-parser.js'
import {
  ANNOTATION_NAMES,
  type Annotation,
  type AnnotationValue,
  parseComment,
  printAnnotation,
} from '../../src/policy/index.js'

const path = (...segments: string[]): AnnotationValue => ({ kind: 'path', segments })

const identifier = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
const { value: anyValue } = fc.letrec<{ value: AnnotationValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.array(identifier, { minLength: 1, maxLength: 3 }).map((segments) => path(...segments)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ kind: 'number' as const, value: value + 0 })),
    fc.string({ unit: 'grapheme' }).map((value) => ({ kind: 'string' as const, value })),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => ({ kind: 'list' as const, items })),
  ),
}))
const anyAnnotation: fc.Arbitrary<Annotation> = fc.record({
  name: fc.constantFrom(...ANNOTATION_NAMES),
  args: fc.array(fc.record({ name: fc.option(identifier), value: anyValue }), { maxLength: 4 }),
})

describe('the annotation grammar', () => {
  it('reads back whatever it prints', () => {
    fc.assert(
      fc.property(anyAnnotation, (annotation) => {
        const printed = printAnnotation(annotation)
        expect(parseAnnotation(printed)).toEqual({ annotation, end: printed.length })
      }),
    )
  })

  it('reads the same with blanks between all tokens', () => {
    fc.assert(
      fc.property(anyAnnotation, (annotation) => {
        const spaced = printAnnotation(annotation).replace(/"(?:[^"\\]|\\.)*"|[()[\],:]/g, (token) => ` ${token}\t`)
        expect(parseAnnotation(spaced).annotation).toEqual(annotation)
      }),
    )
  })

  it.each([
    ['@encrypted', []],
    ['@encrypted()', []],
    ['@encrypted( type : Int )', [{ name: 'type', value: path('Int') }]],
    ['@tenant(client . firmId)', [{ name: null, value: path('client', 'firmId') }]],
    ['@encrypted(maxBytes: -1.5e2)', [{ name: 'maxBytes', value: { kind: 'number', value: -150 } }]],
    ['@encrypted(maxBytes: -0)', [{ name: 'maxBytes', value: { kind: 'number', value: 0 } }]],
    ['@encrypted(id: "a\\"b\\u00e9")', [{ name: 'id', value: { kind: 'string', value: 'a"bé' } }]],
    ['@encrypted(type: [])', [{ name: 'type', value: { kind: 'list', items: [] } }]],
  ])('reads %s', (text, args) => {
    expect(parseAnnotation(text).annotation.args).toEqual(args)
  })

  it.each([
    '@encrypted(',
    '@encrypted(type',
    '@encrypted(type:',
    '@encrypted(type: Int',
    '@encrypted(type: Int,)',
    '@encrypted(,)',
    '@encrypted(a.b: Int)',
    '@encrypted("type": Int)',
    '@encrypted(type: Int mode: strict)',
    '@encrypted(maxBytes: 1e999)',
    '@encrypted(maxBytes: 01)',
    "@encrypted(id: 'a')",
    '@encrypted(id: "a)',
    '@encrypted(id: "\\x")',
    '@encrypted(id: "\\ud800")',
    '@encrypted(type: [Int)',
    '@encrypted(type: [Int,])',
    '@tenant(a.)',
    '@tenant(.a)',
    `@tenant(${'['.repeat(5000)})`,
  ])('refuses the malformed %s', (text) => {
    expect(() => parseComment(text)).toThrow(AnnotationError)
  })

  it('says where a malformed annotation breaks off and what was expected', () => {
    expect(() => parseComment('@encrypted(type: ?)', { file: 'schema.prisma', line: 7 })).toThrow(
      'schema.prisma:7: @encrypted cannot be read: expected a name, number, "string" or [list], found "?" at character 18',
    )
  })
})
