import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Args, ModelDelegate, Row } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareKinds } from '../support/kinds.js'
import type { SealedBench } from '../support/sealed-client.js'
import { overwrite, storedRows } from '../support/stored.js'
import { prepareTwins, type TwinClient, type Twins } from '../support/twins.js'

const LONG = 'a long alias '.repeat(6)

const PEOPLE: readonly Args[] = [
  { id: 1, name: 'Ada', alias: 'countess', code: 'AL-1', city: 'London', remark: 'x' },
  { id: 2, name: 'Ada', alias: null, code: null, city: 'Paris' },
  { id: 3, name: 'Blaise', alias: '', code: 'BP-3', city: 'Paris' },
  { id: 4, name: 'Carl', alias: 'countess', code: 'CG-4', city: null, remark: 'y' },
  { id: 5, name: 'Ada', alias: 'countess', code: 'enc::1.', city: 'London' },
  { id: 6, name: 'Emmy', alias: null, code: null, city: 'London' },
  { id: 7, name: 'Emmy', alias: LONG, code: LONG, city: 'Bern' },
]
const PETS: readonly Args[] = [
  { id: 11, personId: 1, label: 'cat' },
  { id: 12, personId: 1, label: 'cat' },
  { id: 13, personId: 1, label: null },
  { id: 14, personId: 3, label: 'dog' },
  { id: 15, personId: 4, label: 'cat' },
  { id: 16, personId: 4, label: null },
]

const inOrder = { orderBy: { id: 'asc' } }

const DISTINCT: { readonly [name: string]: Args } = {
  'a field': { distinct: ['name'] },
  'a field by its bare name': { distinct: 'alias' },
  'a field that may be null': { distinct: ['alias'] },
  'several fields': { distinct: ['name', 'alias'] },
  'an encrypted and a plain field': { distinct: ['city', 'alias'] },
  'a field that is not selected': { distinct: ['alias'], select: { id: true } },
  'a field, with its own value selected': { distinct: ['alias'], select: { alias: true } },
  'a field, in a filter': { distinct: ['name'], where: { alias: { not: 'countess' } } },
  'a field, of a page': { distinct: ['alias'], take: 2, skip: 1 },
  'a field, of the last': { distinct: ['alias'], take: -2 },
  'a field, from a cursor on': { distinct: ['name'], cursor: { code: 'BP-3' } },
}

const BY_NAME = { by: ['name'], orderBy: { _count: { name: 'asc' } } }

/** groupBy of people; `sort` puts groups whose order the database does not promise into one. */
const GROUPS: { readonly [name: string]: Args } = {
  'an encrypted field': { by: ['name'] },
  'an encrypted field by its bare name': { by: 'name' },
  'a field that may be null': { by: ['alias'] },
  'several encrypted fields': { by: ['name', 'alias'] },
  'an encrypted and a plain field': { by: ['alias', 'city'] },
  'a unique field': { by: ['code'] },
  'counts of all': { by: ['alias'], _count: true },
  'counts of encrypted fields': { by: ['name'], _count: { _all: true, alias: true, remark: true, name: true } },
  'calculations of plain fields': {
    by: ['name'],
    _min: { id: true, city: true },
    _max: { id: true },
    _sum: { id: true },
    _avg: { id: true },
  },
  'a smallest that is not wanted': { by: ['name'], _min: { id: false, city: true } },
  'a filter': { by: ['name'], where: { alias: { not: null } } },
  'a filter by another encrypted field': {
    by: ['city'],
    where: { name: { in: ['Ada', 'Emmy'] } },
    _count: { alias: true },
  },
  'having a value': { by: ['name'], having: { name: 'Ada' } },
  'having equals': { by: ['name'], having: { name: { equals: 'Ada' } } },
  'having in': { by: ['name'], having: { name: { in: ['Ada', 'Carl', 'Nobody'] } } },
  'having notIn': { by: ['alias'], having: { alias: { notIn: ['countess'] } } },
  'having not': { by: ['alias'], having: { alias: { not: 'countess' } } },
  'having not of a condition': { by: ['alias'], having: { alias: { not: { in: ['countess', ''] } } } },
  'having null': { by: ['alias'], having: { alias: null } },
  'having not null': { by: ['alias'], having: { alias: { not: null } } },
  'having OR': { by: ['name'], having: { OR: [{ name: 'Ada' }, { name: { equals: 'Carl' } }] } },
  'having NOT': { by: ['alias'], having: { NOT: { alias: 'countess' } } },
  'having AND of both kinds': {
    by: ['alias', 'city'],
    having: { AND: [{ alias: { not: '' } }, { city: { not: 'Bern' } }] },
  },
  'having a count': { by: ['name'], having: { name: { _count: { gt: 1 } } } },
  'having a count of another encrypted field': { by: ['name'], having: { alias: { _count: { equals: 1 } } } },
  'having a count of a field without an index': { by: ['city'], having: { remark: { _count: { gte: 1 } } } },
  'having a value and a count': { by: ['name'], having: { name: { not: 'Emmy', _count: { gt: 1 } } } },
  'having a calculation of a plain field': { by: ['name'], having: { id: { _max: { gt: 4 } } } },
  'no group at all': { by: ['name'], where: { name: 'Nobody' } },
}

const ORDERED: { readonly [name: string]: Args } = {
  'by a count': { ...BY_NAME, by: ['name', 'city'], orderBy: [{ _count: { alias: 'desc' } }, { city: 'asc' }] },
  'by a plain calculation': { by: ['alias'], orderBy: { _max: { id: 'asc' } } },
  'of a page': { by: ['alias'], orderBy: { _min: { id: 'asc' } }, take: 2, skip: 1 },
  'by a plain field': { by: ['name', 'city'], orderBy: [{ city: 'desc' }, { _min: { id: 'asc' } }] },
}

describe.each(databasesUnderTest())(
  'distinct and groups by encrypted fields are as by plain ones, on %s',
  (database) => {
    let twins: Twins

    beforeAll(async () => {
      twins = await prepareTwins(database)
      await twins.seedOtherFirm()
      await twins.asFirm(() => seed(twins.sealedClient))
      await seed(twins.plainClient)
    })
    afterAll(() => twins?.dispose())

    async function seed(client: TwinClient): Promise<void> {
      for (const data of PEOPLE) await client.person.create({ data: { ...data, firm: 'firm_a' } })
      for (const data of PETS) await client.pet.create({ data })
    }

    async function answers(
      ask: (client: TwinClient) => PromiseLike<unknown>,
    ): Promise<[sealed: unknown, plain: unknown]> {
      return [await twins.asFirm(() => ask(twins.sealedClient)), await ask(twins.plainClient)]
    }

    test.each(Object.entries(DISTINCT))('distinct %s', async (_, args) => {
      const [sealed, plain] = await answers((client) => client.person.findMany({ ...inOrder, ...args }))
      expect(sealed).toEqual(plain)
      expect(plain).not.toEqual([])
    })

    test('distinct in a list of related rows', async () => {
      const include = { pets: { distinct: ['label'], ...inOrder } }
      const [sealed, plain] = await answers((client) => client.person.findMany({ ...inOrder, include }))
      expect(sealed).toEqual(plain)
    })

    const sorted = (groups: unknown): unknown[] => {
      const text = (group: unknown) =>
        JSON.stringify(Object.entries(Object(group)).sort(([a], [b]) => (a < b ? -1 : 1)))
      return (groups as unknown[]).toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
    }

    test.each(Object.entries(GROUPS))('groupBy %s', async (_, args) => {
      const [sealed, plain] = await answers((client) => client.person.groupBy(args))
      expect(sorted(sealed)).toEqual(sorted(plain))
    })

    test.each(Object.entries(ORDERED))('groupBy, ordered %s', async (_, args) => {
      const [sealed, plain] = await answers((client) => client.person.groupBy(args))
      expect(sealed).toEqual(plain)
      expect(plain).not.toEqual([])
    })

    test('groups have the fields that were asked for, and no other', async () => {
      const ask = (args: Args) => twins.asFirm(() => twins.sealedClient.person.groupBy({ where: { id: 3 }, ...args }))
      expect(await ask({ by: ['name'] })).toEqual([{ name: 'Blaise' }])
      expect(await ask({ by: ['name'], _min: { id: true } })).toEqual([{ name: 'Blaise', _min: { id: 3 } }])
      expect(await ask({ by: ['alias', 'name'], _count: { name: true } })).toEqual([
        { alias: '', name: 'Blaise', _count: { name: 1 } },
      ])
    })

    test('having on a field that the groups are not made by is Prisma’s own error, and speaks of the field', async () => {
      const ask = twins.asFirm(() => twins.sealedClient.person.groupBy({ by: ['name'], having: { alias: 'countess' } }))
      await expect(ask).rejects.toThrow(/having[\s\S]*\balias\b/)
      await expect(ask).rejects.not.toThrow(/aliasIndex/)
    })
  },
)

describe.each(databasesUnderTest())('groups of other types, on %s', (database) => {
  let bench: SealedBench

  beforeAll(async () => {
    bench = await prepareKinds(database)
  })
  afterAll(() => bench?.dispose())

  const kinds = () => Reflect.get(bench.sealed, 'kinds') as ModelDelegate
  const groups = (by: string, others: Args = {}): Promise<Row[]> => kinds().groupBy({ by: [by], ...others })

  test('values come back in their logical type', async () => {
    const data = { int: 5, decimal: '1.50', dateTime: new Date(86_400_000), batch: 'types' }
    await kinds().createMany({ data: [data, data, { batch: 'types' }] })
    for (const [field, value] of Object.entries({ int: 5, decimal: '1.5', dateTime: new Date(86_400_000) })) {
      const found = await groups(field, {
        where: { batch: 'types' },
        orderBy: { _count: { [field]: 'asc' } },
        _count: true,
      })
      expect(found).toEqual([
        { [field]: null, _count: 1 },
        { [field]: value, _count: 2 },
      ])
    }
  })

  test('with equivalence: true a group is a class, and gives one of its values', async () => {
    await kinds().create({ data: { handle: 'ADA', batch: 'classes' } })
    await kinds().create({ data: { handle: 'bob', batch: 'classes' } })
    const found = groups('handle', { where: { batch: 'classes' }, having: { handle: { not: 'Bob' } } })
    // The adapter of 6.16 reads no smallest LONGTEXT from MariaDB, be it encrypted or not.
    const smallest = { by: ['handleIndex'], _min: { handle: true }, where: { batch: 'classes' } }
    const isReadable = await (Reflect.get(bench.base, 'kinds') as ModelDelegate).groupBy(smallest).then(
      () => true,
      () => false,
    )
    if (isReadable) expect(await found).toEqual([{ handle: 'ADA' }])
    else await expect(found).rejects.toThrow(/Unsupported column type/)
    const rows = await kinds().findMany({ distinct: ['handle'], where: { batch: 'classes', handle: 'ada' } })
    expect(rows.map(({ handle }) => handle)).toEqual(['ADA'])
  })

  test('bytes are grouped by no database alike, so they are refused; distinct works', async () => {
    const bytes = new Uint8Array([1, 2, 3])
    await kinds().createMany({
      data: [
        { bytes, batch: 'bytes' },
        { bytes, batch: 'bytes' },
      ],
    })
    await expect(groups('bytes')).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION', field: 'bytes' })
    const rows = await kinds().findMany({ distinct: ['bytes'], where: { batch: 'bytes' }, select: { bytes: true } })
    expect(rows).toEqual([{ bytes }])
  })

  test('a group of which the tag was taken away is no group of null', async () => {
    const row = await kinds().create({ data: { text: 'tagged', batch: 'moved' } })
    await kinds().create({ data: { batch: 'moved' } })
    const ask = () => groups('text', { where: { batch: 'moved' }, orderBy: { _count: { id: 'asc' } } })
    expect(new Set((await ask()).map(({ text }) => text))).toEqual(new Set([null, 'tagged']))
    const [stored] = (await storedRows(bench, 'Kinds')).filter(({ id }) => Number(id) === Number(row.id))
    await overwrite(bench, 'Kinds', 'textIndex', Number(row.id), null)
    await expect(ask()).rejects.toMatchObject({ code: 'INDEX_INTEGRITY', field: 'textIndex' })
    await overwrite(bench, 'Kinds', 'textIndex', Number(row.id), String(stored?.textIndex))
    await overwrite(bench, 'Kinds', 'text', Number(row.id), null)
    await expect(ask()).rejects.toMatchObject({ code: 'INDEX_INTEGRITY' })
  })
})
