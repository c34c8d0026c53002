import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { offers } from '../capabilities.js'
import { run } from '../support/calls.js'
import type { Args, ModelDelegate, Row } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { kindsDefaults, prepareKinds, providerOf } from '../support/kinds.js'
import { skipOf } from '../support/prisma-skip.js'
import type { SealedBench } from '../support/sealed-client.js'
import { storedRows, storedText, unsealedValues } from '../support/stored.js'

const BYTES = Uint8Array.from([0, 255, 0x46, 0x53, 0x4c, 1])
const EVERY_CHARACTER = `${String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code))} é é 𝄞 👩‍👩‍👧 \u{10FFFF} ﷽`
/** Well formed as a cell, but of a key that is not there. */
const FOREIGN_CELL = `enc::1.000000000000.${'A'.repeat(40)}`

/** What is written, and what must come back: the same, unless a second value is given. */
const ROUND_TRIPS: { readonly [name: string]: readonly [field: string, written: unknown, read?: unknown] } = {
  'the empty string': ['text', ''],
  'a text of every kind of character': ['text', EVERY_CHARACTER],
  'a text of 4 MiB': ['text', 'µ'.repeat(2 * 1024 * 1024)],
  'a text that begins like a cell': ['text', 'enc::1.'],
  'a text like a cell of another format': ['text', 'enc::99.whatever'],
  'a text like a cell of an unknown key': ['text', FOREIGN_CELL],
  'a text that says null': ['text', 'null'],
  'a text with spaces around it': ['text', '  x \n'],
  'an object': ['json', { b: [1, 2.5, -0.1, null, true, { deep: 'x' }], a: '' }],
  'a list': ['json', [1, [2, [3]]]],
  'an empty object': ['json', {}],
  'an object with a set': ['json', { set: { set: 1 } }],
  'an object with names that objects have': ['json', { constructor: 1, toString: 'x', equals: null }],
  'a string as Json': ['json', 'just text'],
  'a string as Json that begins like a cell': ['json', FOREIGN_CELL],
  'a number as Json': ['json', 0],
  'false as Json': ['json', false],
  bytes: ['bytes', BYTES],
  'no bytes': ['bytes', new Uint8Array(0)],
  'a Buffer': ['bytes', Buffer.from(BYTES), BYTES],
  'part of a larger buffer': ['bytes', Buffer.from([9, ...BYTES, 9]).subarray(1, -1), BYTES],
  'bytes that begin like a cell': ['bytes', new TextEncoder().encode(`FSL\u0001${'k'.repeat(60)}`)],
  zero: ['int', 0],
  'the least Int': ['int', -(2 ** 31)],
  'the greatest Int': ['int', 2 ** 31 - 1],
  'a BigInt': ['bigInt', 2n ** 63n - 1n],
  'a negative BigInt': ['bigInt', -(2n ** 63n)],
  'a number as BigInt': ['bigInt', 5, 5n],
  'a Float': ['float', 0.1],
  'negative zero': ['float', -0],
  'the greatest Float': ['float', Number.MAX_VALUE],
  'a Decimal as text': ['decimal', '12345678901234567890.123456789'],
  'a Decimal as a number': ['decimal', 1e-7, '0.0000001'],
  'a Decimal with zeros at its end': ['decimal', '12.50', '12.5'],
  true: ['boolean', true],
  false: ['boolean', false],
  'a Date': ['dateTime', new Date('2024-02-29T23:59:59.999Z')],
  'a Date before 1970': ['dateTime', new Date('1815-12-10T00:00:00.001Z')],
  'a Date as text': ['dateTime', '2024-02-29T23:59:59.5+02:00', new Date('2024-02-29T21:59:59.500Z')],
  'a list of texts': ['texts', ['', 'a', FOREIGN_CELL, '[]']],
  'a list of nothing': ['texts', []],
  'a list of Decimals': ['decimals', ['1.10', 2, '-0'], ['1.1', '2', '0']],
  'as many bytes as the column takes': ['short', 'ééééé'],
}

const REFUSED: { readonly [name: string]: readonly [field: string, value: unknown, code: string] } = {
  'a text with half of a character': ['text', 'a\ud800', 'INVALID_VALUE'],
  'a number as text': ['text', 5, 'INVALID_VALUE'],
  'text as bytes': ['bytes', 'secret-value', 'INVALID_VALUE'],
  'a list as bytes': ['bytes', [1, 2], 'INVALID_VALUE'],
  'a fraction as Int': ['int', 1.5, 'INVALID_VALUE'],
  'text as Int': ['int', '5', 'INVALID_VALUE'],
  'an Int beyond 32 bits': ['int', 2 ** 31, 'INVALID_VALUE'],
  'a BigInt beyond 64 bits': ['bigInt', 2n ** 63n, 'INVALID_VALUE'],
  'NaN as Float': ['float', Number.NaN, 'INVALID_VALUE'],
  'text that is no Decimal': ['decimal', 'secret-value', 'INVALID_VALUE'],
  'text as Boolean': ['boolean', 'true', 'INVALID_VALUE'],
  'text that is no date': ['dateTime', 'secret-value', 'INVALID_VALUE'],
  'a Date that is none': ['dateTime', new Date(Number.NaN), 'INVALID_VALUE'],
  'Json with a bigint': ['json', { a: 1n }, 'INVALID_VALUE'],
  'one value for a list': ['texts', 'secret-value', 'INVALID_VALUE'],
  'null in a list': ['texts', ['a', null], 'INVALID_VALUE'],
  'text longer than the column': ['short', 'secret-value', 'VALUE_TOO_LONG'],
  'text with more bytes than characters': ['short', 'éééééé', 'VALUE_TOO_LONG'],
}

describe.each(databasesUnderTest())('values on %s', (database) => {
  let bench: SealedBench
  let kinds: ModelDelegate
  let nulls: { readonly [name: string]: unknown }

  beforeAll(async () => {
    bench = await prepareKinds(database)
    kinds = Reflect.get(bench.sealed, 'kinds') as ModelDelegate
    nulls = bench.module.Prisma
  })
  afterAll(() => bench?.dispose())
  afterEach(async () => {
    await (Reflect.get(bench.base, 'kinds') as ModelDelegate).deleteMany()
  })

  const create = (data: Args): Promise<Row> =>
    run(bench.sealed, { model: 'kinds', operation: 'create', args: { data } })
  async function read(row: Row): Promise<Row> {
    return kinds.findUniqueOrThrow({ where: { id: Number(row.id) } })
  }

  test.each(Object.entries(ROUND_TRIPS))(
    '%s comes back as it was written',
    async (_, [field, written, read_ = written]) => {
      const created = await create({ [field]: written })
      expect(created[field]).toEqual(read_)
      const other = await create({})
      await kinds.update({
        where: { id: Number(other.id) },
        data: { [field]: field === 'json' ? written : { set: written } },
      })
      await kinds.createMany({ data: [{ [field]: written }] })
      const rows = await kinds.findMany()
      expect(rows.map((row) => row[field])).toEqual([read_, read_, read_])
      expect(await unsealedValues(bench, 'Kinds')).toEqual([])
    },
  )

  test.each(Object.entries(REFUSED))(
    '%s is refused, without naming the value, and nothing is stored',
    async (_, [field, value, code]) => {
      const error: unknown = await create({ [field]: value }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code, model: 'Kinds', field })
      expect(String(error)).not.toContain('secret-value')
      expect(await storedRows(bench, 'Kinds')).toEqual([])
    },
  )

  test('a cell copied from another row is sealed like any text, and comes back byte for byte', async () => {
    await create({ text: 'original' })
    const [{ text: cell } = {}] = await storedRows(bench, 'Kinds')
    const copy = await create({ text: cell, json: cell, texts: [cell] })
    expect(await read(copy)).toMatchObject({ text: cell, json: cell, texts: [cell] })
    expect((await kinds.findMany({ where: { text: cell } })).map(({ id }) => id)).toEqual([copy.id])
  })

  test('results have the classes Prisma promises', async () => {
    const row = await read(await create({ bytes: Buffer.from(BYTES), dateTime: new Date(0), bigInt: 1n, json: [{}] }))
    expect(Object.getPrototypeOf(row.bytes)).toBe(Uint8Array.prototype)
    expect(Object.getPrototypeOf(row.logo)).toBe(Uint8Array.prototype)
    expect(row.dateTime).toBeInstanceOf(Date)
    expect(typeof row.bigInt).toBe('bigint')
    expect(row.json).toEqual([{}])
  })

  test('decimals come back in the client’s own class where the policy names it, and as text where not', async () => {
    const Decimal = bench.module.Prisma.Decimal as new (text: string) => object
    const withClass = bench.extend({ policy: { ...bench.policy, runtime: { Decimal } } })
    const decimal = new Decimal('0.30000000000000004')
    const delegate = Reflect.get(withClass, 'kinds') as ModelDelegate
    const row = await delegate.create({ data: { decimal, decimals: [decimal, '1'] } })
    for (const value of [row.decimal, ...(row.decimals as unknown as Row[])]) expect(value).toBeInstanceOf(Decimal)
    expect(String(row.decimal)).toBe('0.30000000000000004')
    expect((await delegate.findMany({ where: { decimal } })).length).toBe(1)
    expect((await read(row)).decimal).toBe('0.30000000000000004')
  })

  test('null is stored as NULL, and JSON null as a cell', async () => {
    const { DbNull, JsonNull } = nulls
    const row = await create({ text: null, json: JsonNull, bytes: null, int: null, texts: null })
    await create({ json: DbNull, text: 'x' })
    const stored = await storedRows(bench, 'Kinds')
    expect(stored.map(({ json }) => json === null)).toEqual([false, true])
    expect(stored[0]).toMatchObject({ text: null, textIndex: null, bytes: null, int: null, texts: null })
    expect(await unsealedValues(bench, 'Kinds')).toEqual([])
    expect(await read(row)).toMatchObject({ text: null, json: null, bytes: null, int: null, texts: null })
    expect(await kinds.count({ where: { json: { equals: DbNull } } })).toBe(1)
    expect(await kinds.count({ where: { json: { not: DbNull } } })).toBe(1)
    await kinds.update({ where: { id: Number(row.id) }, data: { json: DbNull } })
    expect(await kinds.count({ where: { json: { equals: DbNull } } })).toBe(2)
  })

  test.each(['JsonNull', 'DbNull'])('%s inside a Json value is refused, and nothing is stored', async (name) => {
    for (const json of [{ a: nulls[name] }, [[nulls[name]]], { a: { b: [{ c: nulls[name] }] } }]) {
      await expect(create({ json })).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION', field: 'json' })
    }
    expect(await storedRows(bench, 'Kinds')).toEqual([])
  })

  test.each([
    ['undefined', () => undefined],
    ['Prisma.skip', () => skipOf(bench)],
  ])('%s leaves a field as it is, and is no filter', async (name, made) => {
    const nothing = made()
    if (name === 'Prisma.skip' && !offers('skipWithExtensions', database)) {
      await expect(create({ text: 'kept', greeting: nothing })).rejects.toMatchObject({ code: 'INVALID_VALUE' })
      return
    }
    const row = await create({ text: 'kept', greeting: nothing, json: nothing })
    const id = Number(row.id)
    await kinds.update({ where: { id, text: nothing }, data: { text: nothing, given: nothing, int: 3 } })
    expect(await read(row)).toMatchObject({ text: 'kept', greeting: 'hello there', int: 3, json: null })
    const where = { text: { equals: nothing, in: ['kept'] }, int: nothing, AND: nothing, OR: nothing }
    expect(await kinds.count({ where })).toBe(1)
    expect(await kinds.findMany({ where: nothing, select: { id: true, text: nothing } })).toEqual([{ id }])
    expect(await kinds.updateMany({ where: nothing, data: { int: 4 } })).toEqual({ count: 1 })
  })

  test('constant defaults are sealed by every operation that makes a row', async () => {
    const defaults = kindsDefaults(providerOf(database))
    expect(await create({})).toMatchObject(defaults)
    await kinds.createMany({ data: [{}, { greeting: undefined }] })
    await kinds.upsert({ where: { id: -1 }, create: {}, update: {} })
    if (offers('createManyAndReturn', database)) {
      expect(await kinds.createManyAndReturn({ data: [{}] })).toMatchObject([defaults])
    } else await create({})
    const rows = await kinds.findMany()
    expect(rows.length).toBe(5)
    for (const row of rows) expect(row).toMatchObject(defaults)
    expect(await unsealedValues(bench, 'Kinds')).toEqual([])
    expect(await storedText(bench, 'Kinds')).not.toMatch(/hello there|dark mode|20260131|picture of/)
  })

  test('a default is not put over a value, nor into an update', async () => {
    const row = await create({ greeting: 'mine' })
    await kinds.update({ where: { id: Number(row.id) }, data: { int: 1 } })
    expect((await read(row)).greeting).toBe('mine')
  })

  test('filters take values of the logical type', async () => {
    const Decimal = bench.module.Prisma.Decimal as new (text: string) => object
    await create({
      int: 5,
      bigInt: 7n,
      float: -0,
      decimal: '1.50',
      dateTime: new Date(86_400_000),
      bytes: BYTES,
      handle: 'ADA',
    })
    await create({ int: 6, bigInt: 8n, float: 1, decimal: '2', dateTime: new Date(1), bytes: BYTES.subarray(1) })
    const filters: Args[] = [
      { int: 5 },
      { int: { in: [5, 7] } },
      { bigInt: 7n },
      { bigInt: { not: 8 } },
      { float: 0 },
      { decimal: 1.5 },
      { decimal: new Decimal('1.5') },
      { dateTime: new Date(86_400_000) },
      { dateTime: '1970-01-02T00:00:00Z' },
      { dateTime: { notIn: [new Date(1)] } },
      { bytes: Buffer.from(BYTES) },
      { bytes: { not: BYTES.subarray(1) } },
      { handle: 'ada' },
      { handle: { not: null } },
    ]
    for (const where of filters) expect([where, await kinds.count({ where })]).toEqual([where, 1])
    expect(await kinds.findUnique({ where: { handle: 'aDa' } })).toMatchObject({ handle: 'ADA', int: 5 })
    // equivalence: true says that 'ADA' and 'ada' are the same value, so they may be told from others.
    expect(await kinds.count({ where: { handle: { not: 'ada' } } })).toBe(0)
    expect(await kinds.count({ where: { NOT: { handle: 'someone' } } })).toBe(1)
  })
})
