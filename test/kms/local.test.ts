import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KmsConfigurationError, NotForProductionError, UnwrapFailedError } from '../../src/errors/index.js'
import { memoryKeyStore } from '../../src/keys/index.js'
import { LOCAL_KEY_VARIABLE, type LocalKmsOptions, localKms } from '../../src/kms/local.js'
import { createFieldseal } from '../../src/service/index.js'
import { createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { policy } from '../support/core/policy.js'
import { temporaryFolder } from '../support/core/temporary-folder.js'

const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i * 3))
const OTHER_KEY = Buffer.alloc(32, 9)
const context = { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' } as const
const kekUri = 'local://default'
const firm = { tenant: 'firm_1' } as const

function keyFile(text: string, mode = 0o600): string {
  const file = join(temporaryFolder(), 'master.key')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

/** Whether two sets of options stand for one master key. */
async function opensEachOther(a: LocalKmsOptions, b: LocalKmsOptions): Promise<boolean> {
  const { plaintext, wrapped } = await localKms(a).generateDataKey({ kekUri, context })
  try {
    return Buffer.from(plaintext).equals(await localKms(b).unwrap({ kekUri, context, wrapped }))
  } catch {
    return false
  }
}

function refusal(options: LocalKmsOptions = {}): KmsConfigurationError {
  try {
    localKms(options)
  } catch (error) {
    if (error instanceof KmsConfigurationError) return error
    throw error
  }
  expect.fail('expected KmsConfigurationError')
}

beforeEach(() => {
  vi.stubEnv(LOCAL_KEY_VARIABLE, undefined)
  vi.stubEnv('NODE_ENV', 'test')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('the master key of the local KMS', () => {
  it('is the same in hex, base64, base64url, with and without padding, and from option, file or variable', async () => {
    const hex = KEY.toString('hex')
    vi.stubEnv(LOCAL_KEY_VARIABLE, hex)
    for (const options of [
      { key: hex },
      { key: hex.toUpperCase() },
      { key: ` ${hex}\n` },
      { key: KEY.toString('base64') },
      { key: KEY.toString('base64').replace(/=+$/, '') },
      { key: KEY.toString('base64url') },
      { keyFile: keyFile(hex) },
      { keyFile: keyFile(`${KEY.toString('base64')}\r\n`, 0o400) },
    ]) {
      expect(await opensEachOther({}, options)).toBe(true)
    }
    expect(await opensEachOther({}, { key: OTHER_KEY.toString('hex') })).toBe(false)
  })

  it('is read when the KMS is made, not later', async () => {
    vi.stubEnv(LOCAL_KEY_VARIABLE, KEY.toString('hex'))
    const kms = localKms()
    const { wrapped } = await kms.generateDataKey({ kekUri, context })
    vi.stubEnv(LOCAL_KEY_VARIABLE, OTHER_KEY.toString('hex'))
    await expect(kms.unwrap({ kekUri, context, wrapped })).resolves.toHaveLength(32)
  })

  it('that is missing is an error that says how to get one', () => {
    expect(refusal().message).toMatch(/FIELDSEAL_LOCAL_KEY.*npx fieldseal keygen/)
    vi.stubEnv(LOCAL_KEY_VARIABLE, '')
    expect(refusal().message).toContain(LOCAL_KEY_VARIABLE)
  })

  const malformed: [string, string][] = [
    ['31 bytes of hex', 'ab'.repeat(31)],
    ['33 bytes of hex', 'ab'.repeat(33)],
    ['31 bytes of base64', Buffer.alloc(31, 7).toString('base64')],
    ['33 bytes of base64', Buffer.alloc(33, 7).toString('base64')],
    ['base64 with stray bits', `${KEY.toString('base64url').slice(0, -1)}9`],
    ['a pass phrase', 'correct horse battery staple'],
    ['nothing', ''],
    ['white space', ' \n'],
    ['zeroes in hex', '0'.repeat(64)],
    ['zeroes in base64', Buffer.alloc(32).toString('base64')],
    ['two keys', `${KEY.toString('hex')}\n${KEY.toString('hex')}`],
  ]

  it.each(malformed)('that is %s is refused, without being quoted', (_, key) => {
    const errors = [refusal({ key }), refusal({ keyFile: keyFile(key) })]
    if (key !== '') {
      vi.stubEnv(LOCAL_KEY_VARIABLE, key)
      errors.push(refusal())
    }
    for (const error of errors) {
      expect(error.message).toContain('malformed')
      if (key.trim() !== '') expect(inspect(error, { showHidden: true })).not.toContain(key.trim().slice(0, 12))
    }
    expect(errors.map(({ message }) => message).join()).toMatch(/the option key.*the key file/)
  })

  it('may not be given twice', () => {
    expect(refusal({ key: KEY.toString('hex'), keyFile: keyFile(KEY.toString('hex')) }).message).toContain('both')
  })
})

describe('the key file of the local KMS', () => {
  it.each([0o644, 0o640, 0o604, 0o660, 0o777, 0o610])('with mode %o, open to others, is refused', (mode) => {
    const file = keyFile(KEY.toString('hex'), mode)
    expect(refusal({ keyFile: file }).message).toContain(`chmod 600 ${file}`)
  })

  it('that is missing is an error that names it and says how to make it', () => {
    const file = join(temporaryFolder(), 'nowhere', 'master.key')
    expect(refusal({ keyFile: file }).message).toContain(`keygen --out ${file}`)
  })

  it.each([0o700, 0o755])('that is a directory (mode %o) is refused', (mode) => {
    const directory = join(temporaryFolder(), 'master.key')
    mkdirSync(directory)
    chmodSync(directory, mode)
    expect(refusal({ keyFile: directory }).message).toContain(directory)
  })
})

describe('the local KMS in production', () => {
  it('refuses to run, before it looks at any key', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => localKms({ key: KEY.toString('hex') })).toThrow(NotForProductionError)
    expect(() => localKms()).toThrow(NotForProductionError)
    expect(() => localKms({ key: KEY.toString('hex'), allowInProduction: false })).toThrow(NotForProductionError)
  })

  it('runs when told that this is meant', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(localKms({ key: KEY.toString('hex'), allowInProduction: true }).defaultKek).toBe(kekUri)
  })
})

describe('the local KMS', () => {
  const kms = () => localKms({ key: KEY.toString('hex') })

  it('makes a new key each time, in memory that is the caller’s, and wraps it to 61 bytes', async () => {
    const [a, b] = [await kms().generateDataKey({ kekUri, context }), await kms().generateDataKey({ kekUri, context })]
    expect(a.plaintext).toHaveLength(32)
    expect(a.plaintext).not.toEqual(b.plaintext)
    expect(a.wrapped).toHaveLength(1 + 12 + 32 + 16)
    expect(a.wrapped[0]).toBe(1)
    expect(Buffer.from(a.wrapped).includes(Buffer.from(a.plaintext))).toBe(false)
  })

  it('unwraps a new copy each time, so that one may be erased', async () => {
    const { wrapped, plaintext } = await kms().generateDataKey({ kekUri, context })
    const first = await kms().unwrap({ kekUri, context, wrapped })
    first.fill(0)
    expect(Buffer.from(plaintext).equals(await kms().unwrap({ kekUri, context, wrapped }))).toBe(true)
  })

  it.each([
    ['app', 'other'],
    ['tenant', 'firm_2'],
    ['purpose', 'index'],
    ['keyId', 'k00000000002'],
  ] as const)('unwraps nothing when the %s of the context is another', async (name, value) => {
    const { wrapped } = await kms().generateDataKey({ kekUri, context })
    await thrownBy(UnwrapFailedError, () => kms().unwrap({ kekUri, context: { ...context, [name]: value }, wrapped }))
  })

  it('unwraps nothing of which a single bit was flipped, nor anything cut', async () => {
    const { wrapped } = await kms().generateDataKey({ kekUri, context })
    for (let at = 0; at < wrapped.length; at++) {
      const flipped = Uint8Array.from(wrapped)
      flipped[at] = (flipped[at] ?? 0) ^ 0x80
      await thrownBy(UnwrapFailedError, () => kms().unwrap({ kekUri, context, wrapped: flipped }))
      await thrownBy(UnwrapFailedError, () => kms().unwrap({ kekUri, context, wrapped: wrapped.subarray(0, at) }))
    }
  })

  it('serves the KEK of its name and no other', () => {
    const backup = localKms({ key: KEY.toString('hex'), name: 'backup' })
    expect(backup.defaultKek).toBe('local://backup')
    expect(backup.serves('local://backup')).toBe(true)
    for (const uri of ['local://default', 'local://backup2', 'local://', 'LOCAL://backup', 'aws-kms://backup', '']) {
      expect(backup.serves(uri)).toBe(false)
    }
  })

  it.each([[''], ['a b'], ['a/b'], ['a'.repeat(101)], ['ä']])('refuses the name %j', (name) => {
    expect(refusal({ key: KEY.toString('hex'), name }).message).toContain('name')
  })

  it('shows its master key to nobody who inspects it', () => {
    const shown = inspect(kms(), { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(kms())
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(shown.toLowerCase()).not.toContain(KEY.toString(form).slice(0, 10).toLowerCase())
    }
    expect(shown).not.toContain([...KEY.subarray(0, 3)].join(', '))
    expect(shown).toContain('local://default')
  })
})

describe('rows wrapped with another master key', () => {
  it.each([
    [
      'the variable',
      'the variable FIELDSEAL_LOCAL_KEY',
      () => {
        vi.stubEnv(LOCAL_KEY_VARIABLE, OTHER_KEY.toString('hex'))
        return {}
      },
    ],
    ['the option', 'the option key', () => ({ key: OTHER_KEY.toString('hex') })],
    ['the file', 'the key file', () => ({ keyFile: keyFile(OTHER_KEY.toString('hex')) })],
  ])('are an error that names %s the wrong key came from', async (_, source, options) => {
    const store = memoryKeyStore()
    const right = createFieldseal({ policy, store, kms: localKms({ key: KEY.toString('hex') }) })
    const cell = await right.encrypt('Client.ssn', '1', firm)
    const wrong = createFieldseal({ policy, store, kms: localKms(options()) })
    const error = await thrownBy(UnwrapFailedError, () => wrong.decrypt('Client.ssn', cell, firm))
    expect(error.message).toContain(source)
    expect(error).toMatchObject({ kekUri, tenant: 'firm_1', retryable: false })
  })
})

describe('two local KMSs side by side', () => {
  it('serve tenants with keys of their own', async () => {
    const kms = [
      localKms({ key: KEY.toString('hex') }),
      localKms({ key: OTHER_KEY.toString('hex'), name: 'big-client' }),
    ] as const
    const { rows } = createBench()
    const fieldseal = createFieldseal({
      policy,
      store: rows,
      kms,
      kekFor: (tenant) => (tenant === 'firm_big' ? 'local://big-client' : undefined),
    })
    const cell = await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_big' })
    await fieldseal.ensureTenant('firm_1')
    const withoutIt = createFieldseal({ policy, store: rows, kms: kms[0], kekFor: () => 'local://big-client' })
    await expect(withoutIt.decrypt('Client.ssn', cell, { tenant: 'firm_big' })).rejects.toMatchObject({
      code: 'UNKNOWN_KEK',
    })
    await expect(fieldseal.decrypt('Client.ssn', cell, { tenant: 'firm_big' })).resolves.toBe('1')
  })
})
