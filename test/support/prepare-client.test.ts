import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { offers } from '../capabilities.js'
import type { TestClient } from './client-types.js'
import { configurations } from './matrix.js'
import { type PreparedClient, prepareClient } from './prepare-client.js'
import { skipOf } from './prisma-skip.js'

describe.each(configurations())('a prepared client of $title', (configuration) => {
  const { database, prisma } = configuration
  let prepared: PreparedClient
  let client: TestClient

  beforeAll(async () => {
    prepared = await prepareClient(configuration)
    client = prepared.client({ errorFormat: 'minimal', transactionOptions: { timeout: 1000 } })
    await client.firm.create({ data: { id: 'firm_1', name: 'One' } })
  })
  afterAll(() => prepared?.dispose())

  it('stores and reads every kind of column, and shows the stored row as the driver gives it', async () => {
    const { id } = await client.client.create({
      data: {
        firmId: 'firm_1',
        name: 'Ünïcode 🔐',
        intake: { a: [1, null] },
        scan: new Uint8Array([0, 255]),
        notes: { create: { body: 'note' } },
        tags: { create: { label: 'label' } },
      },
    })
    const read = await client.client.findUnique({ where: { id }, include: { notes: true, tags: true } })
    expect(read).toMatchObject({ name: 'Ünïcode 🔐', nickname: 'none', intake: { a: [1, null] } })
    expect(read?.notes).toHaveLength(1)
    expect(read?.tags).toHaveLength(1)

    const quoted = database === 'mariadb' ? '`Client`' : '"Client"'
    const [stored] = await prepared.sql(`SELECT * FROM ${quoted}`)
    expect(stored).toMatchObject({ name: 'Ünïcode 🔐', ssn: null })
    expect(Uint8Array.from(stored?.scan as Uint8Array)).toEqual(new Uint8Array([0, 255]))
    expect(String(stored?.intake).replaceAll(' ', '')).toBe('{"a":[1,null]}')
  })

  it('refuses two rows with one blind-index tag', async () => {
    const data = { firmId: 'firm_1', name: 'x', ssnIndex: 'tag' }
    await client.client.create({ data })
    await expect(client.client.create({ data })).rejects.toMatchObject({
      code: database === 'pglite' ? '23505' : 'P2002',
    })
  })

  it('compares text by its bytes', async () => {
    await client.appSecret.create({ data: { name: 'Case', value: 'v' } })
    expect(await client.appSecret.findMany({ where: { name: 'case' } })).toEqual([])
    await client.appSecret.create({ data: { name: 'case', value: 'v' } })
  })

  describe('offers what the table of capabilities says, and refuses the rest:', () => {
    const offered = (capability: Parameters<typeof offers>[0]) => offers(capability, database, prisma)
    const settles = async (works: boolean, attempt: () => Promise<unknown>, refusal: string | RegExp) => {
      if (works) await attempt()
      else await expect(attempt()).rejects.toThrow(refusal)
    }

    it('createManyAndReturn', () =>
      settles(
        offered('createManyAndReturn'),
        async () => expect(await client.tag.createManyAndReturn({ data: [{ label: 'a' }] })).toHaveLength(1),
        'does not match any query',
      ))

    it('updateManyAndReturn', () =>
      settles(
        offered('updateManyAndReturn'),
        async () => expect(await client.firm.updateManyAndReturn({ data: { name: 'One' } })).toHaveLength(1),
        'does not match any query',
      ))

    it('skipDuplicates', () =>
      settles(
        offered('skipDuplicates'),
        async () => {
          const data = [{ label: 'once' }, { label: 'once' }]
          expect(await client.tag.createMany({ data, skipDuplicates: true })).toEqual({ count: 1 })
        },
        'Unknown argument `skipDuplicates`',
      ))

    it('insensitiveMode', () =>
      settles(
        offered('insensitiveMode'),
        async () => {
          const where = { name: { equals: 'ONE', mode: 'insensitive' } }
          expect(await client.firm.findMany({ where })).toHaveLength(1)
        },
        'Unknown argument `mode`',
      ))

    it('nestedTransaction', () =>
      settles(
        offered('nestedTransaction'),
        () => client.$transaction((tx) => tx.$transaction((inner) => inner.firm.count())),
        /is not a function|Nested transactions are not supported/,
      ))

    it('outsideQueryInTransaction', () =>
      settles(
        offered('outsideQueryInTransaction'),
        () =>
          client.$transaction(async (tx) => {
            await tx.firm.update({ where: { id: 'firm_1' }, data: { name: 'Not yet' } })
            const outside = await client.firm.findUnique({ where: { id: 'firm_1' } })
            await tx.firm.update({ where: { id: 'firm_1' }, data: { name: 'One' } })
            if (String(outside?.name) === 'Not yet') throw new Error('The query was made part of the transaction')
          }),
        /expired transaction|made part of the transaction/,
      ))

    it('skipWithExtensions', () =>
      settles(
        offered('skipWithExtensions'),
        () => {
          const through = {
            $allOperations: ({ args, query }: { args: never; query: (args: never) => unknown }) => query(args),
          }
          const extended = client.$extends({ query: { $allModels: through } })
          return extended.firm.update({ where: { id: 'firm_1' }, data: { name: skipOf(prepared) } })
        },
        'Invalid value provided',
      ))

    it('updateBySelfRelation', async () => {
      const data = { firmId: 'firm_1', name: 'x' }
      const { id } = await client.client.create({ data })
      await client.client.create({ data: { ...data, id: 'referred', referredById: id } })
      const where = { id: 'referred', referredBy: { is: { name: 'x' } } }
      await settles(
        offered('updateBySelfRelation'),
        () => client.client.update({ where, data: { name: 'y' } }),
        /The column `.*` does not exist/,
      )
    })

    it('textWithNul', () =>
      settles(
        offered('textWithNul'),
        () => client.appSecret.create({ data: { name: 'nul', value: '\0' } }),
        'invalid byte sequence',
      ))
  })
})
