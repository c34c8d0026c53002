import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { offers } from '../capabilities.js'
import { type Call, fieldsOf, run } from '../support/calls.js'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareKinds } from '../support/kinds.js'
import type { SealedBench, SealedClient } from '../support/sealed-client.js'
import { withoutIndexes } from '../support/twins.js'

/** Arguments that say what comes back of clients. */
const OF_CLIENTS: { readonly [name: string]: Args } = {
  nothing: {},
  'an encrypted field': { select: { name: true } },
  'a plain field': { select: { city: true } },
  'fields that are not wanted': { select: { name: true, ssn: false, city: undefined } },
  'a list': { select: { notes: true } },
  'a list and what is in it': { select: { notes: { select: { body: true } } } },
  'a list with a filter': { include: { referrals: { where: { ssn: { not: null } }, take: 1 } } },
  'a list by an encrypted field': { include: { notes: { where: { author: { is: { firmId: 'firm_a' } } } } } },
  'to-one relations': { include: { referredBy: true, firm: true } },
  'a to-one relation without its tenant': { select: { referredBy: { select: { name: true } } } },
  'a to-one relation with fields left out': { include: { referredBy: { omit: { firmId: true, name: true } } } },
  'a to-one relation of a list': { include: { notes: { include: { author: { select: { id: true } } } } } },
  'a to-one relation that is not wanted': { include: { referredBy: false, notes: true } },
  'relations in relations': {
    select: {
      notes: {
        select: { author: { select: { profile: { select: { bio: true } }, notes: { select: { id: true } } } } },
      },
      tags: { include: { clients: { select: { id: true } } } },
    },
  },
  'a relation back to the same row': {
    include: { notes: { include: { client: { include: { notes: true, firm: true } } } } },
  },
  'counts alone': { select: { _count: true } },
  'counts beside fields': { include: { _count: { select: { notes: true, tags: true } } } },
  'counts with a filter': { select: { id: true, _count: { select: { referrals: { where: { city: 'x' } } } } } },
  'fields left out': { omit: { name: true, ssnIndex: true, firmId: true } },
  'fields left out that are not': { omit: { name: false } },
  'fields left out beside relations': {
    omit: { firmId: true, intake: true },
    include: { notes: { omit: { body: true } } },
  },
}

/** Arguments that say what comes back of notes, whose tenant is their client's. */
const OF_NOTES: { readonly [name: string]: Args } = {
  nothing: {},
  'an encrypted field': { select: { body: true } },
  'the row its tenant comes from': { include: { client: true } },
  'a part of the row its tenant comes from': { select: { client: { select: { city: true } } } },
  'a to-one relation with a tenant of its own': { include: { author: true } },
  'a part of it': { select: { author: { select: { profile: true } } } },
  'a part of it, with fields left out': { include: { author: { omit: { firmId: true, email: true } } } },
}

const FIRM = 'firm_a'
const SSN = '111-11-1111'
const JSON_FIELDS = new Set(['intake'])

describe.each(databasesUnderTest())(
  'results have the fields a plain client gives, but for columns of indexes, on %s',
  (database) => {
    let bench: SealedBench
    let note: number

    beforeAll(async () => {
      bench = await prepareKinds(database)
      await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
      note = await inFirm(seed)
    })
    afterAll(() => bench?.dispose())

    const inFirm = <T>(work: () => PromiseLike<T>, client = bench.sealed): Promise<T> =>
      client.$fieldseal.withTenant(FIRM, work)
    const ID = { id: 'ada' }

    async function seed(): Promise<number> {
      const author = { email: 'lawyer@example.com', profile: { create: { bio: 'a bio' } } }
      await bench.sealed.client.create({ data: { id: 'bob', name: 'Bob', city: 'Paris' } })
      const ada = await bench.sealed.client.create({
        data: {
          id: 'ada',
          name: 'Ada',
          ssn: SSN,
          intake: { some: 'json' },
          referredBy: { connect: { id: 'bob' } },
          referrals: { create: { name: 'Carl', ssn: '2' } },
          notes: { create: [{ body: 'a note', author: { create: author } }, { body: 'another' }] },
          tags: { create: { label: 'vip' } },
        },
        include: { notes: { where: { authorId: { not: null } } } },
      })
      return Number(ada.notes?.[0]?.id)
    }

    async function expectSameFields(call: Call, sealed: SealedClient = bench.sealed, base: object = bench.base) {
      const expected = await run(base, call)
      const found = await inFirm(() => run(sealed, call), sealed)
      expect(fieldsOf(found, JSON_FIELDS)).toEqual(fieldsOf(withoutIndexes(expected), JSON_FIELDS))
      expect(JSON.stringify(found)).not.toMatch(/enc::/)
    }

    test.each(Object.entries(OF_CLIENTS))('of a client, asked for %s', async (_, args) => {
      for (const operation of ['findUnique', 'findFirst', 'findMany']) {
        await expectSameFields({ model: 'client', operation, args: { ...args, where: ID } })
      }
      await expectSameFields({
        model: 'client',
        operation: 'update',
        args: { ...args, where: ID, data: { city: null } },
      })
    })

    test.each(Object.entries(OF_NOTES))('of a note, asked for %s', async (_, args) => {
      const where = { id: note }
      for (const operation of ['findUnique', 'findFirst', 'findMany']) {
        await expectSameFields({ model: 'note', operation, args: { ...args, where } })
      }
    })

    test('of rows written with createManyAndReturn', async () => {
      if (!offers('createManyAndReturn', database)) return
      const args = { select: { name: true, referredBy: { select: { city: true } } } }
      const [row] = await inFirm(() =>
        bench.sealed.client.createManyAndReturn({ ...args, data: [{ name: 'new', referredById: 'bob' }] }),
      )
      expect(row).toEqual({ name: 'new', referredBy: { city: 'Paris' } })
    })

    test('of a client found by an encrypted field, which is read for a check and taken out again', async () => {
      const where = { ssn: SSN }
      const [selected, left, nothing] = await inFirm(async () => [
        await bench.sealed.client.findUnique({ where, select: { city: true } }),
        await bench.sealed.client.findUnique({ where, omit: { ssn: true } }),
        await bench.sealed.client.findUnique({
          where,
          select: { notes: { select: { body: true }, where: { authorId: null } } },
        }),
      ])
      expect(selected).toEqual({ city: null })
      expect(Object.keys(left ?? {})).not.toContain('ssn')
      expect(nothing).toEqual({ notes: [{ body: 'another' }] })
    })

    test('of a client made with a global omit', async () => {
      const omit = { client: { firmId: true, name: true, ssn: true }, note: { body: true }, user: { firmId: true } }
      const sealed = bench.extend({}, { omit })
      const base = bench.client({ omit })
      for (const [model, operation, args] of [
        ['client', 'findUnique', { where: ID }],
        ['client', 'findUnique', { where: ID, omit: { name: false } }],
        ['client', 'findUnique', { where: ID, select: { name: true, firmId: true } }],
        ['client', 'findMany', { where: ID, include: { notes: true, referredBy: true } }],
        ['note', 'findMany', { include: { author: true, client: true }, where: { client: ID } }],
      ] as const) {
        await expectSameFields({ model, operation, args }, sealed, base)
      }
      const args = { where: { ssn: SSN }, include: { referrals: true } }
      const found = await inFirm(() => sealed.client.findUnique(args), sealed)
      expect(Object.keys(found ?? {})).not.toContain('ssn')
      expect(found).toMatchObject({ intake: { some: 'json' }, referrals: [{ city: null }] })
    })

    test('a global omit reaches models whose names begin in lower case', async () => {
      const sealed = bench.extend({}, { omit: { ledger: { code: true } } })
      await run(sealed, { model: 'ledger', operation: 'create', args: { data: { code: 'secret' } } })
      const found = await run(sealed, { model: 'ledger', operation: 'findUnique', args: { where: { code: 'secret' } } })
      expect(Object.keys(found).sort()).toEqual(['id'])
    })

    test('a filter on an optional to-one relation is kept', async () => {
      const where = { id: note }
      const author = async (email: string) =>
        inFirm(() => bench.sealed.note.findUnique({ where, include: { author: { where: { email } } } }))
      expect((await author('lawyer@example.com'))?.author).toMatchObject({ email: 'lawyer@example.com' })
      expect((await author('someone@else.example'))?.author).toBeNull()
    })
  },
)
