import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Call, run } from '../support/calls.js'
import type { Args } from '../support/client-types.js'
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
    await bench.base.client.deleteMany()
    const create = (data: Args) => bench.sealed.client.create({ data })
    await inFirm(() => create({ id: 'ada', name: 'Ada', ssn: '1', email: 'ada@example.com', phone: '555-1' }))
    await inFirm(() => create({ id: 'bob', name: 'Bob', ssn: '2', email: 'bob@example.com', phone: '555-2' }))
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
