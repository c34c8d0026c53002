import { describe, expect, it } from 'vitest'
import { KmsReplyError, KmsUnavailableError } from '../../../src/errors/index.js'
import type { Kms } from '../../../src/kms/kms.js'
import { resilientKms } from '../../../src/kms/resilience/index.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { secretsShownBy } from '../../support/core/secrets.js'
import { aKey, kekUri, request, scriptedKms } from './scripted-kms.js'

const SECRET = 'Bearer s.4815162342'

/** A value of any type, as a provider written in JavaScript may return it. */
const untyped = (value: unknown) => value as never

const operations: readonly [keyof Kms, (kms: Kms) => Promise<unknown>][] = [
  ['generateDataKey', (kms) => kms.generateDataKey(request)],
  ['unwrap', (kms) => kms.unwrap(request)],
  ['rewrap', (kms) => kms.rewrap({ ...request, toKekUri: kekUri })],
]
const modes = [['resilient', { attempts: 1 }] as const, ['resilience: false', false] as const]
const cases = modes.flatMap(([mode, options]) => operations.map((operation) => [mode, options, ...operation] as const))

describe.each(cases)('%s (%o): %s', (_, options, operation, run) => {
  const faulty = (work: () => unknown): Kms =>
    resilientKms({ ...scriptedKms(), [operation]: async () => work() }, options)

  it('ends in a KmsError when the provider throws another error, of which only name and code are told', async () => {
    const foreign = Object.assign(new TypeError(`fetch with ${SECRET} failed`, { cause: { header: SECRET } }), {
      code: 'ECONNREFUSED',
      config: { headers: { authorization: SECRET } },
    })
    const kms = faulty(() => {
      throw foreign
    })
    const error = await thrownBy(KmsUnavailableError, () => run(kms))
    expect(error.message).toContain('TypeError ECONNREFUSED')
    expect(error).toMatchObject({ kekUri, tenant: 'firm_1', keyId: 'k00000000001', retryable: true })
    expect(error.cause).toBeUndefined()
    expect(secretsShownBy(error, new Map([['header', SECRET]]))).toEqual([])
  })

  it.each([
    ['a string', SECRET],
    ['undefined', undefined],
    ['an object whose name is a sentence', { name: `not allowed: ${SECRET}`, code: 'A'.repeat(100) }],
    ['an object whose name is no string', { name: { [SECRET]: 1 }, code: 42 }],
  ])('ends in a KmsError when it throws %s', async (_, thrown) => {
    const kms = faulty(() => {
      throw thrown
    })
    const error = await thrownBy(KmsUnavailableError, () => run(kms))
    expect(error.message).toContain('(unexpected error)')
    expect(secretsShownBy(error, new Map([['thrown', SECRET]]))).toEqual([])
  })

  it('ends in a KmsError when it throws before it returns a promise', async () => {
    const kms = { ...scriptedKms() }
    const throwing = {
      ...kms,
      [operation]: () => {
        throw new RangeError('at once')
      },
    }
    await thrownBy(KmsUnavailableError, () => run(resilientKms(throwing, options)))
  })

  it.each([undefined, null, 'a key', 42, [], {}, { plaintext: 'a key', wrapped: 'x' }, new Uint8Array(0)])(
    'ends in KmsReplyError when it returns %j',
    async (reply) => {
      await thrownBy(KmsReplyError, () => run(faulty(() => untyped(reply))))
    },
  )
})

describe('a reply with a key of wrong length', () => {
  it.each([0, 16, 31, 33, 64])('of %i bytes is refused and erased', async (length) => {
    const reply = Buffer.alloc(length, 9)
    for (const options of [{ attempts: 1 }, false] as const) {
      reply.fill(9)
      const kms = resilientKms(
        scriptedKms(() => reply),
        options,
      )
      const error = await thrownBy(KmsReplyError, () => kms.unwrap(request))
      expect(error.message).toContain('32 bytes')
      expect(reply).toEqual(Buffer.alloc(length))
    }
  })

  it('and a new data key without its wrapped form is erased too', async () => {
    const plaintext = aKey()
    const kms = { ...scriptedKms(), generateDataKey: async () => ({ plaintext, wrapped: new Uint8Array(0) }) }
    await thrownBy(KmsReplyError, () => resilientKms(kms, false).generateDataKey(request))
    expect(plaintext).toEqual(Buffer.alloc(32))
  })
})

describe('resilience: false', () => {
  it('tries once, and waits as long as it takes', async () => {
    const kms = scriptedKms(new KmsUnavailableError('throttled', { kekUri }))
    await thrownBy(KmsUnavailableError, () => resilientKms(kms, false).unwrap(request))
    expect(kms.attempts).toHaveLength(1)
    expect(kms.attempts[0]).toEqual(request)
  })
})
