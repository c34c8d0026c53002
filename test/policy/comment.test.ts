import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnnotationError } from '../../src/errors/index.js'
import { parseComment, printAnnotation, readComment } from '../../src/policy/index.js'

const printed = (text: string): readonly string[] => parseComment(text).map(printAnnotation)
const refusal = (text: string): string => {
  try {
    parseComment(text)
  } catch (error) {
    if (error instanceof AnnotationError) return error.message
    throw error
  }
  return 'accepted'
}

describe('a comment', () => {
  it.each([
    [' @encrypted', ['@encrypted']],
    ['The number.\n@encrypted\nNever shown.', ['@encrypted']],
    ['@encrypted\r\n@blindIndex(ssn)', ['@encrypted', '@blindIndex(ssn)']],
    ['@encrypted @blindIndex(ssn)', ['@encrypted', '@blindIndex(ssn)']],
    ['@encrypted@blindIndex(ssn)', ['@encrypted', '@blindIndex(ssn)']],
    ['@encrypted the social security number', ['@encrypted']],
    ['@encrypted (type: Int) a count', ['@encrypted(type: Int)']],
    ['@encrypted @deprecated since May', ['@encrypted']],
    ['@encrypted Note: never log it', ['@encrypted']],
  ])('with %j says %j', (text, annotations) => {
    expect(printed(text)).toEqual(annotations)
  })

  it.each([
    '',
    'plain words',
    '@zod.string().min(3)',
    '@HideField()',
    '@deprecated since 2.0',
    '@@allow("read", true)',
    '@ 5 pm',
    '@',
    'write to bob@x.io or bob@tenant.io',
    'use `@encrypted` on it, or ``@tenant(x)``',
    'the @encryptedness of it',
    '@param x the thing',
    '@Index',
  ])("leaves other people's %j alone", (text) => {
    expect(printed(text)).toEqual([])
  })

  it.each([
    ['@encrytped', '@encrypted'],
    ['@Encrypted', '@encrypted'],
    ['@ENCRYPTED(type: Int)', '@encrypted'],
    ['@encrypt', '@encrypted'],
    ['@encryptеd', '@encrypted'],
    ['@@encrypted', '@encrypted'],
    ['@ encrypted', '@encrypted'],
    ['@blindindex(ssn)', '@blindIndex'],
    ['@blind_index(ssn)', '@blindIndex'],
    ['@tennant(firmId)', '@tenant'],
    ['@encrypted @blindIdnex(ssn)', '@blindIndex'],
  ])('refuses the near miss %s and names %s', (text, meant) => {
    expect(refusal(text)).toContain(`Write ${meant} if that is meant.`)
  })

  it.each([
    'the SSN. @encrypted',
    '(@blindIndex(ssn))',
    '* @tenant(firmId)',
    '/ @encrypted',
    '@zod.string() @encrypted',
  ])('refuses the annotation in the middle of the line %j', (text) => {
    expect(refusal(text)).toContain('Put it at the start of a line of its own, or in backticks')
  })

  it('refuses an annotation behind the remark of another', () => {
    expect(refusal('@encrypted and searchable: @blindIndex(ssn)')).toContain(
      '@blindIndex stands in the middle of a line',
    )
  })

  it.each(['@encryption:hash(email)?algorithm=sha256', '@encryption', 'the hash: @encryption:hash(email)'])(
    "refuses another library's %s",
    (text) => {
      expect(refusal(text)).not.toBe('accepted')
    },
  )

  it('says what to write instead of a hash annotation', () => {
    expect(refusal('@encryption:hash(email)')).toContain('@blindIndex(field) on a `String?` column')
  })

  it.each([
    '@encrypted?mode=strict',
    '@encrypted ?readonly',
    '@encrypted:strict',
    '@encrypted mode: strict',
    '@encrypted type=Int',
    '@encrypted bind: row',
    '@encrypted {type: Int}',
    '@encrypted(type: Int)(mode: strict)',
  ])('refuses the options in %s, which would do nothing, and shows parentheses', (text) => {
    expect(refusal(text)).toContain('Arguments stand in one pair of parentheses: @encrypted(mode: strict)')
  })

  it.each(['@encrypted.', '@encrypted-field', '@encrypted(type: Int)s'])('refuses %s, glued to a remark', (text) => {
    expect(refusal(text)).toContain('Put a space between')
  })

  it.each([
    ['@encrypted(typ: Int)', 'the nearest is "type"'],
    ['@encrypted(max: 3)', 'It takes: type, ts, mode, maxBytes, id'],
    ['@blindIndex(ssn, normalise: [digits])', 'the nearest is "normalize"'],
    ['@tenant(firmId, scope: global)', 'has no argument "scope"'],
  ])('refuses the unknown argument in %s', (text, hint) => {
    expect(refusal(text)).toContain(hint)
  })

  it.each([
    ['@encrypted(Int)', 'takes only named arguments'],
    ['@encrypted(strict)', 'takes only named arguments'],
    ['@blindIndex', 'Write for example @blindIndex(ssn)'],
    ['@blindIndex(scope: global)', 'does not name the field'],
    ['@blindIndex(first, last)', 'Put several fields in brackets: [f, g]'],
    ['@tenant', 'Write for example @tenant(firmId)'],
    ['@tenant firmId', 'Write for example @tenant(firmId)'],
  ])('refuses %s: wrong number of unnamed arguments', (text, hint) => {
    expect(refusal(text)).toContain(hint)
  })

  it('refuses an argument given twice', () => {
    expect(refusal('@encrypted(type: Int, type: String)')).toContain('has the argument "type" twice')
  })

  it.each(['@encrypted @encrypted', '@encrypted\n@encrypted(type: Int)'])('refuses the repetition in %j', (text) => {
    expect(refusal(text)).toContain('@encrypted stands here twice')
  })

  it.each(['bind', 'pad', 'bits', 'slot', 'previous'])('refuses the reserved word %s', (word) => {
    for (const text of [`@encrypted(${word}: x)`, `@encrypted(${word})`, `@blindIndex(ssn, ${word}: 3)`]) {
      expect(refusal(text)).toContain(`"${word}" is reserved for a later release`)
    }
  })

  it('lets a field be called like a reserved word', () => {
    expect(printed('@blindIndex(pad)')).toEqual(['@blindIndex(pad)'])
  })

  it('lists the problems of all lines and still reads the good ones', () => {
    const { annotations, problems } = readComment('@encrytped\n@blindIndex(ssn)\nsee @tenant')
    expect(annotations.map(printAnnotation)).toEqual(['@blindIndex(ssn)'])
    expect(problems).toHaveLength(2)
  })

  it('gives the file and line that it was told', () => {
    const [problem] = readComment('@encrytped', { file: 'a.prisma', line: 12 }).problems
    expect(problem).toMatchObject({ file: 'a.prisma', line: 12, code: 'INVALID_ANNOTATION' })
    expect(problem?.message).toMatch(/^a\.prisma:12: @encrytped/)
  })

  it('throws nothing but AnnotationError, whatever the text', () => {
    const pieces = fc.constantFrom(
      '@',
      'encrypted',
      '@encrypted',
      '@blindIndex(',
      '@tenant',
      '(',
      ')',
      '[',
      ']',
      ':',
      '"',
      '`',
      ',',
      ' ',
      '\n',
      '\\',
      'type',
      '1e9',
      '.',
      '\ud800',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 }))).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(text, (comment) => {
        const result = refusal(comment)
        expect(typeof result).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })
})
