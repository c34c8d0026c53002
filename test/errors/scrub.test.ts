import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskSecrets, rewriteError } from '../../src/errors/scrub.js'
import { secretsShownBy } from '../support/core/secrets.js'

const KEY_ID = 'k00000000001'
const BODY = 'AwMDAwMDAwMDAwMDPuRIRHa_YHCWltF2eAlVbhpjPNHoqCHKnvSELQ'
const CELL = `enc::1.${KEY_ID}.${BODY}`
const TAG = 'k000000000022cqo58.n80tilbuu5a0m8ssio2ahsv7oo'
const BINARY = Buffer.concat([Buffer.from(`FSL\u0001${KEY_ID}`), Buffer.from(BODY, 'base64url')])

const SECRETS = new Map<string, string | Uint8Array>([
  ['the cell', BODY],
  ['the tag', TAG.slice(19)],
  ['the binary cell', BINARY],
])

const clean = (error: unknown): unknown => rewriteError(error, maskSecrets)

/** All of it, to any depth, with what is hidden and what getters give. */
function shown(value: unknown): string {
  const unlimited = { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null, showHidden: true }
  return inspect(value, unlimited) + inspect(value, { ...unlimited, getters: true })
}

function expectClean(error: unknown): void {
  const message = error instanceof Error ? error.message + String(error.cause) : ''
  expect(secretsShownBy(shown(error) + message, SECRETS)).toEqual([])
}

const list = [...BINARY]
const asObject = JSON.stringify(new Uint8Array(BINARY))

/** What a URL's reader makes of it, byte by byte. */
function unquoted(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

describe('a cell or a tag in a text', () => {
  it.each([
    ['a cell', CELL],
    ['a cell that a database cut short', `(c1, ${CELL.slice(0, 61)}...)`],
    ['a cell of a later format', CELL.replace('::1', '::12')],
    ['a tag', TAG],
    ['a tag behind a tenant', `Duplicate entry 'firm_1-${TAG}' for key`],
    ['a tag behind an escaped line feed', JSON.stringify(`at\n${TAG}`)],
    ['a cell in an escaped JSON text', JSON.stringify(JSON.stringify({ ssn: CELL }))],
    ['a binary cell as PostgreSQL prints it', `\\x${BINARY.toString('hex')}`],
    ['a binary cell as MySQL prints it', `0x${BINARY.toString('hex').toUpperCase()}`],
    ['a binary cell in base64', BINARY.toString('base64')],
    ['a binary cell in base64url', BINARY.toString('base64url')],
    ['a binary cell as Node prints a Buffer', inspect(BINARY)],
    ['a binary cell as Node prints a Uint8Array', inspect(new Uint8Array(BINARY))],
    ['a binary cell as a list', JSON.stringify(list)],
    ['a binary cell as an indented list', JSON.stringify(list, null, 2)],
    ['a binary cell as JSON makes of a Uint8Array', asObject],
    ['a binary cell as escaped JSON makes of a Uint8Array', JSON.stringify({ detail: asObject })],
    ['a binary cell as JSON makes of a Buffer', JSON.stringify(BINARY)],
  ])('is masked, and nothing else: %s', (_, secret) => {
    const masked = maskSecrets(`Invalid value: ${secret}, of Client.ssn`)
    expectClean(masked)
    expect(masked).toMatch(/^Invalid value: .*\[fieldseal: removed\].*, of Client\.ssn$/s)
  })

  it.each([
    ['a cell', CELL],
    ['a cell in JSON', JSON.stringify({ ssn: CELL })],
    ['a tag in JSON', JSON.stringify({ ssnIndex: TAG })],
    ['a binary cell in base64', BINARY.toString('base64')],
    ['a binary cell as PostgreSQL prints it', `\\x${BINARY.toString('hex')}`],
    ['a binary cell as Node prints a Buffer', inspect(BINARY)],
    ['a binary cell as a list', JSON.stringify(list, null, 2)],
    ['a binary cell as JSON makes of a Uint8Array', asObject],
    ['a cell cut within a character', `é${CELL}`],
  ])('is masked in a URL, however often it was encoded: %s', (_, secret) => {
    const once = encodeURIComponent(`Größe & query: ${secret} (end)`)
    const encodings = [
      once,
      once.replaceAll('%20', '+'),
      once.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
      encodeURIComponent(once),
      once.slice(once.indexOf('%C3') + 3),
    ]
    for (const body of encodings) {
      const masked = maskSecrets(`open https://github.com/prisma/prisma/issues/new?body=${body}&title=panic`)
      expectClean(masked)
      expectClean(unquoted(masked))
      expectClean(unquoted(unquoted(masked)))
      expect(masked).toMatch(/^open https:\/\/github\.com\/prisma\/prisma\/issues\/new\?body=.*&title=panic$/)
      expect(masked).toContain('removed')
    }
  })

  it.each([
    'enc::1. is where a cell begins',
    'https://example.com/search?q=100%25%20of%20%22it%22%3A&again=%GG%',
    '2a6a3c10-9d0e-4b8e-9a8c-0a2d6c7f1b11',
    'Invalid `prisma.client.create()` invocation in /app/src/clients.service.ts:12:34',
    'https://example.com/clients?name=ada&since=2024-01-01T00:00:00.000Z',
    'lawyer.with.a.long.name@mail.example.com',
    '[70, 83, 76]',
    'function a(b,c){return this.originalMessage.toLowerCase()}',
  ])('is not seen where there is none: %s', (text) => {
    expect(maskSecrets(text)).toBe(text)
  })
})

describe('a text that a driver could not parse as JSON', () => {
  it.each([
    ['{"allergy": penicillin}', 'penicillin'],
    ['penicillin', 'penicillin'],
    ['"pen\nicillin', 'nicillin'],
    [`{"a": 1, "long": "${'x'.repeat(50)}", penicillin}`, 'penicil'],
    ['[1, "penicillin"] trailing', 'penicillin'],
  ])('is not quoted: %j', (text, secret) => {
    try {
      JSON.parse(text)
    } catch (error) {
      const parsing = error instanceof SyntaxError ? error : expect.fail('not parsed')
      expect(clean(parsing)).toBe(parsing)
      expect(parsing.message).not.toContain(secret)
      expect(parsing.stack).not.toContain(secret)
      expect(parsing.message).toMatch(/JSON/)
    }
    expect.assertions(4)
  })
})

it('a value that Prisma finds in a column of another type is not quoted', () => {
  const said = "Inconsistent column data: Expected a byte array in column 'scan', got string: penicillin 713"
  expect(maskSecrets(said)).toBe(said.replace('penicillin 713', '[fieldseal: removed]'))
})

class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code = 'P2002'
}

function failure(change: object = {}): DatabaseError {
  return Object.assign(new DatabaseError(`Duplicate entry '${TAG}'`), change)
}

/** Everything about an error that must outlast the cleaning. */
function expectSameKind(error: unknown): asserts error is DatabaseError {
  expect(error).toBeInstanceOf(DatabaseError)
  expect(error).toMatchObject({
    name: 'DatabaseError',
    code: 'P2002',
    message: "Duplicate entry '[fieldseal: removed]'",
  })
  expect(Object.prototype.toString.call(error)).toBe('[object Error]')
}

describe('an error', () => {
  it('stays the same object, of its class and code, and loses secrets in message and stack', () => {
    const error = failure()
    const frames = error.stack?.split('\n').slice(1)
    expect(clean(error)).toBe(error)
    expectSameKind(error)
    expectClean(error)
    expect(error.stack?.split('\n').slice(1)).toEqual(frames)
  })

  it('loses them in its causes, to the last one', () => {
    const root = failure()
    const error = failure({ cause: new TypeError(CELL, { cause: { reason: [root] } }) })
    expectClean(clean(error))
    expect(error.cause).toBeInstanceOf(TypeError)
    expectSameKind(root)
  })

  it('loses them where causes go round in a circle', () => {
    const [outer, inner] = [failure(), failure()]
    Object.assign(outer, { cause: inner, meta: { self: outer, list: [outer] } })
    Object.assign(inner, { cause: outer })
    expect(clean(outer)).toBe(outer)
    expectClean(outer)
    expect(Reflect.get(inner, 'cause')).toBe(outer)
  })

  it.each([
    ['frozen', (error: Error) => Object.freeze(error)],
    ['sealed', (error: Error) => Object.seal(error)],
    ['not extensible', (error: Error) => Object.preventExtensions(error)],
    [
      'with a message that cannot be changed',
      (error: Error) => Object.defineProperty(error, 'message', { writable: false, configurable: false }),
    ],
  ])('that is %s is replaced by a clean one of its class', (_, lock) => {
    const shared = lock(failure())
    const meta = Object.freeze({ target: Object.freeze([TAG, 'ssn']), same: shared })
    const answer = clean(lock(failure({ meta, cause: shared })))
    expectSameKind(answer)
    expectClean(answer)
    expect(answer.stack).toContain('scrub.test.ts')
    expect(Reflect.get(answer, 'meta')).toMatchObject({ target: ['[fieldseal: removed]', 'ssn'], same: answer.cause })
  })

  it('that is frozen and frozen into a circle is replaced all round', () => {
    const ring: { error?: unknown } = {}
    const error = Object.freeze(failure({ ring }))
    ring.error = error
    Object.freeze(ring)
    const answer = clean(error)
    expectSameKind(answer)
    expectClean(answer)
    expect(Reflect.get(answer, 'ring')).toEqual({ error: answer })
  })

  it('that is frozen and shows nothing stays as it is', () => {
    const error = Object.freeze(new DatabaseError('no such table'))
    expect(clean(error)).toBe(error)
  })

  it('loses them where its class computes what it says', () => {
    class Computed extends Error {
      override get message(): string {
        return `about ${CELL}`
      }
      override get cause(): unknown {
        return { detail: TAG }
      }
    }
    const error = new Computed()
    expectClean(clean(error))
    expect(error).toBeInstanceOf(Computed)
    expect(error.message).toBe('about [fieldseal: removed]')
  })

  it('loses them behind getters of its own, and stands one that throws', () => {
    const error = Object.defineProperties(failure(), {
      lazy: { get: () => ({ value: CELL }), enumerable: true, configurable: true },
      broken: {
        get: () => {
          throw new Error(CELL)
        },
        configurable: true,
      },
    })
    expect(clean(error)).toBe(error)
    expect(Reflect.get(error, 'lazy')).toEqual({ value: '[fieldseal: removed]' })
    expectSameKind(error)
  })

  it('loses them in maps and sets, as keys and as values, also in circles', () => {
    const map = new Map<unknown, unknown>([
      ['plain', 1],
      [TAG, { cell: CELL }],
    ])
    map.set('self', map)
    const error = failure({ map: map, set: new Set([CELL, map, 2]) })
    expectClean(clean(error))
    expect(map.size).toBe(3)
    expect(map.get('plain')).toBe(1)
    expect(map.get('self')).toBe(map)
  })

  it.each([
    ['a Buffer', BINARY],
    ['a Uint8Array', new Uint8Array(BINARY)],
    ['an ArrayBuffer', new Uint8Array(BINARY).buffer],
    ['a DataView', new DataView(new Uint8Array(BINARY).buffer)],
    ['bytes with the cell in their middle', Buffer.concat([Buffer.from([1, 2, 3]), BINARY])],
    ['the bytes of a text', Buffer.from(`{"ssn":"${CELL}"}`)],
    [
      'an object of a class',
      new (class Statement {
        parameters = [{ value: CELL }]
      })(),
    ],
  ])('loses %s with a cell in it', (_, value) => {
    const error = failure({ parameters: [1, value] })
    expectClean(clean(error))
    expect(error).toHaveProperty('parameters', [1, '[fieldseal: removed]'])
  })

  it('loses them in the names of properties', () => {
    const error = failure({ meta: { [TAG]: 1 } })
    expectClean(clean(error))
    expect(error).toHaveProperty('meta', { '[fieldseal: removed]': 1 })
  })

  it('does not touch objects of a class that show nothing, such as a connection', () => {
    let calls = 0
    class Connection {
      readonly host = 'db.example'
      readonly statements = { ssnIndex: 'SELECT' }
      get state(): string {
        calls++
        return 'open'
      }
    }
    const connection = Object.defineProperty(new Connection(), 'lazy', { get: () => calls++ })
    const date = new Date(0)
    const error = failure({ connection, date })
    clean(error)
    expect(error).toMatchObject({ connection, date })
    expect(calls).toBe(0)
  })

  it('loses a value that refuses to be looked at', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    const error = failure({ proxy, after: CELL })
    revoke()
    expectClean(clean(error))
    expect(error).toMatchObject({ proxy: '[fieldseal: removed]' })
  })

  it.each([
    ['a text', CELL],
    ['a list', [CELL]],
    ['nothing', undefined],
    ['a number', 5],
  ])('may be %s instead', (_, thrown) => {
    expectClean(clean(thrown))
  })
})

/** A tree with a place for one secret, before and after. */
interface Planted {
  readonly error: unknown
  readonly expected: unknown
}

/** A stack that is a value: newer versions of Node make it an accessor, which a copy does not keep. */
function withStack<E extends Error>(error: E): E {
  return Object.defineProperty(error, 'stack', { value: 'stack', writable: true, configurable: true })
}

const wraps: readonly ((inner: unknown) => unknown)[] = [
  (inner) => [0, inner, 'last'],
  (inner) => ({ inner, next: true }),
  (inner) => Object.freeze({ inner }),
  (inner) => new Map([['key', inner]]),
  (inner) => Object.freeze(new Map([[inner, 'value']])),
  (inner) => new Set([inner]),
  (inner) => withStack(Object.assign(new RangeError('outer'), { cause: inner })),
  (inner) => Object.freeze(withStack(Object.assign(new DatabaseError('outer'), { meta: inner }))),
  (inner) => Object.assign(Object.create(null), { inner }),
]

const secretText = fc
  .record({
    before: fc.string({ maxLength: 8 }).filter((text) => !/[A-Za-z0-9\\+/=_-]$/.test(text)),
    secret: fc.constantFrom(
      CELL,
      TAG,
      BINARY.toString('base64'),
      BINARY.toString('hex'),
      JSON.stringify(list),
      asObject,
    ),
    after: fc.string({ maxLength: 8 }).filter((text) => !/^[A-Za-z0-9+/=_, -]/.test(text)),
  })
  .map(({ before, secret, after }) => before + secret + after)

describe('any tree of errors, lists, maps and objects', () => {
  it('with a secret anywhere comes out as the same tree with the secret masked', () => {
    const planted = fc
      .tuple(secretText, fc.array(fc.nat(wraps.length - 1), { maxLength: 6 }), fc.string())
      .map(([secret, path, plain]): Planted => {
        const build = (leaf: string): unknown =>
          path.reduce<unknown>((inner, at) => wraps[at]?.({ inner, plain }), { leaf, plain })
        return { error: build(secret), expected: build(maskSecrets(secret)) }
      })
    fc.assert(
      fc.property(planted, ({ error, expected }) => {
        const answer = clean(error)
        expectClean(answer)
        expect(shown(answer)).toBe(shown(expected))
      }),
    )
  })

  it('without a secret comes out as the very same, unchanged', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          const before = shown(value)
          expect(clean(value)).toBe(value)
          expect(shown(value)).toBe(before)
        },
      ),
    )
  })
})
