import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  CodecMismatchError,
  InvalidValueError,
  KmsUnavailableError,
  PlaintextFoundError,
  UnknownFieldError,
  UnsupportedModeError,
  ValueTooLongError,
} from '../../src/errors/index.js'
import { parseCell } from '../../src/message/index.js'
import { createFieldseal } from '../../src/service/index.js'
import { createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { rotate } from '../support/core/key-rows.js'
import { encrypted, model, policyOf } from '../support/core/policy.js'

const firm = { tenant: 'firm_1' } as const
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

describe('encrypt and decrypt', () => {
  const values = [
    ['Client.ssn', '123-45-6789'],
    ['Client.ssn', ''],
    ['Client.birth', new Date('1969-12-31T23:59:59.999Z')],
    ['Client.age', -1],
    ['Client.visits', 2n ** 63n - 1n],
    ['Client.height', -0],
    ['Client.balance', '-12.5'],
    ['Client.active', false],
    ['Client.intake', { a: [null, 'ü', { b: 1 }] }],
    ['Client.intake', null],
    ['Client.scan', Uint8Array.of(0, 255)],
    ['Client.scan', new Uint8Array(0)],
    ['Client.aliases', ['a', '', 'b']],
    ['Client.aliases', []],
    ['Draft.text', 'context only'],
  ] as const

  it.each(values)('give back the value of %s: %s', async (field, value) => {
    const { fieldseal } = createBench()
    const cell = await fieldseal.encrypt(field, value, firm)
    if (value === null) return expect(cell).toBeNull()
    expect(typeof cell).toBe(field === 'Client.scan' ? 'object' : 'string')
    await expect(fieldseal.decrypt(field, cell, firm)).resolves.toStrictEqual(value)
  })

  it('leave null and undefined alone, without asking for a key', async () => {
    const { fieldseal, kms } = createBench()
    await expect(fieldseal.encrypt('Client.ssn', null, firm)).resolves.toBeNull()
    await expect(fieldseal.encrypt('Client.ssn', undefined, firm)).resolves.toBeNull()
    await expect(fieldseal.decrypt('Client.ssn', null, firm)).resolves.toBeNull()
    await expect(fieldseal.encryptMany('Client.ssn', [null, null], firm)).resolves.toEqual([null, null])
    expect(kms.generations).toEqual([])
  })

  it('take many values in order, nulls in their places, with one key for all', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const before = kms.unwraps.length
    const cells = await fieldseal.encryptMany('Client.ssn', ['a', null, 'b', undefined, ''], firm)
    expect(cells.map((cell) => cell === null)).toEqual([false, true, false, true, false])
    expect(kms.unwraps.length).toBe(before + 1)
    const opened = await fieldseal.decryptMany('Client.ssn', cells, firm)
    expect(opened).toEqual(['a', null, 'b', null, ''])
    await expect(fieldseal.encryptMany('Client.ssn', [], firm)).resolves.toEqual([])
    await expect(fieldseal.decryptMany('Client.ssn', [], firm)).resolves.toEqual([])
  })

  it('open cells of several keys in one batch', async () => {
    const bench = createBench()
    const cells: unknown[] = []
    for (let i = 0; i < 3; i++) {
      cells.push(await bench.fieldseal.encrypt('Client.ssn', `${i}`, firm))
      await rotate(bench.rows, bench.kms)
      bench.fieldseal.invalidate('firm_1')
    }
    expect(new Set(cells.map(keyIdOf)).size).toBe(3)
    await expect(bench.fieldseal.decryptMany('Client.ssn', cells, firm)).resolves.toEqual(['0', '1', '2'])
  })

  it('do all of a batch or none: one bad value, or one bad cell, fails it', async () => {
    const { fieldseal } = createBench()
    await thrownBy(InvalidValueError, () => fieldseal.encryptMany('Client.ssn', ['a', 7], firm))
    const cell = await fieldseal.encrypt('Client.ssn', 'a', firm)
    await thrownBy(PlaintextFoundError, () => fieldseal.decryptMany('Client.ssn', [cell, 'plain'], firm))
  })

  it('do not change what they are given', async () => {
    const { fieldseal } = createBench()
    const value = Object.freeze({ list: Object.freeze([1, 2]) })
    const values = Object.freeze([value, null])
    const cells = Object.freeze(await fieldseal.encryptMany('Client.intake', values, firm))
    await expect(fieldseal.decryptMany('Client.intake', cells, firm)).resolves.toEqual([value, null])
    const bytes = Uint8Array.of(1, 2, 3)
    const scan = await fieldseal.encrypt('Client.scan', bytes, firm)
    const before = Buffer.from(scan as Uint8Array)
    await fieldseal.decrypt('Client.scan', scan, firm)
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3))
    expect(before.equals(scan as Uint8Array)).toBe(true)
  })

  it('say when the type of a field has changed since the value was sealed', async () => {
    const bench = createBench()
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    const changed = policyOf({
      Client: model('Client', { kind: 'context' }, { ssn: encrypted('Client', 'ssn', { type: 'Int' }) }),
    })
    const later = createFieldseal({ policy: changed, store: bench.store, kms: bench.kms })
    const error = await thrownBy(CodecMismatchError, () => later.decrypt('Client.ssn', cell, firm))
    expect(error.message).toContain('Int')
  })

  it('follow the identity of a field through a rename, and not its name', async () => {
    const bench = createBench()
    const cell = await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    const renamed = policyOf({
      Patient: model(
        'Patient',
        { kind: 'context' },
        { taxId: encrypted('Patient', 'taxId', { fieldId: 'Client.ssn' }) },
      ),
    })
    const later = createFieldseal({ policy: renamed, store: bench.store, kms: bench.kms })
    await expect(later.decrypt('Patient.taxId', cell, firm)).resolves.toBe('1')
  })
})

function keyIdOf(cell: unknown): string {
  return parseCell(cell, {}).keyId
}

describe('the length of a value', () => {
  it('is limited by the field in bytes, not in characters, and the error names the limit only', async () => {
    const { fieldseal } = createBench()
    await expect(fieldseal.encrypt('Client.initials', 'äö', firm)).resolves.toMatch(/^enc::1\./)
    const error = await thrownBy(ValueTooLongError, () => fieldseal.encrypt('Client.initials', 'äöü', firm))
    expect(error).toMatchObject({ maxBytes: 4, model: 'Client', field: 'initials' })
    expect(error.message).not.toContain('äöü')
  })

  it('is limited to 64 MiB everywhere', async () => {
    const { fieldseal } = createBench()
    const largest = new Uint8Array(MAX_PAYLOAD_BYTES)
    const cell = await fieldseal.encrypt('Client.scan', largest, firm)
    expect(cell).toHaveLength(16 + 12 + 1 + MAX_PAYLOAD_BYTES + 16)
    const tooLong = new Uint8Array(MAX_PAYLOAD_BYTES + 1)
    const error = await thrownBy(ValueTooLongError, () => fieldseal.encrypt('Client.scan', tooLong, firm))
    expect(error.maxBytes).toBe(MAX_PAYLOAD_BYTES)
  })
})

describe('tag', () => {
  it('is equal for values that the index makes equal, and tells others apart', async () => {
    const { fieldseal } = createBench()
    const tags = await fieldseal.tagMany('Client.ssnIndex', ['123-45-6789', '123456789', '123456788', null], firm)
    expect(tags[0]).toMatch(/^[0-9a-z]{12}[0-9a-v]{6}\.[0-9a-v]{26}$/)
    expect(tags[1]).toBe(tags[0])
    expect(tags[2]).not.toBe(tags[0])
    expect(tags[3]).toBeNull()
    await expect(fieldseal.tag('Client.ssnIndex', '123-45-6789', firm)).resolves.toBe(tags[0])
  })

  it('of a compound index takes one value for each part, and is null if one of them is', async () => {
    const { fieldseal } = createBench()
    const birth = new Date(0)
    const tag = await fieldseal.tag('Client.nameBirthIndex', ['ADA', birth], firm)
    await expect(fieldseal.tag('Client.nameBirthIndex', ['ada', birth.toISOString()], firm)).resolves.toBe(tag)
    await expect(fieldseal.tag('Client.nameBirthIndex', ['ada', new Date(1)], firm)).resolves.not.toBe(tag)
    await expect(fieldseal.tag('Client.nameBirthIndex', ['ada', null], firm)).resolves.toBeNull()
    await expect(fieldseal.tag('Client.nameBirthIndex', [undefined, birth], firm)).resolves.toBeNull()
    await expect(fieldseal.tag('Client.nameBirthIndex', null, firm)).resolves.toBeNull()
  })

  it.each([[['ada']], [['ada', new Date(0), 1]], ['ada'], [[]], [['ada', null, null]]])(
    'of a compound index refuses %j, naming the parts',
    async (value) => {
      const { fieldseal } = createBench()
      const error = await thrownBy(InvalidValueError, () => fieldseal.tag('Client.nameBirthIndex', value, firm))
      expect(error.message).toContain('name, birth')
    },
  )

  it('differs between tenants under a tenant index, and is one under a global index', async () => {
    const { fieldseal, rows } = createBench()
    const other = { tenant: 'firm_2' }
    const mine = await fieldseal.tag('Client.nameIndex', 'Ada', firm)
    await expect(fieldseal.tag('Client.nameIndex', 'Ada', other)).resolves.not.toBe(mine)
    const global = await fieldseal.tag('User.emailIndex', 'Ada@example.com', firm)
    await expect(fieldseal.tag('User.emailIndex', ' ada@EXAMPLE.com', other)).resolves.toBe(global)
    const [row] = await rows.find([String(global).slice(0, 12)])
    expect(row).toMatchObject({ tenant: '', purpose: 'index' })
  })

  it('is the same from every process', async () => {
    const bench = createBench()
    const tag = await bench.fieldseal.tag('Client.ssnIndex', '1', firm)
    await expect(bench.another().fieldseal.tag('Client.ssnIndex', '1', firm)).resolves.toBe(tag)
  })
})

describe('a name the policy does not have', () => {
  it('is an error that lists those it has', async () => {
    const { fieldseal, kms } = createBench()
    const names: readonly string[] = ['Client.ssnn', 'Client.id', 'Client.ssnIndex', 'ssn', '__proto__', 'constructor']
    for (const name of names) {
      const error = await thrownBy(UnknownFieldError, () => fieldseal.encrypt(name as 'Client.ssn', '1', firm))
      expect(error.message).toContain('Client.ssn')
      await thrownBy(UnknownFieldError, () => fieldseal.decrypt(name as 'Client.ssn', '1', firm))
    }
    await thrownBy(UnknownFieldError, () => fieldseal.tag('Client.ssn' as 'Client.ssnIndex', '1', firm))
    expect(kms.generations).toEqual([])
  })
})

describe('a service', () => {
  it('is not made for a policy this release does not serve', () => {
    const { store, kms } = createBench()
    const policy = policyOf({
      Client: model('Client', { kind: 'none' }, { ssn: encrypted('Client', 'ssn', { mode: 'mixed' }) }),
    })
    expect(() => createFieldseal({ policy, store, kms })).toThrow(UnsupportedModeError)
  })

  it('reads nothing until it is used', () => {
    const { store, kms } = createBench()
    expect(store.loads).toEqual([])
    expect(kms.unwraps).toEqual([])
  })

  it('warms keys ahead of use', async () => {
    const { fieldseal, kms } = createBench({ cache: { scope: 'process' } })
    await fieldseal.warm(['firm_1', ''])
    const before = kms.unwraps.length
    await fieldseal.encrypt('Client.ssn', '1', firm)
    await fieldseal.tag('Client.ssnIndex', '1', firm)
    await fieldseal.encrypt('Setting.secret', '1')
    expect(kms.unwraps.length).toBe(before)
  })

  it('works on with a KMS that comes back', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    kms.before = () => {
      throw new KmsUnavailableError('timeout')
    }
    await thrownBy(KmsUnavailableError, () => fieldseal.encrypt('Client.ssn', '1', firm))
    kms.before = () => undefined
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).resolves.toMatch(/^enc::1\./)
  })

  it('can be used after dispose(), with keys loaded anew', async () => {
    const { fieldseal, kms } = createBench({ cache: { scope: 'process' } })
    await fieldseal.encrypt('Client.ssn', '1', firm)
    const before = kms.unwraps.length
    fieldseal.dispose()
    await fieldseal.encrypt('Client.ssn', '1', firm)
    expect(kms.unwraps.length).toBe(before + 1)
  })

  it('shows no key when inspected, while it holds some', async () => {
    const { fieldseal, kms } = createBench({ cache: { scope: 'process' } })
    await fieldseal.encrypt('Client.ssn', '1', firm)
    const shown = inspect(fieldseal, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    expect(shown).not.toMatch(/Buffer|Uint8Array/)
    for (const { copy } of kms.unwrapped) expect(shown).not.toContain(copy.toString('hex').slice(0, 16))
  })
})
