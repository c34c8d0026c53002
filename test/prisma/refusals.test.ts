import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Call, run } from '../support/calls.js'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareKinds } from '../support/kinds.js'
import { type WatchedClient, watchedClient } from '../support/query-log.js'
import type { SealedBench } from '../support/sealed-client.js'

const FIRM = 'firm_1'

/** What is asked, and which field the refusal must name. */
interface Refusal {
  readonly call: Call
  readonly model?: string
  readonly field?: string
  readonly code?: string
}

const client = (operation: string, args: Args): Call => ({ model: 'client', operation, args })
const where = (filter: Args): Call => client('findMany', { where: filter })
const update = (data: Args): Call => client('update', { where: { id: 'ada' }, data })
const kinds = (operation: string, args: Args): Call => ({ model: 'kinds', operation, args })

/** Conditions that no blind index answers, with an operand each. */
const CONDITIONS: Args = {
  lt: 'x',
  lte: 'x',
  gt: 'x',
  gte: 'x',
  contains: 'x',
  startsWith: 'x',
  endsWith: 'x',
  search: 'x',
  path: ['x'],
  string_contains: 'x',
  string_starts_with: 'x',
  string_ends_with: 'x',
  array_contains: ['x'],
  array_starts_with: 'x',
  array_ends_with: 'x',
  has: 'x',
  hasSome: ['x'],
  hasEvery: ['x'],
  isEmpty: true,
  isSet: true,
}
/** Changes other than `set`, which a cell cannot make. */
const CHANGES: Args = { increment: 1, decrement: 1, multiply: 2, divide: 2, push: 'x', unset: true }

const refusals: Record<string, Refusal> = {}
for (const [operator, operand] of Object.entries(CONDITIONS)) {
  for (const field of ['email', 'name', 'intake', 'scan', 'score']) {
    const nested = field === 'intake' ? {} : { [`not ${operator} on ${field}`]: { not: { [operator]: operand } } }
    for (const [name, filter] of Object.entries({ [`${operator} on ${field}`]: { [operator]: operand }, ...nested })) {
      refusals[name] = { call: where({ [field]: filter }), field }
    }
  }
}
for (const [operator, operand] of Object.entries(CHANGES)) {
  for (const field of ['score', 'name', 'balance']) {
    refusals[`${operator} of ${field}`] = { call: update({ [field]: { [operator]: operand } }), field }
  }
}
for (const field of ['name', 'ssn', 'ssnIndex', 'intake', 'scan']) {
  Object.assign(refusals, {
    [`orderBy ${field}`]: { call: client('findMany', { orderBy: { [field]: 'asc' } }), field },
    [`orderBy ${field} with nulls`]: {
      call: client('findFirst', { orderBy: [{ id: 'asc' }, { [field]: { sort: 'desc', nulls: 'last' } }] }),
      field,
    },
    [`orderBy ${field} of a related row`]: {
      call: { model: 'note', operation: 'findMany', args: { orderBy: { client: { [field]: 'asc' } } } },
      field,
    },
    [`orderBy ${field} in an include`]: {
      call: { model: 'firm', operation: 'findMany', args: { include: { clients: { orderBy: { [field]: 'asc' } } } } },
      field,
    },
    [`orderBy ${field} in aggregate`]: {
      call: client('aggregate', { _count: true, orderBy: { [field]: 'asc' } }),
      field,
    },
    [`distinct ${field}`]: { call: client('findMany', { distinct: ['city', field] }), field },
    [`distinct ${field} as one name`]: { call: client('findMany', { distinct: field }), field },
    [`distinct ${field} in an include`]: {
      call: { model: 'firm', operation: 'findMany', args: { include: { clients: { distinct: [field] } } } },
      field,
    },
    [`groupBy ${field}`]: { call: client('groupBy', { by: ['city', field], _count: true }), field },
    [`groupBy ${field} as one name`]: { call: client('groupBy', { by: field, _count: true }), field },
    [`having ${field}`]: {
      call: client('groupBy', { by: ['city'], having: { [field]: { equals: 'x' } }, _count: true }),
      field,
    },
    [`having ${field}, deep`]: {
      call: client('groupBy', { by: ['city'], having: { OR: [{ NOT: { [field]: 'x' } }] }, _count: true }),
      field,
    },
    [`groupBy with orderBy ${field}`]: {
      call: client('groupBy', { by: ['city'], orderBy: { _max: { [field]: 'asc' } }, _count: true }),
      field,
    },
  })
  for (const calculation of ['_min', '_max', '_sum', '_avg']) {
    for (const operation of ['aggregate', 'groupBy']) {
      refusals[`${calculation} of ${field} in ${operation}`] = {
        call: client(operation, {
          [calculation]: { [field]: true },
          ...(operation === 'groupBy' ? { by: ['city'] } : {}),
        }),
        field,
      }
    }
  }
}
for (const [name, column, given] of [
  ['one', 'ssnIndex', 'x'],
  ['one with null', 'emailIndex', null],
  ['one with a condition', 'emailIndex', { startsWith: 'k' }],
  ['one of a compound unique', 'phoneIndex', 'x'],
] as const) {
  const reserved = { field: column, code: 'RESERVED_FIELD' }
  Object.assign(refusals, {
    [`a filter on the column of an index: ${name}`]: { call: where({ [column]: given }), ...reserved },
    [`a filter on the column of an index, deep: ${name}`]: {
      call: { model: 'note', operation: 'count', args: { where: { NOT: { client: { OR: [{ [column]: given }] } } } } },
      ...reserved,
    },
    [`a create with the column of an index: ${name}`]: {
      call: client('create', { data: { name: 'x', [column]: given } }),
      ...reserved,
    },
    [`an update with the column of an index: ${name}`]: { call: update({ [column]: { set: given } }), ...reserved },
  })
}
Object.assign(refusals, {
  'mode: insensitive': { call: where({ email: { equals: 'x', mode: 'insensitive' } }), field: 'email' },
  'a filter on a field without an index': { call: where({ name: 'x' }), field: 'name' },
  'in on a field without an index': { call: where({ name: { in: ['x'] } }), field: 'name' },
  'not on a field without an index': { call: where({ name: { not: 'x' } }), field: 'name' },
  'a Json filter by value': { call: where({ intake: { equals: { a: 1 } } }), field: 'intake' },
  'a Json value that looks like a condition': { call: where({ intake: { not: { equals: null } } }), field: 'intake' },
  'a negation through a normalising index': { call: where({ ssn: { not: '1' } }), field: 'ssn' },
  'notIn through a normalising index': { call: where({ ssn: { notIn: ['1'] } }), field: 'ssn' },
  'NOT around a normalising index': { call: where({ NOT: { ssn: '1' } }), field: 'ssn' },
  'NOT around a normalising index, deep': { call: where({ NOT: [{ OR: [{ ssn: { in: ['1'] } }] }] }), field: 'ssn' },
  'none around a normalising index': {
    call: { model: 'firm', operation: 'findMany', args: { where: { clients: { none: { ssn: '1' } } } } },
    field: 'ssn',
  },
  'isNot around a normalising index': {
    call: { model: 'note', operation: 'findMany', args: { where: { client: { isNot: { ssn: '1' } } } } },
    field: 'ssn',
  },
  'null in a list': { call: where({ email: { in: ['x', null] } }), field: 'email' },
  'in without a list': { call: where({ email: { in: 'x' } }), field: 'email' },
  'part of a compound index': { call: kinds('findMany', { where: { given: 'x' } }), model: 'Kinds', field: 'given' },
  'part of a compound index by in': {
    call: kinds('findMany', { where: { given: { in: ['x'] }, family: 'y' } }),
    model: 'Kinds',
  },
  'NOT around a compound index': {
    call: kinds('findMany', { where: { NOT: { given: 'x', family: 'y' } } }),
    model: 'Kinds',
    field: 'fullNameIndex',
  },
  'an update of part of a compound index': {
    call: kinds('updateMany', { data: { given: 'x' } }),
    model: 'Kinds',
    field: 'fullNameIndex',
  },
  'two changes at once': { call: update({ score: { set: 1, increment: 1 } }), field: 'score' },
  'an empty change': { call: update({ score: {} }), field: 'score' },
  'a null filter': { call: client('deleteMany', { where: null }) },
  'a null filter of related rows': {
    call: {
      model: 'firm',
      operation: 'update',
      args: { where: { id: FIRM }, data: { clients: { deleteMany: null } } },
    },
  },
  'a filter that is text': { call: client('updateMany', { where: 'x', data: { city: 'x' } }) },
  'an unknown field in a filter': { call: where({ nmae: 'x' }), field: 'nmae' },
  'an unknown field in data': { call: update({ nmae: 'x' }), field: 'nmae' },
  'an unknown relation in a selection': {
    call: client('findMany', { select: { nmae: { select: { id: true } } } }),
    field: 'nmae',
  },
  'a field every object has, in a filter': { call: where({ constructor: 'x' }), field: 'constructor' },
  'a field every object has, in data': { call: update({ toString: 'x' }), field: 'toString' },
  'an unknown relation filter': { call: where({ notes: { most: {} } }), field: 'notes' },
  'an unknown nested write': { call: update({ notes: { replace: {} } }), field: 'notes' },
  'a nested write every object has': { call: update({ notes: { constructor: {} } }), field: 'notes' },
  'a relation in createMany': {
    call: client('createMany', { data: [{ name: 'x', notes: { create: { body: 'x' } } }] }),
    field: 'notes',
  },
})

/** Calls of models with tenants, made where no tenant is. */
const WITHOUT_TENANT: { readonly [name: string]: Call } = {
  findMany: { model: 'client', operation: 'findMany' },
  'findUnique by id': client('findUnique', { where: { id: 'ada' } }),
  count: { model: 'client', operation: 'count' },
  create: client('create', { data: { name: 'x' } }),
  update: update({ city: 'x' }),
  deleteMany: { model: 'client', operation: 'deleteMany' },
  'a model whose tenant is another’s': { model: 'note', operation: 'findMany' },
  'a relation of a model without tenant': {
    model: 'firm',
    operation: 'findMany',
    args: { include: { clients: true } },
  },
  'a nested write below a model without tenant': {
    model: 'firm',
    operation: 'update',
    args: { where: { id: FIRM }, data: { clients: { create: { name: 'x' } } } },
  },
  'a look-up by a global index that reads an encrypted field': {
    model: 'user',
    operation: 'findUnique',
    args: { where: { email: 'a@example.com' }, select: { id: true, email: true } },
  },
  'a look-up by a global index that reads everything': {
    model: 'user',
    operation: 'findFirst',
    args: { where: { email: 'a@example.com' } },
  },
  'a look-up by a global index that reads a relation with a tenant': {
    model: 'user',
    operation: 'findFirst',
    args: { where: { email: 'a@example.com' }, select: { id: true, notes: { select: { id: true } } } },
  },
  'several values of a global index': {
    model: 'user',
    operation: 'findMany',
    args: { where: { email: { in: ['a@example.com'] } }, select: { id: true } },
  },
  'a model that has only the context': {
    model: 'memo',
    operation: 'create',
    args: { data: { secret: 'x' } },
  },
}

/** Calls of a model with `@tenant(context)` that could reach rows of other tenants. */
const UNSCOPED: { readonly [name: string]: Call } = {
  findMany: { model: 'memo', operation: 'findMany' },
  'findUnique by id': { model: 'memo', operation: 'findUnique', args: { where: { id: 1 } } },
  'by a negated tag': { model: 'memo', operation: 'findMany', args: { where: { secret: { not: 'x' } } } },
  'by OR': { model: 'memo', operation: 'findMany', args: { where: { OR: [{ secret: 'x' }, { id: 1 }] } } },
  count: { model: 'memo', operation: 'count' },
  update: { model: 'memo', operation: 'update', args: { where: { id: 1 }, data: { label: 'x' } } },
  updateMany: { model: 'memo', operation: 'updateMany', args: { data: { label: 'x' } } },
  deleteMany: { model: 'memo', operation: 'deleteMany', args: { where: { label: 'x' } } },
  groupBy: { model: 'memo', operation: 'groupBy', args: { by: ['label'] } },
}

describe.each(databasesUnderTest())(
  'what cannot be done is refused before the database is reached, on %s',
  (database) => {
    let bench: SealedBench
    let watched: WatchedClient

    beforeAll(async () => {
      bench = await prepareKinds(database)
      watched = watchedClient(bench)
      await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
      const { client: sealed } = watched
      await inFirm(sealed, () => sealed.client.create({ data: { id: 'ada', name: 'Ada', ssn: '1' } }))
      await inFirm(sealed, () => sealed.user.create({ data: { email: 'a@example.com' } }))
      await inFirm(sealed, () =>
        run(sealed, { model: 'memo', operation: 'create', args: { data: { secret: 'shared' } } }),
      )
    })
    afterAll(() => bench?.dispose())

    const inFirm = <T>(sealed: WatchedClient['client'], work: () => PromiseLike<T>, firm = FIRM): Promise<T> =>
      sealed.$fieldseal.withTenant(firm, work)

    function expectRefusal(error: unknown, { call, model, field, code = 'UNSUPPORTED_OPERATION' }: Refusal) {
      expect(error).toMatchObject({ code, operation: call.operation, ...(field === undefined ? {} : { field }) })
      const message = String(Reflect.get(Object(error), 'message'))
      expect(message).toContain(call.operation)
      if (field !== undefined) expect(message).toContain(field)
      expect(Reflect.get(Object(error), 'model')).toEqual(model ?? expect.stringMatching(/^[A-Z]/))
      expect(message).toMatch(/\. [A-Z][^.]+\.$/)
    }

    test.each(Object.entries(refusals))('%s', async (_, refusal) => {
      const { statements, error } = await watched.during((sealed) => inFirm(sealed, () => run(sealed, refusal.call)))
      expectRefusal(error, refusal)
      expect(statements).toEqual([])
    })

    test.each(Object.entries(WITHOUT_TENANT))('without a tenant: %s', async (_, call) => {
      const { statements, error } = await watched.during((sealed) => run(sealed, call))
      expect(error).toMatchObject({ code: 'TENANT_REQUIRED', operation: call.operation })
      expect(statements).toEqual([])
    })

    test.each(Object.entries(UNSCOPED))('a model that has only the context: %s', async (_, call) => {
      const { statements, error } = await watched.during((sealed) => inFirm(sealed, () => run(sealed, call)))
      expectRefusal(error, { call, model: 'Memo' })
      expect(statements).toEqual([])
    })

    test('a model that has only the context is reached by its tags, and by its own tenant only', async () => {
      const find = { model: 'memo', operation: 'findMany', args: { where: { secret: { in: ['shared'] } } } }
      const unique = { model: 'memo', operation: 'findUnique', args: { where: { secret: 'shared' } } }
      const { client: sealed } = watched
      expect(await inFirm(sealed, () => run(sealed, find))).toMatchObject([{ secret: 'shared' }])
      expect(await inFirm(sealed, () => run(sealed, unique))).toMatchObject({ secret: 'shared' })
      expect(await inFirm(sealed, () => run(sealed, find), 'firm_2')).toEqual([])
    })

    test('a global index finds plain fields before the tenant is known', async () => {
      const select = { firmId: true, firm: { select: { name: true } } }
      const found = { firmId: FIRM, firm: { name: 'One' } }
      const { user } = watched.client
      expect(await user.findUnique({ where: { email: 'A@Example.com' }, select })).toEqual(found)
      expect(await user.findFirst({ where: { email: { equals: 'a@example.com' } }, select })).toEqual(found)
      expect(await user.findUnique({ where: { email: 'b@example.com' }, select })).toBeNull()
    })

    test('an unknown field in a selection, which could be an extension’s, is left to Prisma', async () => {
      const call = client('findMany', { select: { nmae: true } })
      const { statements, error } = await watched.during((sealed) => inFirm(sealed, () => run(sealed, call)))
      expect(String(error)).toMatch(/nmae/)
      expect(statements).toEqual([])
    })

    test('a comparison between columns, whichever of them is encrypted and however deep', async () => {
      const fields = Reflect.get(watched.client.client, 'fields') as { readonly [name: string]: unknown }
      for (const filter of [
        { email: { equals: fields.city } },
        { email: fields.city },
        { email: { not: { equals: fields.city } } },
        { city: { equals: fields.name } },
        { city: fields.name },
        { city: { not: { equals: fields.name } } },
        { city: { not: { not: { in: [fields.emailIndex] } } } },
        { NOT: [{ city: { lt: fields.ssnIndex } }] },
      ]) {
        const call = where(filter)
        const { statements, error } = await watched.during((sealed) => inFirm(sealed, () => run(sealed, call)))
        expectRefusal(error, { call })
        expect(statements).toEqual([])
      }
      const having = client('groupBy', { by: ['city'], having: { city: { equals: fields.name } }, _count: true })
      const { error } = await watched.during((sealed) => inFirm(sealed, () => run(sealed, having)))
      expectRefusal(error, { call: having })
    })

    test('a name that would change the object it is in', async () => {
      for (const text of ['{"where":{"__proto__":{"id":"ada"}}}', '{"where":{"OR":[{"__proto__":{}}]}}']) {
        const { statements, error } = await watched.during((sealed) =>
          inFirm(sealed, () => sealed.client.deleteMany(JSON.parse(text))),
        )
        expect(error).toBeDefined()
        expect(statements).toEqual([])
      }
      const data: unknown = JSON.parse('{"name":"x","__proto__":{"nickname":"smuggled in"}}')
      const { error } = await watched.during((sealed) => inFirm(sealed, () => sealed.client.create({ data })))
      expect(error).toBeDefined()
    })
  },
)
