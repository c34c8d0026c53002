import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { offers } from '../capabilities.js'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'
import { storedRows, unsealedValues } from '../support/stored.js'

const FIRM = 'firm_1'
const COLUMNS = ['name', 'email', 'phone', 'nickname', 'dob', 'intake', 'scan'] as const
/** The same in every row, and the same in most columns of a row. */
const VALUES = {
  name: 'same',
  email: 'same',
  nickname: 'same',
  dob: new Date(0),
  intake: 'same',
  scan: new TextEncoder().encode('same'),
}

describe.each(databasesUnderTest())('nonces of what is written, on %s', (database) => {
  let bench: SealedBench
  let client: SealedClient

  beforeAll(async () => {
    bench = await prepareSealed({ database })
    client = bench.sealed
    await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await bench.base.client.deleteMany()
  })

  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => client.$fieldseal.withTenant(FIRM, work)

  /** The cells of a column, each as the text or bytes stored. */
  async function cells(...columns: readonly string[]): Promise<string[]> {
    const rows = [...(await storedRows(bench, 'Client')), ...(await storedRows(bench, 'Note'))]
    return rows.flatMap((row) => columns.flatMap((column) => (row[column] == null ? [] : [textOf(row[column])])))
  }

  const everyCell = () => cells(...COLUMNS, 'body')

  function expectAllDifferent(found: readonly string[], atLeast: number): void {
    expect(found.length).toBeGreaterThanOrEqual(atLeast)
    const nonces = found.map(nonceOf)
    expect(new Set(nonces).size).toBe(nonces.length)
  }

  const row = (id: string): Args => ({ id, ...VALUES })

  test('differ between the fields of a row, and between rows with the same values', async () => {
    await inFirm(() => client.client.create({ data: row('1') }))
    await inFirm(() => client.client.createMany({ data: [row('2'), row('3'), row('4')] }))
    if (offers('createManyAndReturn', database)) {
      const made = await inFirm(() => client.client.createManyAndReturn({ data: [row('5'), row('6')] }))
      expect(made).toMatchObject([VALUES, VALUES])
    } else await inFirm(() => client.client.createMany({ data: [row('5'), row('6')] }))
    expectAllDifferent(await everyCell(), 6 * Object.keys(VALUES).length)
  })

  test('differ between the rows of one nested write, and between a constant default of each', async () => {
    const notes = { create: [{ body: 'same' }, { body: 'same' }], createMany: { data: [{ body: 'same' }] } }
    await inFirm(() =>
      client.client.create({ data: { name: 'same', notes, referrals: { create: [{ name: 'same' }] } } }),
    )
    expectAllDifferent(await everyCell(), 3 + 2 * 2)
  })

  test('differ between the two branches of an upsert, and between upserts', async () => {
    const upsert = (id: string) =>
      inFirm(() => client.client.upsert({ where: { id }, create: row(id), update: { name: 'same', email: 'same' } }))
    await upsert('1')
    const created = await everyCell()
    await upsert('1')
    const updated = await cells('name', 'email')
    expectAllDifferent([...created, ...updated], Object.keys(VALUES).length + 2)
  })

  test('differ between statements that set the same values', async () => {
    await inFirm(() => client.client.create({ data: row('1') }))
    const seen = await cells('name', 'intake', 'scan')
    for (let round = 0; round < 3; round++) {
      const data = { name: 'same', intake: 'same', scan: VALUES.scan }
      await inFirm(() => client.client.update({ where: { id: '1' }, data }))
      seen.push(...(await cells('name', 'intake', 'scan')))
      await inFirm(() => client.client.updateMany({ data }))
      seen.push(...(await cells('name', 'intake', 'scan')))
    }
    expectAllDifferent(seen, 7 * 3)
  })

  test('differ between the statements of a transaction', async () => {
    await inFirm(() => client.$transaction([1, 2, 3].map((id) => client.client.create({ data: row(String(id)) }))))
    await inFirm(() =>
      client.$transaction(async (tx) => {
        for (const id of ['4', '5']) await tx.client.create({ data: row(id) })
      }),
    )
    expectAllDifferent(await everyCell(), 5 * Object.keys(VALUES).length)
  })

  describe('of one updateMany', () => {
    beforeEach(async () => {
      await inFirm(() => client.client.createMany({ data: ['1', '2', '3'].map(row) }))
    })

    test('are one for each field: Prisma sends one value for all rows, so all rows hold the same cell', async () => {
      await inFirm(() => client.client.updateMany({ data: { name: 'new', email: 'new' } }))
      const [names, emails] = [await cells('name'), await cells('email')]
      expect([names.length, new Set(names).size]).toEqual([3, 1])
      expect([emails.length, new Set(emails).size]).toEqual([3, 1])
      expectAllDifferent([...new Set([...names, ...emails])], 2)
      expect(await unsealedValues(bench, 'Client')).toEqual([])
    })

    test('and of the next one differ, although the value is the same', async () => {
      const names: string[] = []
      for (const _ of [1, 2]) {
        await inFirm(() => client.client.updateMany({ data: { name: 'new' } }))
        names.push(...new Set(await cells('name')))
      }
      expectAllDifferent(names, 2)
    })

    test('do not keep the rows from being opened, found, and changed one by one', async () => {
      await inFirm(() => client.client.updateMany({ data: { name: 'new', email: 'new' } }))
      const found = await inFirm(() => client.client.findMany({ where: { email: 'new' }, select: { name: true } }))
      expect(found).toEqual([{ name: 'new' }, { name: 'new' }, { name: 'new' }])
      await inFirm(() => client.client.update({ where: { id: '2' }, data: { name: 'own' } }))
      const names = await inFirm(() => client.client.findMany({ select: { name: true }, orderBy: { id: 'asc' } }))
      expect(names).toEqual([{ name: 'new' }, { name: 'own' }, { name: 'new' }])
    })

    test('that returns its rows returns them opened', async () => {
      const args = { data: { name: 'new', intake: { a: 1 } }, select: { name: true, intake: true } }
      const update = inFirm(() => client.client.updateManyAndReturn(args))
      if (!offers('updateManyAndReturn', database))
        return expect(update).rejects.toThrow(/not a function|does not match any query/)
      const opened = { name: 'new', intake: { a: 1 } }
      expect(await update).toEqual([opened, opened, opened])
      expect(new Set(await cells('name')).size).toBe(1)
    })

    test('that is nested below a row are one for each field, too', async () => {
      const notes = { create: [{ body: 'a' }, { body: 'b' }] }
      await inFirm(() => client.client.update({ where: { id: '1' }, data: { notes } }))
      const change = { updateMany: { where: {}, data: { body: 'new' } } }
      await inFirm(() => client.client.update({ where: { id: '1' }, data: { notes: change } }))
      const bodies = await cells('body')
      expect([bodies.length, new Set(bodies).size]).toEqual([2, 1])
      expect(await inFirm(() => client.note.findMany({ select: { body: true } }))).toEqual([
        { body: 'new' },
        { body: 'new' },
      ])
    })
  })
})

function textOf(stored: unknown): string {
  if (stored instanceof Uint8Array) return Buffer.from(stored).toString('hex')
  const text = String(stored)
  return text.startsWith('"') ? String(JSON.parse(text)) : text
}

/** Key id and nonce of a cell, whichever form it has: bytes 4 to 15 and 16 to 27 of the binary one. */
function nonceOf(cell: string): string {
  const [, keyId = '', body = ''] = cell.split('.')
  if (body !== '') return `${keyId} ${Buffer.from(body, 'base64url').subarray(0, 12).toString('hex')}`
  return `${Buffer.from(cell.slice(8, 32), 'hex').toString('latin1')} ${cell.slice(32, 56)}`
}
