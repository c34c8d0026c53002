import { createRequire } from 'node:module'
import { Prisma } from '@prisma/client/extension'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FieldsealError, UnsupportedOperationError } from '../../src/errors/index.js'
import { fieldseal } from '../../src/index.js'
import { frozen } from '../support/calls.js'
import type { Args, Row, TestClient } from '../support/client-types.js'
import { thrownBy } from '../support/core/expect-error.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'
import { unsealedValues } from '../support/stored.js'

const FIRM = 'firm_1'
const ADA = { id: 'ada', name: 'plaintext Ada', ssn: '111-11-1111', email: 'plaintext@example.com' }
const CELL = /enc::1\./
const TAG = /[0-9a-z]{18}\.[0-9a-v]{26}/
const OPENED = { name: ADA.name, ssn: ADA.ssn }

/** Where the other extension stands: applied before fieldseal it is around it, applied after it behind it. */
const PLACES = ['around', 'behind'] as const
type Place = (typeof PLACES)[number]

/** A query hook of an extension, as Prisma calls it. */
interface Hook {
  readonly model: string
  readonly operation: string
  readonly args: Args
  query(args: unknown): Promise<unknown>
}

describe.each(databasesUnderTest())('beside other extensions, on %s', (database) => {
  let bench: SealedBench

  beforeAll(async () => {
    bench = await prepareSealed({ database })
    await bench.base.firm.create({ data: { id: FIRM, name: 'One' } })
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await bench.base.note.deleteMany()
    await bench.base.client.deleteMany()
    const notes = { create: [{ body: 'plaintext note' }] }
    await inFirm(bench.sealed, () => bench.sealed.client.create({ data: { ...ADA, notes } }))
  })

  const ours = () => fieldseal({ policy: bench.policy, kms: bench.kms, cache: { scope: 'process' } })

  /** A client with both extensions. */
  function extended<E extends object = object>(extension: unknown, place: Place, base = bench.base): SealedClient & E {
    const client =
      place === 'around' ? base.$extends(extension).$extends(ours()) : base.$extends(ours()).$extends(extension)
    return client as SealedClient & E
  }

  function inFirm<T>(client: SealedClient, work: () => PromiseLike<T>): Promise<T> {
    return client.$fieldseal.withTenant(FIRM, work)
  }

  describe('which side sees what', () => {
    /** What a hook saw: arguments and answers, as one text. */
    function spy() {
      const seen = { args: '', answers: '' }
      const extension = {
        query: {
          $allModels: {
            async $allOperations({ args, query }: Hook) {
              seen.args += JSON.stringify(args)
              const answer = await query(args)
              seen.answers += JSON.stringify(answer)
              return answer
            },
          },
        },
      }
      return { seen, extension }
    }

    async function use(client: SealedClient): Promise<void> {
      await inFirm(client, async () => {
        await client.client.create({ data: { name: 'plaintext Bob', notes: { create: { body: 'plaintext' } } } })
        await client.client.update({
          where: { ssn: ADA.ssn },
          data: { email: 'plaintext-new' },
          include: { notes: true },
        })
        await client.client.findMany({ where: { email: { in: ['plaintext-new'] } }, include: { notes: true } })
        await client.client.findUnique({ where: { id: 'ada' } }).notes?.()
      })
    }

    test('around it: plaintext in arguments and answers, no cell', async () => {
      const { seen, extension } = spy()
      await use(extended(extension, 'around'))
      expect(seen.args).toContain('plaintext')
      expect(seen.args).not.toMatch(CELL)
      expect(seen.args).not.toMatch(TAG)
      expect(seen.answers).toContain('plaintext')
      expect(seen.answers).not.toMatch(CELL)
    })

    test('behind it: cells and tags in arguments and answers, no plaintext', async () => {
      const { seen, extension } = spy()
      await use(extended(extension, 'behind'))
      expect(seen.args).toMatch(CELL)
      expect(seen.args).toMatch(TAG)
      expect(seen.answers).toMatch(CELL)
      expect(seen.args + seen.answers).not.toContain('plaintext')
    })

    test('behind it: the wall of the tenant, which it can add to', async () => {
      const where: unknown[] = []
      const extension = {
        query: {
          client: {
            findMany({ args, query }: Hook) {
              where.push(args.where)
              return query({ ...args, where: { AND: [args.where, { city: 'nowhere' }] } })
            },
          },
        },
      }
      const client = extended(extension, 'behind')
      expect(await inFirm(client, () => client.client.findMany())).toEqual([])
      expect(JSON.stringify(where)).toContain(FIRM)
    })

    test('around it: an extension may filter and write by plaintext', async () => {
      const extension = {
        query: {
          client: {
            findMany: ({ args, query }: Hook) =>
              query({ ...args, where: { AND: [args.where ?? {}, { ssn: ADA.ssn }] } }),
            create: ({ args, query }: Hook) =>
              query({ ...args, data: { ...Object(args.data), email: 'plaintext-added' } }),
          },
        },
      }
      const client = extended(extension, 'around')
      const found = await inFirm(client, async () => {
        await client.client.create({ data: { name: 'plaintext Bob' } })
        return client.client.findMany({ select: { name: true } })
      })
      expect(found).toEqual([{ name: ADA.name }])
      expect(await unsealedValues(bench, 'Client')).toEqual([])
      const added = await inFirm(client, () => client.client.findFirst({ where: { email: 'plaintext-added' } }))
      expect(added).toMatchObject({ name: 'plaintext Bob' })
    })
  })

  describe.each(PLACES)('a soft delete %s it', (place) => {
    const MARKED = { city: 'deleted' }

    test('as a method of models, which calls the client it is called on', async () => {
      const extension = {
        model: {
          $allModels: {
            delete(this: unknown, args: Args): Promise<Row> {
              const model = Prisma.getExtensionContext(this) as unknown as TestClient['client']
              return model.update({ ...args, data: MARKED })
            },
          },
        },
      }
      const client = extended(extension, place)
      const answer = await inFirm(client, () => client.client.delete({ where: { ssn: ADA.ssn } }))
      expect(answer).toMatchObject({ ...OPENED, ...MARKED })
      const left = await inFirm(client, () => client.client.findMany({ where: { NOT: { email: 'nobody' } } }))
      expect(left).toMatchObject([MARKED])
      expect(await unsealedValues(bench, 'Client')).toEqual([])
    })

    test('as a hook that hides marked rows from reads', async () => {
      const unmarked = { OR: [{ city: null }, { NOT: MARKED }] }
      const extension = {
        query: {
          client: {
            $allOperations({ operation, args, query }: Hook) {
              if (!/^(find(Many|First)|count)/.test(operation)) return query(args)
              return query({ ...args, where: { AND: [unmarked, args.where ?? {}] } })
            },
          },
        },
      }
      const client = extended(extension, place)
      await inFirm(client, async () => {
        expect(await client.client.findMany({ where: { ssn: ADA.ssn }, select: { name: true } })).toEqual([
          { name: ADA.name },
        ])
        await client.client.update({ where: { ssn: ADA.ssn }, data: MARKED })
        expect(await client.client.findMany({ where: { ssn: ADA.ssn } })).toEqual([])
        expect(await client.client.count()).toBe(0)
        expect(await client.client.findUnique({ where: { ssn: ADA.ssn } })).toMatchObject(OPENED)
      })
    })
  })

  describe('a soft delete as a hook that calls the base client instead of going on', () => {
    const extension = () => ({
      query: {
        client: { delete: ({ args }: Hook) => bench.base.client.update({ ...args, data: { city: 'deleted' } }) },
      },
    })

    test('behind it works: its arguments are planned, its answer is opened', async () => {
      const client = extended(extension(), 'behind')
      const answer = await inFirm(client, () => client.client.delete({ where: { ssn: ADA.ssn } }))
      expect(answer).toMatchObject({ ...OPENED, city: 'deleted' })
    })

    test('around it goes past it: cells come back, and an encrypted field finds nothing', async () => {
      const client = extended(extension(), 'around')
      const answer = await inFirm(client, () => client.client.delete({ where: { id: 'ada' } }))
      expect(answer.name).toMatch(CELL)
      await expect(inFirm(client, () => client.client.delete({ where: { ssn: ADA.ssn } }))).rejects.toThrow()
    })
  })

  describe.each(PLACES)('a result extension %s it', (place) => {
    const extension = {
      result: {
        client: {
          greeting: {
            needs: { name: true, city: true },
            compute: ({ name, city }: { name: string; city: string | null }) => `Dear ${name} of ${city}`,
          },
        },
      },
    }
    const GREETING = `Dear ${ADA.name} of null`
    const read = (call: (client: SealedClient) => Promise<unknown>): Promise<unknown> => {
      const client = extended(extension, place)
      return inFirm(client, () => call(client))
    }

    test('computes from opened values, at the top and below', async () => {
      expect(await read(({ client }) => client.findMany())).toMatchObject([{ greeting: GREETING }])
      expect(await read(({ note }) => note.findMany({ include: { client: true } }))).toMatchObject([
        { client: { greeting: GREETING } },
      ])
      expect(await read(({ client }) => client.create({ data: { name: 'plaintext Bob' } }))).toMatchObject({
        greeting: 'Dear plaintext Bob of null',
      })
    })

    test('computes from fields that are left out of the answer', async () => {
      const args = { where: { id: 'ada' }, omit: { name: true, city: true } }
      const [row] = Object(await read(({ client }) => client.findMany(args)))
      expect([row.greeting, row.name, row.city]).toEqual([GREETING, undefined, undefined])
    })

    test('is left out by name', async () => {
      const [row] = Object(await read(({ client }) => client.findMany({ omit: { greeting: true } })))
      expect([row.greeting, row.name]).toEqual([undefined, ADA.name])
    })

    test('is selected by name', async () => {
      // Prisma's rows with computed fields have a method of their own for the console.
      const plainly = async (call: (client: SealedClient) => Promise<unknown>) =>
        JSON.parse(JSON.stringify(await read(call)))
      const select = { greeting: true }
      expect(await plainly(({ client }) => client.findMany({ select }))).toEqual([{ greeting: GREETING }])
      expect(await plainly(({ note }) => note.findMany({ select: { client: { select } } }))).toEqual([
        { client: { greeting: GREETING } },
      ])
      expect(await plainly(({ client }) => client.create({ data: { name: 'plaintext Bob' }, select }))).toEqual({
        greeting: 'Dear plaintext Bob of null',
      })
    })

    test('does not make a field known that nobody computes', async () => {
      await expect(read(({ client }) => client.findMany({ select: { nothing: true } }))).rejects.toThrow(/nothing/)
    })
  })

  describe('read replicas', () => {
    let replica: SealedBench
    let statements: string[]
    let client: ReplicatedClient

    interface ReplicatedClient extends SealedClient {
      $primary(): TestClient
      $replica(): TestClient
    }

    beforeAll(async () => {
      replica = await prepareSealed({ database })
      await replica.base.firm.create({ data: { id: FIRM, name: 'One' } })
    })
    afterAll(() => replica?.dispose())
    beforeEach(async () => {
      await replica.base.note.deleteMany()
      await replica.base.client.deleteMany()
      await replica.base.client.createMany({ data: (await bench.base.client.findMany()).map(given) })
      await replica.base.note.createMany({ data: (await bench.base.note.findMany()).map(given) })
      await replica.base.client.updateMany({ data: { city: 'of the replica' } })
      statements = []
      const reader = replica.client({ log: [{ emit: 'event', level: 'query' }] })
      listen(reader, statements)
      client = extended(readReplicas([reader]), 'behind')
    })

    const select = { name: true, city: true }
    const READ = { name: ADA.name, city: 'of the replica' }

    test('behind it: reads go to the replica, and are opened', async () => {
      await inFirm(client, async () => {
        expect(await client.client.findMany({ select })).toEqual([READ])
        expect(await client.client.findUnique({ where: { ssn: ADA.ssn }, select })).toEqual(READ)
        expect(await client.client.findFirst({ where: { email: ADA.email }, include: { notes: true } })).toMatchObject({
          ...READ,
          notes: [{ body: 'plaintext note' }],
        })
        expect(await client.client.count({ where: { email: ADA.email } })).toBe(1)
      })
      expect(statements.join('\n')).toContain('Client')
    })

    test('behind it: keys are read from the primary, whose replica has none, and stay unseen', async () => {
      expect(await replica.base.fieldsealKey.count()).toBe(0)
      const cold = bench.base
        .$extends(fieldseal({ policy: bench.policy, kms: bench.kms }))
        .$extends(readReplicas([replica.base])) as ReplicatedClient
      expect(await inFirm(cold, () => cold.client.findMany({ select }))).toEqual([READ])
      await inFirm(client, async () => {
        await client.$fieldseal.ensureTenant('firm_new')
        await client.client.findMany()
      })
      expect(statements.join('\n')).not.toContain('fieldseal_')
      expect(await replica.base.fieldsealKey.count()).toBe(0)
    })

    test('behind it: writes and transactions stay on the primary', async () => {
      await inFirm(client, async () => {
        const update = { where: { ssn: ADA.ssn }, data: { name: 'plaintext new' }, select }
        expect(await client.client.update(update)).toEqual({ name: 'plaintext new', city: null })
        const inside = await client.$transaction(async (tx) => tx.client.findMany({ select }))
        const [listed] = await client.$transaction([client.client.findMany({ select })])
        expect([inside, listed]).toEqual([
          [{ name: 'plaintext new', city: null }],
          [{ name: 'plaintext new', city: null }],
        ])
        expect(await client.$primary().client.findMany({ select })).toEqual([{ name: 'plaintext new', city: null }])
      })
      expect(statements).toEqual([])
    })

    test('behind it: fluent calls are opened, although the replica answers with the whole row', async () => {
      await inFirm(client, async () => {
        const notes = await client.client.findUnique({ where: { id: 'ada' } }).notes?.()
        expect(notes).toMatchObject([{ body: 'plaintext note' }])
        const found = await client.note.findFirst().client?.({ select })
        expect(found).toEqual(READ)
      })
    })

    test('behind it: $replica() is a client without fieldseal, and shows cells', async () => {
      const [row] = await client.$replica().client.findMany({ select })
      expect(row?.name).toMatch(CELL)
    })

    test('around it they go past it: cells come back', async () => {
      const wrong = extended(readReplicas([replica.base]), 'around')
      const [row] = await inFirm(wrong, () => wrong.client.findMany({ select }))
      expect(row?.name).toMatch(CELL)
    })
  })

  describe('a cache behind it', () => {
    function cache() {
      const kept = new Map<string, unknown>()
      const extension = {
        query: {
          $allModels: {
            async findMany({ model, args, query }: Hook) {
              const key = `${model} ${JSON.stringify(args)}`
              if (!kept.has(key)) kept.set(key, frozen(await query(args)))
              return kept.get(key)
            },
          },
        },
      }
      return { kept, client: extended(extension, 'behind') }
    }

    test('keeps cells, and each answer is opened anew', async () => {
      const { kept, client } = cache()
      const args = { select: { name: true, notes: { select: { body: true } } } }
      const answers = await inFirm(client, async () => [
        await client.client.findMany(args),
        await client.client.findMany(args),
      ])
      const opened = [{ name: ADA.name, notes: [{ body: 'plaintext note' }] }]
      expect(answers).toEqual([opened, opened])
      expect(kept.size).toBe(1)
      expect(JSON.stringify([...kept.values()])).not.toContain('plaintext')
    })

    test('keeps what the planner selected for itself, and gives it to nobody', async () => {
      const { client } = cache()
      const args = { select: { body: true, author: true, client: { select: { city: true } } } }
      const answers = await inFirm(client, async () => [
        await client.note.findMany(args),
        await client.note.findMany(args),
      ])
      const stripped = [{ body: 'plaintext note', author: null, client: { city: null } }]
      expect(answers).toEqual([stripped, stripped])
    })
  })

  describe('arguments that fieldseal does not know', () => {
    const CALLS: readonly (readonly [string, Args])[] = [
      ['findMany', { where: { ssn: ADA.ssn } }],
      ['findUnique', { where: { ssn: ADA.ssn } }],
      ['findFirst', {}],
      ['count', {}],
      ['aggregate', { _count: true }],
      ['groupBy', { by: ['city'] }],
      ['create', { data: { name: 'plaintext' } }],
      ['update', { where: { ssn: ADA.ssn }, data: { name: 'plaintext' } }],
      ['updateMany', { data: { name: 'plaintext' } }],
      ['deleteMany', {}],
    ]

    test.each(CALLS)('%s hands on cacheStrategy and others, as they are', async (operation, args) => {
      const cacheStrategy = { ttl: 60, swr: 120, tags: ['clients'] }
      const seen: Args[] = []
      const extension = {
        query: {
          $allModels: {
            $allOperations({ args: { cacheStrategy: strategy, comment, ...others }, query }: Hook) {
              seen.push({ strategy, comment })
              return query(others)
            },
          },
        },
      }
      const client = extended(extension, 'behind')
      const call = Reflect.get(client.client, operation) as (args: Args) => Promise<unknown>
      await inFirm(client, () => call({ ...args, cacheStrategy, comment: 'why' }))
      expect(seen).toEqual([{ strategy: cacheStrategy, comment: 'why' }])
    })

    test('reach Prisma if nobody takes them out, and Prisma refuses them', async () => {
      const read = inFirm(bench.sealed, () => bench.sealed.client.findMany({ cacheStrategy: { ttl: 60 } }))
      await expect(read).rejects.toMatchObject({ name: 'PrismaClientValidationError' })
      await expect(read).rejects.toThrow(/Unknown argument `cacheStrategy`/)
    })
  })

  describe.each(PLACES)('extensions of models and of the client %s it', (place) => {
    interface WithMethods {
      readonly client: TestClient['client'] & { exists(where: Args): Promise<boolean> }
      $names(): Promise<unknown>
    }

    const extension = Prisma.defineExtension({
      name: 'methods',
      model: {
        $allModels: {
          async exists(this: unknown, where: Args): Promise<boolean> {
            const model = Prisma.getExtensionContext(this) as unknown as TestClient['client']
            return (await model.findFirst({ where })) !== null
          },
        },
      },
      client: {
        $names(this: unknown): Promise<Row[]> {
          const client = Prisma.getExtensionContext(this) as unknown as TestClient
          return client.client.findMany({ select: { name: true } })
        },
      },
    })

    test('call the extended client', async () => {
      const client = extended<WithMethods>(extension, place)
      await inFirm(client, async () => {
        expect(await client.client.exists({ ssn: ADA.ssn })).toBe(true)
        expect(await client.client.exists({ ssn: '999' })).toBe(false)
        expect(await client.$names()).toEqual([{ name: ADA.name }])
      })
    })

    test('call the transaction they are called on', async () => {
      const client = extended<WithMethods>(extension, place)
      const seen: unknown[] = []
      const work = inFirm(client, () =>
        client.$transaction(async (tx) => {
          const { client: clients, $names } = tx as unknown as WithMethods & TestClient
          await tx.client.create({ data: { name: 'plaintext Bob', ssn: '222' } })
          seen.push(await clients.exists({ ssn: '222' }), await $names.call(tx))
          throw new Error('undo')
        }),
      )
      await expect(work).rejects.toThrow('undo')
      expect(seen[0]).toBe(true)
      expect(seen[1]).toEqual(expect.arrayContaining([{ name: 'plaintext Bob' }, { name: ADA.name }]))
      expect(await inFirm(client, () => client.client.exists({ ssn: '222' }))).toBe(false)
    })

    test('may be functions of the client, and come in any number', async () => {
      const numbered = (name: string) =>
        Prisma.defineExtension((inner) => inner.$extends({ name, client: { [`$${name}`]: () => name } }))
      const chain = PLACES.indexOf(place) === 0 ? ['one', 'two'] : ['three', 'four', 'five']
      const client = chain.reduce(
        (current, name) => current.$extends(numbered(name)),
        extended(extension, place) as TestClient,
      )
      for (const name of chain) expect(Reflect.get(client, `$${name}`)()).toBe(name)
      const sealed = client as SealedClient
      expect(await inFirm(sealed, () => sealed.client.findMany({ select: { name: true } }))).toEqual([
        { name: ADA.name },
      ])
    })
  })

  describe('what Prisma itself offers is kept', () => {
    test('$on of the base client hears the queries of the extended one', async () => {
      const heard: string[] = []
      const base = bench.client({ log: [{ emit: 'event', level: 'query' }] })
      listen(base, heard)
      const client = base.$extends(ours()) as SealedClient
      await inFirm(client, () => client.client.findMany())
      expect(heard.join('\n')).toContain('Client')
      expect(heard.join('\n')).not.toContain('plaintext')
    })

    test('$parent is the client that was extended', () => {
      const client = extended({ client: {} }, 'behind')
      const parent: unknown = Reflect.get(client, '$parent')
      expect(Reflect.get(Object(parent), '$fieldseal')).toBe(client.$fieldseal)
      expect(Reflect.get(Object(parent), '$parent')).toBe(bench.base)
      expect(Reflect.get(bench.sealed, '$parent')).toBe(bench.base)
    })

    test('raw queries, $connect and models’ fields', async () => {
      const rows = await bench.sealed.$queryRawUnsafe('SELECT 1 AS one')
      expect(Number(rows[0]?.one)).toBe(1)
      await bench.sealed.$connect()
      expect(Reflect.get(Object(Reflect.get(bench.sealed.client, 'fields')), 'city')).toMatchObject({ name: 'city' })
    })
  })

  describe('fieldseal itself', () => {
    test('is refused a second time, when the client is extended: nothing is sealed twice', async () => {
      const error = await thrownBy(UnsupportedOperationError, async () => bench.sealed.$extends(ours()))
      expect(error.message).toMatch(/already/)
    })

    test('is refused a second time behind another extension, too', async () => {
      await thrownBy(FieldsealError, async () => bench.sealed.$extends({ client: {} }).$extends(ours()))
    })

    test('may extend one base client into several, which read each other’s rows', async () => {
      const [one, other] = [bench.base.$extends(ours()) as SealedClient, bench.base.$extends(ours()) as SealedClient]
      await inFirm(one, () => one.client.create({ data: { id: 'bob', name: 'plaintext Bob' } }))
      expect(await inFirm(other, () => other.client.findUnique({ where: { id: 'bob' } }))).toMatchObject({
        name: 'plaintext Bob',
      })
    })
  })
})

/** A row as data of a new one: columns without a value left out, since Json takes no null. */
function given(row: Row): Args {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

function readReplicas(replicas: readonly TestClient[]): unknown {
  const module: unknown = createRequire(import.meta.url)('@prisma/extension-read-replicas')
  const extension: unknown = Reflect.get(Object(module), 'readReplicas')
  if (typeof extension !== 'function') throw new Error('@prisma/extension-read-replicas has no readReplicas')
  return extension({ replicas })
}

/** Collects the SQL a client sends. */
function listen(client: TestClient, statements: string[]): void {
  const on: unknown = Reflect.get(client, '$on')
  if (typeof on !== 'function') throw new Error('the client has no $on')
  on.call(client, 'query', ({ query }: { query: string }) => statements.push(query))
}
