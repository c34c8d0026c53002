import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Call, run } from '../support/calls.js'
import type { Args, ModelDelegate } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { overwrite, storedRows } from '../support/stored.js'

/** Fields with several indexes, and with one that ignores case. */
const MODELS = `
/// @tenant(firm)
model Contact {
  id          Int     @id
  firm        String
  phone       String? /// @encrypted(maxBytes: 99)
  phoneDigits String? /// @blindIndex(phone, normalize: [digits], primary: true)
  phoneExact  String? @unique /// @blindIndex(phone)
  email       String? /// @encrypted(maxBytes: 99)
  emailExact  String? /// @blindIndex(email, primary: true)
  emailFolded String? @unique /// @blindIndex(email, normalize: [lowercase])
  nick        String? /// @encrypted(maxBytes: 99)
  nickIndex   String? /// @blindIndex(nick, normalize: [trim, lowercase])
  login       String? /// @encrypted(maxBytes: 99)
  loginTenant String? /// @blindIndex(login, primary: true)
  loginGlobal String? @unique /// @blindIndex(login, scope: global)
  first       String? /// @encrypted(maxBytes: 99)
  firstIndex  String? /// @blindIndex(first)
  last        String? /// @encrypted(maxBytes: 99)
  fullName    String? @unique /// @blindIndex([first, last], normalize: [[lowercase], []])
  badge       String? /// @encrypted(maxBytes: 99)
  badgeExact  String? /// @blindIndex(badge, primary: true)
  badgeFolded String? /// @blindIndex(badge, normalize: [lowercase])
  size        String? /// @encrypted(type: Int)
  sizeIndex   String? /// @blindIndex(size)
  city        String?

  @@unique([firm, badgeFolded])
}
`

const FIRM = 'firm_a'
const CONTACTS: readonly Args[] = [
  { id: 1, phone: '555-1', email: 'Ada@Example.com', nick: ' Countess', login: 'ada', first: 'Ada', last: 'Lovelace' },
  { id: 2, phone: '5551', email: 'ada@example.com2', nick: 'countess', login: 'bob', first: 'ada', last: 'King' },
  { id: 3, phone: '555-3', email: 'BOB@example.com', nick: 'bob', badge: 'B-3', first: 'Bob', last: 'Boole', size: 3 },
  { id: 4, phone: null, email: null, badge: 'b-4' },
]

const insensitive = (filter: Args): Args => ({ ...filter, mode: 'insensitive' })

/** Filters, and the ids of the contacts that pass. */
const FILTERS: { readonly [name: string]: readonly [where: Args, ids: readonly number[]] } = {
  'equality by the primary index': [{ phone: '5551' }, [1, 2]],
  'in by the primary index': [{ phone: { in: ['5-5-5-1', '5553'] } }, [1, 2, 3]],
  'a negation by the exact one': [{ phone: { not: '5551' } }, [1, 3]],
  'notIn by the exact one': [{ phone: { notIn: ['555-1', '555-3'] } }, [2]],
  'NOT by the exact one': [{ NOT: { phone: '5551' } }, [1, 3]],
  'both kinds in one filter': [{ phone: { in: ['5551'], not: '5551' } }, [1]],
  'both kinds, and null': [{ phone: { in: ['5551'], not: null, notIn: ['555-1'] } }, [2]],
  'case as it is': [{ email: 'ADA@example.com' }, []],
  'ignoring case: equals': [{ email: insensitive({ equals: 'ADA@example.com' }) }, [1]],
  'ignoring case: in': [{ email: insensitive({ in: ['ADA@example.com', 'bob@EXAMPLE.com'] }) }, [1, 3]],
  'ignoring case: not': [{ email: insensitive({ not: 'ADA@example.com' }) }, [2, 3]],
  'ignoring case: notIn': [{ email: insensitive({ notIn: ['ADA@example.com', 'Bob@example.com'] }) }, [2]],
  'ignoring case: not in': [{ email: insensitive({ not: { in: ['ADA@example.com'] } }) }, [2, 3]],
  'ignoring case: null': [{ email: insensitive({ equals: 'bob@example.com', not: null }) }, [3]],
  'ignoring case within NOT': [{ NOT: { email: insensitive({ equals: 'ADA@example.com' }) } }, [2, 3]],
  'ignoring case within OR': [{ OR: [{ email: insensitive({ equals: 'BOB@EXAMPLE.COM' }) }, { id: 1 }] }, [1, 3]],
  'ignoring case, by an index that ignores more': [{ nick: insensitive({ equals: 'COUNTESS ' }) }, [1, 2]],
  'ignoring case in a compound index that does': [{ first: insensitive({ equals: 'ADA' }), last: 'Lovelace' }, [1]],
  'the default mode': [{ email: { equals: 'BOB@example.com', mode: 'default' } }, [3]],
  'a compound index beside one of a part': [{ first: 'Ada', last: 'Lovelace' }, [1]],
}

const contact = (operation: string, args: Args): Call => ({ model: 'contact', operation, args })
const where = (filter: Args): Call => contact('findMany', { where: filter })

/** What no index of the field answers, and what the remedy must name. */
const REFUSED: { readonly [name: string]: readonly [call: Call, field: string, remedy: RegExp] } = {
  'ignoring case without such an index': [
    where({ phone: insensitive({ equals: '1' }) }),
    'phone',
    /@blindIndex\(phone, normalize: \[lowercase\]\)/,
  ],
  'ignoring case of a field without an index': [
    where({ last: insensitive({ equals: 'x' }) }),
    'last',
    /@blindIndex\(last\)/,
  ],
  'ignoring case of numbers': [where({ size: insensitive({ equals: 3 }) }), 'size', /Leave the mode out/],
  'ignoring case of a negation, by an index that ignores more': [
    where({ nick: insensitive({ not: 'bob' }) }),
    'nick',
    /@blindIndex\(nick, normalize: \[lowercase\]\)/,
  ],
  'an unknown mode': [where({ email: { equals: 'x', mode: 'accent' } }), 'email', /Use equals/],
  'a negation by a normalising index alone': [where({ nick: { not: 'bob' } }), 'nick', /@blindIndex\(nick\)/],
  'groups by a normalising index alone': [contact('groupBy', { by: ['nick'] }), 'nick', /@blindIndex\(nick\)/],
  'having that ignores case on groups that do not': [
    contact('groupBy', { by: ['email'], having: { email: insensitive({ equals: 'x' }) } }),
    'email',
    /Leave mode out/,
  ],
  'a compound index that ignores no case': [
    where({ first: 'Ada', last: insensitive({ equals: 'x' }) }),
    'last',
    /@blindIndex\(last\)/,
  ],
}

describe.each(databasesUnderTest())('of several indexes the one that answers is taken, on %s', (database) => {
  let bench: SealedBench
  let contacts: ModelDelegate

  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => bench.sealed.$fieldseal.withTenant(FIRM, work)
  const idsOf = (rows: unknown): unknown[] => (rows as { readonly id: number }[]).map(({ id }) => id)

  beforeAll(async () => {
    const models = `${MODELS}\n${keyModels(providerOf(database))}`
    bench = await prepareSealed({ database, models })
    contacts = Reflect.get(bench.sealed, 'contact') as ModelDelegate
    await inFirm(async () => {
      for (const data of CONTACTS) await contacts.create({ data: { firm: FIRM, ...data } })
    })
  })
  afterAll(() => bench?.dispose())

  test.each(Object.entries(FILTERS))('%s', async (_, [filter, ids]) => {
    const found = await inFirm(() => contacts.findMany({ where: filter, orderBy: { id: 'asc' } }))
    expect(idsOf(found)).toEqual(ids)
    expect(await inFirm(() => contacts.count({ where: filter }))).toBe(ids.length)
  })

  test.each(Object.entries(REFUSED))('%s is refused, naming what to add', async (_, [call, field, remedy]) => {
    const asked = inFirm(() => run(bench.sealed, call))
    await expect(asked).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION', model: 'Contact', field })
    await expect(asked).rejects.toThrow(remedy)
  })

  test('a look-up of one row takes the unique index', async () => {
    const unique = (filter: Args) => inFirm(() => contacts.findUnique({ where: filter }))
    expect(await unique({ phone: '555-1' })).toMatchObject({ id: 1 })
    expect(await unique({ phone: '55-51' })).toBeNull()
    expect(await unique({ email: 'ADA@EXAMPLE.COM' })).toMatchObject({ id: 1 })
    expect(await unique({ first: 'BOB', last: 'Boole' })).toMatchObject({ id: 3 })
    expect(await unique({ firm_badge: { firm: FIRM, badge: 'b-3' } })).toMatchObject({ id: 3 })
    expect(await unique({ phone: '555-1', nick: 'COUNTESS' })).toMatchObject({ id: 1 })
    const first = inFirm(() => contacts.findFirst({ where: { phone: '55-51' }, orderBy: { id: 'desc' } }))
    expect(await first).toMatchObject({ id: 2 })
  })

  test('a cursor, a connect and a nested write take the unique index', async () => {
    const page = await inFirm(() => contacts.findMany({ cursor: { phone: '5551' }, orderBy: { id: 'asc' } }))
    expect(idsOf(page)).toEqual([2, 3, 4])
    const upserted = await inFirm(() =>
      contacts.upsert({ where: { phone: '555-3' }, create: { id: 9, firm: FIRM }, update: { city: 'Bern' } }),
    )
    expect(upserted).toMatchObject({ id: 3, city: 'Bern' })
  })

  test('distinct and groups take the exact index', async () => {
    const distinct = await inFirm(() => contacts.findMany({ distinct: ['phone'], where: { phone: { not: null } } }))
    expect(distinct).toHaveLength(3)
    const groups = await inFirm(() =>
      contacts.groupBy({
        by: ['phone'],
        having: { phone: { in: ['5551', '555-3'] } },
        orderBy: { _max: { id: 'asc' } },
      }),
    )
    expect(groups).toEqual([{ phone: '5551' }, { phone: '555-3' }])
  })

  test('before the tenant is known the global index is taken, and within it the primary', async () => {
    const select = { id: true, firm: true }
    const args = { where: { login: 'ada' }, select }
    expect(await contacts.findUnique(args)).toEqual({ id: 1, firm: FIRM })
    expect(await contacts.findFirst(args)).toEqual({ id: 1, firm: FIRM })
    const [row] = (await storedRows(bench, 'Contact')).filter(({ id }) => Number(id) === 1)
    await overwrite(bench, 'Contact', 'loginGlobal', 1, null)
    expect(await contacts.findFirst(args)).toBeNull()
    expect(await inFirm(() => contacts.findFirst(args))).toEqual({ id: 1, firm: FIRM })
    await overwrite(bench, 'Contact', 'loginGlobal', 1, String(row?.loginGlobal))
  })

  test('every index of a field is written, and checked by the one that was asked', async () => {
    await inFirm(() => contacts.create({ data: { id: 20, firm: FIRM, phone: '020', email: 'Zoe@example.com' } }))
    await inFirm(() => contacts.update({ where: { id: 20 }, data: { phone: '0-2-1', email: null } }))
    expect(idsOf(await inFirm(() => contacts.findMany({ where: { phone: '021' } })))).toEqual([20])
    expect(await inFirm(() => contacts.findUnique({ where: { phone: '0-2-1' } }))).toMatchObject({ id: 20 })
    expect(await inFirm(() => contacts.findUnique({ where: { email: 'zoe@example.com' } }))).toBeNull()
    const tags = (await storedRows(bench, 'Contact')).filter(({ id }) => Number(id) === 20 || Number(id) === 3)
    const [three, twenty] = tags.map(({ phoneExact }) => String(phoneExact))
    await overwrite(bench, 'Contact', 'phoneExact', 3, null)
    await overwrite(bench, 'Contact', 'phoneExact', 20, three ?? null)
    const asked = inFirm(() => contacts.findUnique({ where: { phone: '555-3' }, select: { id: true } }))
    await expect(asked).rejects.toMatchObject({ code: 'INDEX_INTEGRITY', field: 'phoneExact' })
    await overwrite(bench, 'Contact', 'phoneExact', 20, twenty ?? null)
    await overwrite(bench, 'Contact', 'phoneExact', 3, three ?? null)
    await inFirm(() => contacts.delete({ where: { id: 20 } }))
  })
})
