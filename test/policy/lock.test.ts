import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LockFileError } from '../../src/errors/index.js'
import { compareLock, compilePolicy, type Lock, lockOf, parseLock, printLock } from '../../src/policy/index.js'
import { column, model, OPTIONAL, schemaOf } from './schema-builder.js'

const policy = compilePolicy(
  schemaOf([
    model('Client', [
      column('ssn', 'String', '@encrypted'),
      column('counts', 'String', '@encrypted(type: [Int], id: "Old.counts")'),
      column('ssnIndex', 'String', '@blindIndex(ssn, scope: global)', OPTIONAL),
    ]),
  ]),
  'digest',
)
const lock = lockOf(policy, new Map([['Client.ssnIndex', '2cqo58']]))
const text = `{
  "version": 1,
  "fields": {
    "Client.ssn": {"type":"String","list":false,"column":"String"},
    "Old.counts": {"type":"Int","list":true,"column":"String"}
  },
  "indexes": {
    "Client.ssnIndex": {"definitionId":"2cqo58","scope":"global"}
  }
}
`
const without = (id: string): Lock => ({
  fields: new Map([...lock.fields].filter(([other]) => other !== id)),
  indexes: new Map([...lock.indexes].filter(([other]) => other !== id)),
})
const messages = (old: Lock, next: Lock): string =>
  compareLock(old, next)
    .map((problem) => problem.message)
    .join('\n')

const id = fc.stringMatching(/^[\x21-\x7e]{1,20}$/)
const anyLock: fc.Arbitrary<Lock> = fc.record({
  fields: fc
    .array(
      fc.tuple(
        id,
        fc.record({
          type: fc.constantFrom('String' as const, 'Int' as const),
          list: fc.boolean(),
          column: fc.constantFrom('String' as const, 'Bytes' as const),
        }),
      ),
    )
    .map((entries) => new Map(entries)),
  indexes: fc
    .array(
      fc.tuple(
        id,
        fc.record({
          definitionId: fc.stringMatching(/^[0-9a-v]{6}$/),
          scope: fc.constantFrom('tenant' as const, 'global' as const),
        }),
      ),
    )
    .map((entries) => new Map(entries)),
})

describe('fieldseal.lock', () => {
  it('has one sorted line an identity', () => {
    expect(printLock(lock)).toBe(text)
  })

  it('is the same text in whatever order the identities come', () => {
    fc.assert(
      fc.property(anyLock, (some) => {
        const reversed = { fields: new Map([...some.fields].reverse()), indexes: new Map([...some.indexes].reverse()) }
        expect(printLock(reversed)).toBe(printLock(some))
      }),
    )
  })

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(anyLock, (some) => {
        expect(parseLock(printLock(some))).toEqual(some)
      }),
    )
  })

  it('reads lines in any order and with any line ends, as a merge may leave them', () => {
    const lines = text.split('\n')
    const merged = [
      ...lines.slice(0, 3),
      '    "Old.counts": {"type":"Int","list":true,"column":"String"},',
      '    "Client.ssn": {"type":"String","list":false,"column":"String"}',
      ...lines.slice(5),
    ]
    expect(parseLock(merged.join('\r\n'))).toEqual(lock)
  })

  it.each([
    ['', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    [`<<<<<<< HEAD\n${text}`, 'not JSON'],
    [text.replace('"version": 1', '"version": 2'), 'its version is not 1'],
    [text.replace('"indexes"', '"other"'), 'no "fields" or no "indexes"'],
    [text.replace('"type":"Int"', '"type":"Number"'), 'its line "Old.counts" is malformed'],
    [text.replace('"scope":"global"', '"scope":"all"'), 'its line "Client.ssnIndex" is malformed'],
    [text.replace('"Old.counts": {', '"Client.ssn": {'), 'names an identity twice'],
    [text.replace('"version": 1', '"version": 1, "more": 2'), 'content that fieldseal does not write'],
    [text.replace('"list":true', '"list":true,"x":1'), 'content that fieldseal does not write'],
  ])('refuses %j', (broken, reason) => {
    expect(() => parseLock(broken, 'a/fieldseal.lock')).toThrow(LockFileError)
    expect(() => parseLock(broken, 'a/fieldseal.lock')).toThrow(reason)
  })

  it('throws nothing but LockFileError, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (some) => {
        expect(() => parseLock(some)).toThrow(LockFileError)
      }),
    )
  })

  it('needs the definition id of every index', () => {
    expect(() => lockOf(policy, new Map())).toThrow('no definition id for the index Client.ssnIndex')
  })
})

describe('compareLock', () => {
  it('finds nothing in an unchanged policy or in new identities', () => {
    expect(compareLock(lock, lock)).toEqual([])
    expect(compareLock(without('Client.ssn'), lock)).toEqual([])
    expect(compareLock(without('Client.ssnIndex'), lock)).toEqual([])
  })

  it('finds a field that vanished, and says how to keep its data readable', () => {
    const found = messages(lock, without('Client.ssn'))
    expect(found).toContain('no field has the id "Client.ssn" any more. If the field was renamed, add id: "Client.ssn"')
    expect(found).toContain('remove the line from the lock')
  })

  it('names new fields that the vanished one may have become', () => {
    const renamed = new Map(without('Client.ssn').fields)
      .set('Client.socialNumber', { type: 'String', list: false, column: 'String' })
      .set('Client.age', { type: 'Int', list: false, column: 'String' })
    expect(messages(lock, { ...lock, fields: renamed })).toContain('any more (new: Client.socialNumber).')
  })

  it('finds an index that vanished', () => {
    expect(messages(lock, without('Client.ssnIndex'))).toContain('add id: "Client.ssnIndex" to its @blindIndex')
  })

  it.each([
    [{ type: 'Bytes', list: false, column: 'String' }],
    [{ type: 'String', list: true, column: 'String' }],
    [{ type: 'String', list: false, column: 'Json' }],
  ] as const)('finds a field that became %j', (after) => {
    const next = { ...lock, fields: new Map(lock.fields).set('Client.ssn', after) }
    expect(messages(lock, next)).toContain('stored cells could not be opened any more')
  })

  it.each([[{ definitionId: 'aaaaaa', scope: 'global' }], [{ definitionId: '2cqo58', scope: 'tenant' }]] as const)(
    'finds an index that became %j',
    (after) => {
      const next = { ...lock, indexes: new Map(lock.indexes).set('Client.ssnIndex', after) }
      expect(messages(lock, next)).toContain('stored tags would not match any more')
    },
  )
})
