import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

// What README.md and docs/querying.md say of each operator, on one database; test/prisma proves the extension itself.

type Query = (client: SealedClient) => Promise<unknown>

let bench: SealedBench

const inFirm = (query: Query, firm = 'firm_a'): Promise<unknown> =>
  bench.sealed.$fieldseal.withTenant(firm, () => query(bench.sealed))

const ids = { select: { id: true }, orderBy: { id: 'asc' } }
const idsOf = (rows: unknown): unknown[] =>
  Array.isArray(rows) ? rows.map((row: { readonly id: unknown }) => row.id) : [Object(rows).id]

beforeAll(async () => {
  bench = await prepareSealed({ database: 'sqlite' })
  for (const firm of ['firm_a', 'firm_b']) {
    await bench.base.firm.create({ data: { id: firm, name: firm } })
    await inFirm(async ({ client }) => {
      const make = (id: string, data: object) => client.create({ data: { id: `${firm}-${id}`, ...data } })
      await make('1', {
        name: 'Ada',
        ssn: '900-11-1111',
        email: 'ada@example.com',
        notes: { create: [{ body: 'first' }] },
      })
      await make('2', { name: 'Bob', ssn: '900-22-2222', email: 'bob@example.com' })
      await make('3', { name: 'Cid' })
    }, firm)
  }
  await inFirm(({ user }) => user.create({ data: { id: 'u1', email: 'lawyer@example.com' } }))
})
afterAll(() => bench?.dispose())

describe('works as the page says', () => {
  const answers: { readonly [query: string]: readonly [Query, readonly string[]] } = {
    'null without an index': [(p) => p.client.findMany({ where: { dob: null }, ...ids }), ['1', '2', '3']],
    'not null with a normalising index': [
      (p) => p.client.findMany({ where: { ssn: { not: null } }, ...ids }),
      ['1', '2'],
    ],
    'a value typed differently': [(p) => p.client.findMany({ where: { ssn: '900 11 1111' }, ...ids }), ['1']],
    'in, on a normalising index': [
      (p) => p.client.findMany({ where: { ssn: { in: ['900111111', '900222222'] } }, ...ids }),
      ['1', '2'],
    ],
    'not, on an exact index': [
      (p) => p.client.findMany({ where: { email: { not: 'ada@example.com' } }, ...ids }),
      ['2'],
    ],
    'notIn, on an exact index': [
      (p) => p.client.findMany({ where: { email: { notIn: ['bob@example.com'] } }, ...ids }),
      ['1'],
    ],
    'OR and NOT': [
      (p) =>
        p.client.findMany({
          where: { OR: [{ ssn: '900111111' }, { email: 'bob@example.com' }], NOT: { email: 'nobody' } },
          ...ids,
        }),
      ['1', '2'],
    ],
    'a unique look-up by the field': [(p) => p.client.findUnique({ where: { ssn: '900222222' } }), ['2']],
    'an upsert by the field': [
      (p) => p.client.upsert({ where: { ssn: '900222222' }, update: {}, create: { name: 'x', ssn: '900222222' } }),
      ['2'],
    ],
    'a cursor by the field': [
      (p) => p.client.findMany({ cursor: { ssn: '900222222' }, orderBy: { id: 'asc' }, select: { id: true } }),
      ['2', '3'],
    ],
    'distinct by the field': [(p) => p.client.findMany({ distinct: ['email'], ...ids }), ['1', '2', '3']],
    'a relation filter': [
      async (p) =>
        (await p.note.findMany({ where: { client: { ssn: '900111111' } }, include: { client: true } })).map(
          ({ client }) => client,
        ),
      ['1'],
    ],
  }
  it.each(Object.entries(answers))('%s', async (_, [query, wanted]) => {
    expect(idsOf(await inFirm(query))).toEqual(wanted.map((id) => `firm_a-${id}`))
  })

  it('groups by the field come back with the value', async () => {
    const by = { by: ['email'], having: { email: { not: null } }, _count: true, orderBy: { _max: { id: 'asc' } } }
    expect(await inFirm((p) => p.client.groupBy(by))).toEqual([
      { email: 'ada@example.com', _count: 1 },
      { email: 'bob@example.com', _count: 1 },
    ])
  })

  it('text that looks like a cell is a value like any other', async () => {
    const data = { name: 'enc::1.k00000000001.AwMDAwMDAwMDAwMDBAQEBAQEBAQEBAQEBAQEBAQ' }
    expect(await inFirm((p) => p.client.update({ where: { id: 'firm_a-3' }, data, select: { name: true } }))).toEqual(
      data,
    )
  })

  it('a duplicate is P2002 and names the field', async () => {
    const duplicate = inFirm((p) => p.client.create({ data: { name: 'x', ssn: '900 11 11 11' } }))
    await expect(duplicate).rejects.toMatchObject({ code: 'P2002', meta: { target: ['ssn'] } })
  })

  it('a log-in look-up needs no tenant, as long as nothing encrypted comes back', async () => {
    const where = { email: 'Lawyer@example.com' }
    expect(await bench.sealed.user.findUnique({ where, select: { id: true, firmId: true } })).toEqual({
      id: 'u1',
      firmId: 'firm_a',
    })
    await expect(bench.sealed.user.findUnique({ where })).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })

  it('raw SQL gives cells, which the service opens', async () => {
    const opened = await inFirm(async (p) => {
      const [row] = await bench.sql(`SELECT "name" FROM "Client" WHERE "id" = 'firm_a-1'`)
      expect(row?.name).toMatch(/^enc::1\./)
      return p.$fieldseal.decrypt('Client.name', row?.name)
    })
    expect(opened).toBe('Ada')
  })
})

describe('is refused as the page says', () => {
  const refused: { readonly [query: string]: readonly [Query, string] } = {
    'a value without an index': [(p) => p.client.findMany({ where: { name: 'Ada' } }), 'UNSUPPORTED_OPERATION'],
    'not, on a normalising index': [
      (p) => p.client.findMany({ where: { ssn: { not: '1' } } }),
      'UNSUPPORTED_OPERATION',
    ],
    'notIn, on a normalising index': [
      (p) => p.client.findMany({ where: { ssn: { notIn: ['1'] } } }),
      'UNSUPPORTED_OPERATION',
    ],
    ...Object.fromEntries(
      ['contains', 'startsWith', 'endsWith', 'search', 'lt', 'lte', 'gt', 'gte'].map((operator) => [
        operator,
        [
          (p: SealedClient) => p.client.findMany({ where: { email: { [operator]: 'a' } } }),
          'UNSUPPORTED_OPERATION',
        ] as const,
      ]),
    ),
    'mode: insensitive': [
      (p) => p.client.findMany({ where: { email: { equals: 'a', mode: 'insensitive' } } }),
      'UNSUPPORTED_OPERATION',
    ],
    'a JSON path': [
      (p) => p.client.findMany({ where: { intake: { path: '$.a', equals: 1 } } }),
      'UNSUPPORTED_OPERATION',
    ],
    'a normalising index inside NOT': [
      (p) => p.client.findMany({ where: { NOT: { ssn: '900111111' } } }),
      'UNSUPPORTED_OPERATION',
    ],
    'a normalising index inside none': [
      (p) => p.firm.findMany({ where: { clients: { none: { ssn: '900111111' } } } }),
      'UNSUPPORTED_OPERATION',
    ],
    orderBy: [(p) => p.client.findMany({ orderBy: { name: 'asc' } }), 'UNSUPPORTED_OPERATION'],
    'distinct, on a normalising index': [(p) => p.client.findMany({ distinct: ['ssn'] }), 'UNSUPPORTED_OPERATION'],
    'groupBy, on a normalising index': [(p) => p.client.groupBy({ by: ['ssn'] }), 'UNSUPPORTED_OPERATION'],
    _max: [(p) => p.client.aggregate({ _max: { name: true } }), 'UNSUPPORTED_OPERATION'],
    increment: [
      (p) => p.client.update({ where: { id: 'x' }, data: { name: { increment: 1 } } }),
      'UNSUPPORTED_OPERATION',
    ],
    'writing an index': [(p) => p.client.update({ where: { id: 'x' }, data: { ssnIndex: 'x' } }), 'RESERVED_FIELD'],
    'filtering an index': [(p) => p.client.findMany({ where: { ssnIndex: 'x' } }), 'RESERVED_FIELD'],
    'another firm on create': [(p) => p.client.create({ data: { firmId: 'firm_b', name: 'x' } }), 'TENANT_MISMATCH'],
    'a move to another firm': [
      (p) => p.client.update({ where: { id: 'firm_a-1' }, data: { firmId: 'firm_b' } }),
      'TENANT_MISMATCH',
    ],
    'createMany of rows whose tenant lies behind a relation': [
      (p) => p.note.createMany({ data: [{ clientId: 'firm_a-1', body: 'x' }] }),
      'UNSUPPORTED_OPERATION',
    ],
    'a nested set': [
      (p) => p.firm.update({ where: { id: 'firm_a' }, data: { clients: { set: [] } } }),
      'UNSUPPORTED_OPERATION',
    ],
  }
  it.each(Object.entries(refused))('%s', async (_, [query, code]) => {
    await expect(inFirm(query)).rejects.toMatchObject({ code })
  })

  it('a transaction of a tenant without keys', async () => {
    await bench.base.firm.create({ data: { id: 'firm_new', name: 'New' } })
    const write = () =>
      inFirm((p) => p.$transaction(async (tx) => tx.client.create({ data: { name: 'x' } })), 'firm_new')
    await expect(write()).rejects.toMatchObject({ code: 'KEY_NOT_PROVISIONED' })
    await bench.sealed.$fieldseal.ensureTenant('firm_new')
    await expect(write()).resolves.toMatchObject({ name: 'x' })
  })
})
