import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Call, run } from '../support/calls.js'
import type { Args, ModelDelegate } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareKinds } from '../support/kinds.js'
import type { SealedBench } from '../support/sealed-client.js'
import { overwrite, storedRows } from '../support/stored.js'

/** Look-ups of one row that an index answers; each names client `ada`. */
const LOOKUPS: { readonly [name: string]: Omit<Call, 'model'> } = {
  'findUnique by an encrypted unique field': { operation: 'findUnique', args: { where: { ssn: '1' } } },
  'findUnique that selects another field': {
    operation: 'findUnique',
    args: { where: { ssn: '1' }, select: { city: true } },
  },
  'findUnique that omits the field': { operation: 'findUnique', args: { where: { ssn: '1' }, omit: { ssn: true } } },
  findUniqueOrThrow: { operation: 'findUniqueOrThrow', args: { where: { ssn: '1' } } },
  'findFirst by a field with an index': { operation: 'findFirst', args: { where: { email: 'ada@example.com' } } },
  'findFirstOrThrow with equals': {
    operation: 'findFirstOrThrow',
    args: { where: { email: { equals: 'ada@example.com' } } },
  },
  'findUnique by a compound unique': {
    operation: 'findUnique',
    args: { where: { firmId_phone: { firmId: 'firm_1', phone: '555-1' } }, select: { id: true } },
  },
}

/** Writes of one row that an index answers; each names client `ada`, and changes something else than it is found by. */
const WRITES: { readonly [name: string]: (client: ModelDelegate) => PromiseLike<unknown> } = {
  update: (client) => client.update({ where: { ssn: '1' }, data: { city: 'changed' } }),
  'update that selects another field': (client) =>
    client.update({ where: { ssn: '1' }, data: { city: 'changed' }, select: { id: true } }),
  'update by a compound unique': (client) =>
    client.update({
      where: { firmId_phone: { firmId: 'firm_1', phone: '555-1' } },
      data: { city: 'changed' },
      omit: { phone: true },
    }),
  upsert: (client) =>
    client.upsert({ where: { ssn: '1' }, update: { city: 'changed' }, create: { name: 'x', ssn: '1' } }),
  delete: (client) => client.delete({ where: { ssn: '1' }, select: { id: true } }),
  'a relation of an update': (client) =>
    client.update({ where: { ssn: '1' }, data: { city: 'changed' } }).referrals?.() ?? Promise.reject(),
}

/** Fluent calls from client `ada`, and what a plain client answers. */
const FLUENT: {
  readonly [name: string]: readonly [(client: ModelDelegate, ssn: string) => PromiseLike<unknown>, unknown]
} = {
  'a list': [
    (client, ssn) => client.findUnique({ where: { ssn } }).referrals?.({ select: { id: true } }) ?? Promise.reject(),
    [{ id: 'bob' }],
  ],
  'a single row': [
    (client, ssn) => client.findUnique({ where: { ssn } }).firm?.() ?? Promise.reject(),
    { id: 'firm_1', name: 'firm_1' },
  ],
  'a row that is not there': [
    (client, ssn) => client.findFirst({ where: { ssn } }).referredBy?.() ?? Promise.reject(),
    null,
  ],
  'what lies behind a row that is not there': [
    (client, ssn) => client.findUniqueOrThrow({ where: { ssn } }).referredBy?.().notes?.() ?? Promise.reject(),
    null,
  ],
  'what lies behind another row': [
    (client, ssn) => client.findUnique({ where: { ssn } }).firm?.().users?.() ?? Promise.reject(),
    [],
  ],
}

describe.each(databasesUnderTest())('what was changed behind the client’s back is found, on %s', (database) => {
  let bench: SealedBench

  const inFirm = <T>(work: () => PromiseLike<T>, firm = 'firm_1'): Promise<T> =>
    bench.sealed.$fieldseal.withTenant(firm, work)
  const code = (work: () => PromiseLike<unknown>): Promise<unknown> =>
    inFirm(work).then(
      (result) => result,
      (error: unknown) => Reflect.get(Object(error), 'code'),
    )

  beforeAll(async () => {
    bench = await prepareKinds(database)
    for (const id of ['firm_1', 'firm_2']) await bench.base.firm.create({ data: { id, name: id } })
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await bench.base.client.updateMany({ data: { referredById: null } })
    await bench.base.client.deleteMany()
    const create = (data: Args) => bench.sealed.client.create({ data })
    await inFirm(() => create({ id: 'ada', name: 'Ada', ssn: '1', email: 'ada@example.com', phone: '555-1' }))
    const bob = { id: 'bob', name: 'Bob', ssn: '2', email: 'bob@example.com', phone: '555-2', referredById: 'ada' }
    await inFirm(() => create(bob))
    await inFirm(() => create({ id: 'eve', name: 'Eve', ssn: '1' }), 'firm_2')
  })

  const stored = async (id: string, column: string): Promise<string> => {
    const row = (await storedRows(bench, 'Client')).find((candidate) => candidate.id === id)
    return String(row?.[column])
  }

  async function swap(column: string): Promise<void> {
    const [ada, bob] = [await stored('ada', column), await stored('bob', column)]
    await overwrite(bench, 'Client', column, 'bob', null)
    await overwrite(bench, 'Client', column, 'ada', bob)
    await overwrite(bench, 'Client', column, 'bob', ada)
  }

  test.each(Object.entries(LOOKUPS))('two rows’ tags were swapped: %s', async (_, call) => {
    const ask = () => run(bench.sealed, { ...call, model: 'client' })
    await expect(inFirm(ask)).resolves.toBeTruthy()
    for (const column of ['ssnIndex', 'emailIndex', 'phoneIndex']) await swap(column)
    expect(await code(ask)).toBe('INDEX_INTEGRITY')
  })

  const swapAll = async (): Promise<void> => {
    for (const column of ['ssnIndex', 'emailIndex', 'phoneIndex']) await swap(column)
  }
  const rows = async (): Promise<unknown> => {
    const stored = await storedRows(bench, 'Client')
    return stored.map(({ id, city }) => ({ id, city }))
  }

  test.each(Object.entries(WRITES))(
    'two rows’ tags were swapped, and a write met the wrong one: %s, undone by its transaction',
    async (_, write) => {
      await swapAll()
      const before = await rows()
      const asked = inFirm(() => bench.sealed.$transaction((tx) => Promise.resolve(write(tx.client))))
      await expect(asked).rejects.toMatchObject({ code: 'INDEX_INTEGRITY', model: 'Client' })
      await expect(asked).rejects.toThrow(/carried out on that row, unless the transaction it is in is rolled back/)
      expect(await rows()).toEqual(before)
    },
  )

  test.each(Object.entries(WRITES))('%s of the right row is none', async (_, write) => {
    await inFirm(() => write(bench.sealed.client))
    expect(await rows()).not.toContainEqual({ id: 'ada', city: null })
  })

  test('what an upsert makes need not hold what it looked for', async () => {
    const upsert = (create: Args) =>
      inFirm(() =>
        bench.sealed.client.upsert({ where: { ssn: '77' }, update: { city: 'x' }, create, select: { id: true } }),
      )
    expect(await upsert({ id: 'other', name: 'x', ssn: '78' })).toEqual({ id: 'other' })
    expect(await upsert({ id: 'none', name: 'x' })).toEqual({ id: 'none' })
    expect(await upsert({ id: 'same', name: 'x', ssn: '7-7' })).toEqual({ id: 'same' })
  })

  test('after a change of the very field a row was found by nothing is left to compare', async () => {
    await swapAll()
    const changed = await inFirm(() => bench.sealed.client.update({ where: { ssn: '1' }, data: { ssn: '9' } }))
    expect(changed).toMatchObject({ id: 'bob', ssn: '9' })
  })

  test.each(Object.entries(FLUENT))('two rows’ tags were swapped: a fluent call for %s', async (_, [ask, answer]) => {
    expect(await inFirm(() => ask(bench.sealed.client, '1'))).toEqual(answer)
    await swapAll()
    expect(await code(() => ask(bench.sealed.client, '1'))).toBe('INDEX_INTEGRITY')
  })

  test('a fluent call from a row that is not there is as on a plain client', async () => {
    const list = inFirm(async () => bench.sealed.client.findUnique({ where: { ssn: '99' } }).referrals?.())
    expect(await list).toBeNull()
    expect(await code(async () => bench.sealed.client.findUniqueOrThrow({ where: { ssn: '99' } }).firm?.())).toBe(
      'P2025',
    )
  })

  test('two rows’ tags of a compound index were swapped', async () => {
    const create = (data: Args) => run(bench.sealed, { model: 'kinds', operation: 'create', args: { data } })
    const ada = await create({ given: 'Ada', family: 'Lovelace' })
    const bob = await create({ given: 'Bob', family: 'Boole' })
    const ask = () =>
      run(bench.sealed, {
        model: 'kinds',
        operation: 'findUnique',
        args: { where: { given: 'Ada', family: 'Lovelace' }, select: { id: true } },
      })
    expect(await ask()).toEqual({ id: ada.id })
    const tags = (await storedRows(bench, 'Kinds')).map(({ fullNameIndex }) => String(fullNameIndex))
    await overwrite(bench, 'Kinds', 'fullNameIndex', Number(bob.id), null)
    await overwrite(bench, 'Kinds', 'fullNameIndex', Number(ada.id), tags[1] ?? null)
    await overwrite(bench, 'Kinds', 'fullNameIndex', Number(bob.id), tags[0] ?? null)
    expect(await code(ask)).toBe('INDEX_INTEGRITY')
  })

  test('a value of the same class is no sign of it', async () => {
    await inFirm(() => bench.sealed.client.update({ where: { id: 'ada' }, data: { ssn: '  1-' } }))
    expect(await code(() => bench.sealed.client.findUnique({ where: { ssn: '1' }, select: { ssn: true } }))).toEqual({
      ssn: '  1-',
    })
  })

  const read = (): PromiseLike<unknown> => bench.sealed.client.findUnique({ where: { id: 'ada' } })

  test('a cell was moved to another field', async () => {
    await overwrite(bench, 'Client', 'name', 'ada', await stored('ada', 'ssn'))
    expect(await code(read)).toBe('AUTHENTICATION_FAILED')
  })

  test('a cell was moved from a row of another tenant', async () => {
    await overwrite(bench, 'Client', 'name', 'ada', await stored('eve', 'name'))
    expect(await code(read)).toBe('FOREIGN_TENANT_KEY')
  })

  test('a row was moved to another tenant', async () => {
    await overwrite(bench, 'Client', 'firmId', 'eve', 'firm_1')
    expect(await code(() => bench.sealed.client.findMany())).toBe('FOREIGN_TENANT_KEY')
  })

  test('plaintext was written', async () => {
    await overwrite(bench, 'Client', 'name', 'ada', 'Ada')
    expect(await code(read)).toBe('PLAINTEXT_FOUND')
  })

  test('a cell was cut short, or its key or a byte of it changed', async () => {
    const cell = await stored('ada', 'name')
    const changed = {
      MALFORMED_CELL: cell.slice(0, 40),
      UNKNOWN_KEY: `enc::1.000000000000${cell.slice(19)}`,
      UNKNOWN_FORMAT: cell.replace('enc::1', 'enc::7'),
      AUTHENTICATION_FAILED: cell.replace(/.(.{20})$/, (end, rest: string) =>
        end.startsWith('A') ? `B${rest}` : `A${rest}`,
      ),
    }
    for (const [expected, text] of Object.entries(changed)) {
      await overwrite(bench, 'Client', 'name', 'ada', text)
      expect(await code(read)).toBe(expected)
    }
  })

  test('fields that are not asked for are not opened', async () => {
    await overwrite(bench, 'Client', 'name', 'ada', 'Ada')
    const select = { ssn: true }
    expect(await code(() => bench.sealed.client.findUnique({ where: { id: 'ada' }, select }))).toEqual({ ssn: '1' })
    const omit = { name: true }
    expect(await code(() => bench.sealed.client.findUnique({ where: { id: 'ada' }, omit }))).toMatchObject({ ssn: '1' })
  })
})
