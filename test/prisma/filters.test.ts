import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { FIRM, prepareTwins, type TwinClient, type Twins } from '../support/twins.js'

const PEOPLE: readonly Args[] = [
  { id: 1, name: 'Ada Lovelace', alias: 'countess', code: 'AL-1', phone: '555-1', given: 'Ada', family: 'Lovelace' },
  { id: 2, name: 'Ada Lovelace', alias: null, code: null, phone: null, given: 'Ada', family: null, city: 'Paris' },
  { id: 3, name: 'Blaise Pascal', alias: '', code: 'BP-3', phone: '555-3', given: null, family: null },
  { id: 4, name: 'Carl Gauss', alias: 'prince', code: 'CG-4', phone: '555-4', given: 'Carl', family: 'Gauss' },
  { id: 5, name: 'countess', alias: 'countess', code: 'enc::1.', remark: 'a remark', city: 'Paris' },
]

const PETS: readonly Args[] = [
  { id: 11, personId: 1, label: 'cat' },
  { id: 12, personId: 1, label: 'dog' },
  { id: 13, personId: 2, label: 'cat' },
  { id: 14, personId: 3, label: null },
  { id: 15, personId: 4, label: 'cat' },
  { id: 16, personId: 4, label: null, chip: 'chipped twice' },
]

const ADA = 'Ada Lovelace'

/** Filters on people. */
const PERSON_FILTERS: { readonly [name: string]: Args } = {
  'a value': { name: ADA },
  'a value nobody has': { name: 'Nobody' },
  'null on a field with an index': { alias: null },
  'null on a field without one': { remark: null },
  'the empty string': { alias: '' },
  equals: { name: { equals: ADA } },
  'equals null': { alias: { equals: null } },
  in: { alias: { in: ['countess', 'prince'] } },
  'in with a value nobody has': { alias: { in: ['nobody', 'prince'] } },
  'in with the same value twice': { alias: { in: ['prince', 'prince'] } },
  'in of nothing': { alias: { in: [] } },
  notIn: { alias: { notIn: ['countess'] } },
  'notIn of nothing': { alias: { notIn: [] } },
  'not a value': { alias: { not: 'countess' } },
  'not null': { alias: { not: null } },
  'not null on a field without an index': { remark: { not: null } },
  'not equals': { alias: { not: { equals: 'countess' } } },
  'not equals null': { alias: { not: { equals: null } } },
  'not in': { alias: { not: { in: ['countess', ''] } } },
  'not notIn': { alias: { not: { notIn: ['countess', ''] } } },
  'not not': { alias: { not: { not: 'countess' } } },
  'not not null': { alias: { not: { not: null } } },
  'an empty filter': { alias: {} },
  'an undefined value': { alias: undefined },
  'a filter whose operators are undefined': { alias: { equals: undefined, in: undefined } },
  'two conditions on one field': { alias: { in: ['countess', 'prince'], not: 'prince' } },
  'three conditions on one field': { alias: { in: ['countess', 'prince', ''], notIn: [''], not: null } },
  'conditions that contradict': { alias: { equals: 'countess', not: 'countess' } },
  'not of two conditions': { alias: { not: { in: ['countess', 'prince'], not: 'prince' } } },
  'two fields': { name: ADA, alias: 'countess' },
  'an encrypted and a plain field': { name: ADA, city: 'Paris' },
  AND: { AND: [{ name: ADA }, { alias: 'countess' }] },
  'AND of an object': { AND: { name: ADA, alias: null } },
  'AND beside the same field': { name: ADA, AND: [{ name: { not: ADA } }] },
  OR: { OR: [{ name: ADA }, { alias: '' }] },
  'OR of nothing': { OR: [] },
  'OR beside another field': { city: 'Paris', OR: [{ name: ADA }, { alias: 'countess' }] },
  NOT: { NOT: { alias: 'countess' } },
  'NOT of null': { NOT: { alias: null } },
  'NOT of several': { NOT: [{ alias: 'countess' }, { name: ADA }] },
  'NOT of a conjunction': { NOT: { alias: 'countess', name: ADA } },
  'NOT of in': { NOT: { alias: { in: ['countess', 'prince'] } } },
  'NOT of not': { NOT: { alias: { not: 'countess' } } },
  'NOT NOT': { NOT: { NOT: { alias: 'countess' } } },
  'NOT of OR': { NOT: { OR: [{ alias: 'countess' }, { alias: '' }] } },
  nested: { AND: [{ OR: [{ name: ADA }, { NOT: { alias: 'prince' } }] }, { NOT: { code: 'AL-1' } }] },
  'all parts of a compound index': { given: 'Ada', family: 'Lovelace' },
  'all parts of a compound index in AND': { AND: [{ given: { equals: 'Carl' }, family: { equals: 'Gauss' } }] },
  'all parts of a compound index in OR': { OR: [{ given: 'Carl', family: 'Gauss' }, { alias: '' }] },
  'parts of a compound index that nobody has together': { given: 'Ada', family: 'Gauss' },
  'null in every part of a compound index': { given: null, family: null },
  'some related': { pets: { some: { label: 'cat' } } },
  'some related, any': { pets: { some: {} } },
  'some related without': { pets: { some: { label: null } } },
  'some related with not': { pets: { some: { label: { not: 'cat' } } } },
  'every related': { pets: { every: { label: 'cat' } } },
  'every related with in': { pets: { every: { label: { in: ['cat', 'dog'] } } } },
  'every related with null': { pets: { every: { OR: [{ label: 'cat' }, { label: null }] } } },
  'none related': { pets: { none: { label: 'cat' } } },
  'none related, none at all': { pets: { none: {} } },
  'none related with not': { pets: { none: { label: { not: 'cat' } } } },
  'some and none': { pets: { some: { label: 'cat' }, none: { label: 'dog' } } },
  'some and every': { pets: { some: { label: 'cat' }, every: { label: 'cat' } } },
  'NOT some': { NOT: { pets: { some: { label: 'cat' } } } },
  'NOT every': { NOT: { pets: { every: { label: 'cat' } } } },
  'there and back': { pets: { some: { label: 'cat', person: { alias: 'countess' } } } },
}

const PET_FILTERS: { readonly [name: string]: Args } = {
  'the related row': { person: { name: ADA } },
  is: { person: { is: { name: ADA } } },
  'is with two fields': { person: { is: { name: ADA, alias: null } } },
  'is with not': { person: { is: { alias: { not: 'countess' } } } },
  isNot: { person: { isNot: { name: ADA } } },
  'isNot with a field that may be null': { person: { isNot: { alias: 'countess' } } },
  'is and isNot': { person: { is: { name: ADA }, isNot: { alias: 'countess' } } },
  'NOT is': { NOT: { person: { is: { alias: 'countess' } } } },
  'own and related': { label: 'cat', person: { name: ADA } },
  'a compound index of the related row': { person: { given: 'Ada', family: 'Lovelace' } },
}

/** Filters that name one row. */
const UNIQUE_FILTERS: { readonly [name: string]: Args } = {
  'an encrypted unique field': { code: 'AL-1' },
  'a text that begins like a cell': { code: 'enc::1.' },
  'an encrypted unique field nobody has': { code: 'XX-0' },
  'the id and an encrypted field': { id: 1, name: ADA },
  'the id and an encrypted field of another row': { id: 1, name: 'Carl Gauss' },
  'an encrypted unique field and a filter': { code: 'AL-1', alias: { not: 'countess' } },
  'a compound unique by its fields': { firm_phone: { firm: FIRM, phone: '555-3' } },
  'a compound unique of another firm': { firm_phone: { firm: 'firm_b', phone: '555-3' } },
}

const PAGES: { readonly [name: string]: Args } = {
  'the first two': { orderBy: { id: 'asc' }, take: 2, where: { alias: { not: 'prince' } } },
  'the last two': { orderBy: { id: 'asc' }, take: -2, where: { alias: { not: 'prince' } } },
  'none, by take 0': { take: 0, where: { name: ADA } },
  'all but one': { orderBy: { id: 'desc' }, skip: 1, where: { OR: [{ alias: null }, { alias: { not: 'prince' } }] } },
  'from a row on': { orderBy: { id: 'asc' }, cursor: { id: 3 } },
  'after a row found by an encrypted field': { orderBy: { id: 'asc' }, cursor: { code: 'BP-3' }, skip: 1 },
  'from a row found by a compound unique': {
    orderBy: { id: 'asc' },
    cursor: { firm_phone: { firm: FIRM, phone: '555-3' } },
  },
  'from a row nobody has': { orderBy: { id: 'asc' }, cursor: { code: 'XX-0' } },
  'distinct by a plain field': { distinct: ['city'], orderBy: { id: 'asc' }, where: { name: { not: 'Carl Gauss' } } },
  'sorted by a plain field': { orderBy: [{ city: { sort: 'asc', nulls: 'last' } }, { id: 'desc' }] },
}

describe.each(databasesUnderTest())('filters on encrypted fields answer as on plain ones, on %s', (database) => {
  let twins: Twins

  beforeAll(async () => {
    twins = await prepareTwins(database)
    await twins.seedOtherFirm()
    await twins.asFirm(() => seed(twins.sealedClient))
    await seed(twins.plainClient)
  })
  afterAll(() => twins?.dispose())

  async function seed(client: TwinClient): Promise<void> {
    for (const data of PEOPLE) await client.person.create({ data: { ...data, firm: FIRM } })
    for (const data of PETS) await client.pet.create({ data })
  }

  async function expectSame(ask: (client: TwinClient) => PromiseLike<unknown>): Promise<void> {
    const expected = await ask(twins.plainClient)
    expect(await twins.asFirm(() => ask(twins.sealedClient))).toEqual(expected)
  }

  test.each(Object.entries(PERSON_FILTERS))('findMany, findFirst and count by %s', async (_, where) => {
    await expectSame((client) => client.person.findMany({ where, orderBy: { id: 'asc' } }))
    await expectSame((client) => client.person.findFirst({ where, orderBy: { id: 'desc' } }))
    await expectSame((client) => client.person.count({ where }))
  })

  test.each(Object.entries(PET_FILTERS))('findMany and count across a relation by %s', async (_, where) => {
    await expectSame((client) => client.pet.findMany({ where, orderBy: { id: 'asc' } }))
    await expectSame((client) => client.pet.count({ where }))
  })

  test.each(Object.entries(UNIQUE_FILTERS))('findUnique by %s', async (_, where) => {
    await expectSame((client) => client.person.findUnique({ where }))
  })

  test.each(Object.entries(PAGES))('findMany of a page: %s', async (_, args) => {
    await expectSame((client) => client.person.findMany(args))
  })

  test('a list begins at a row that the same array transaction makes', async () => {
    const { sealed, sealedClient, asFirm } = twins
    const [, found] = await asFirm(async () =>
      sealed.sealed.$transaction([
        sealedClient.pet.create({ data: { id: 90, personId: 1, label: 'mouse' } }),
        sealedClient.pet.findMany({ cursor: { id: 90 }, orderBy: { id: 'asc' } }),
        sealedClient.pet.deleteMany({ where: { id: 90 } }),
      ]),
    )
    expect(found).toMatchObject([{ id: 90, label: 'mouse' }])
  })

  test('lists of related rows are filtered too', async () => {
    for (const where of [{ label: 'cat' }, { label: { not: 'cat' } }]) {
      await expectSame((client) =>
        client.person.findMany({
          orderBy: { id: 'asc' },
          include: { pets: { where, orderBy: { id: 'asc' } }, _count: { select: { pets: { where } } } },
        }),
      )
    }
  })

  test('aggregate and groupBy take the same filters', async () => {
    for (const where of [{ name: ADA }, { alias: { not: 'countess' } }, { pets: { some: { label: 'cat' } } }]) {
      await expectSame((client) =>
        client.person.aggregate({ where, _count: { _all: true, alias: true }, _max: { id: true } }),
      )
      await expectSame((client) =>
        client.person.groupBy({ by: ['city'], where, _count: { alias: true }, orderBy: { city: 'asc' } }),
      )
    }
  })

  test('a compound unique is found by the name of its index column as well', async () => {
    const found = await twins.asFirm(() =>
      twins.sealedClient.person.findUnique({ where: { firm_phoneIndex: { firm: FIRM, phone: '555-3' } } }),
    )
    expect(found?.id).toBe(3)
  })

  test('a unique compound index finds its row by all of its fields', async () => {
    const found = await twins.asFirm(() =>
      twins.sealedClient.person.findUnique({ where: { given: 'Carl', family: 'Gauss' } }),
    )
    expect(found?.id).toBe(4)
  })
})
