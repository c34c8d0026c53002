import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Args, ModelDelegate, Row } from '../support/client-types.js'
import { combinationUnderTest } from '../support/combination.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import type { Provider } from '../support/schema.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

const models = (provider: Provider): string => `
/// @tenant(firm)
model Person {
  id        Int     @id
  firm      String
  name      String /// @encrypted(maxBytes: 99)
  nameIndex String? @unique /// @blindIndex(name)
  photo     Bytes? /// @encrypted
  notes     Json? /// @encrypted
  visits    Int     @default(0)
  ${provider === 'postgresql' ? 'labels String[]' : ''}
  pets      Pet[]
}

/// @tenant(person.firm)
model Pet {
  id       Int    @id
  personId Int
  person   Person @relation(fields: [personId], references: [id])
  label    String /// @encrypted(maxBytes: 99)
}
${keyModels(provider)}`

const PHOTO = new Uint8Array([0, 1, 254, 255])

describe.each(databasesUnderTest())('what is not about encrypted fields is passed on as it is, on %s', (database) => {
  const hasLists = providerOf(database) === 'postgresql'
  let bench: SealedBench
  let people: ModelDelegate
  const delegate = (client: object, model: string) => Reflect.get(client, model) as ModelDelegate
  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => bench.sealed.$fieldseal.withTenant('firm_1', work)

  beforeAll(async () => {
    const provider = providerOf(database)
    bench = await prepareSealed({ database, models: models(provider), previewFeatures: ['relationJoins'] })
    people = delegate(bench.sealed, 'person')
    await inFirm(() =>
      people.create({
        data: {
          id: 1,
          name: 'Ada',
          photo: PHOTO,
          notes: { a: [null] },
          pets: {
            create: [
              { id: 11, label: 'cat' },
              { id: 12, label: 'dog' },
            ],
          },
          ...(hasLists ? { labels: ['one'] } : {}),
        },
      }),
    )
    await bench.sealed.$fieldseal.withTenant('firm_2', () => people.create({ data: { id: 2, name: 'Eve' } }))
  })
  afterAll(() => bench?.dispose())

  const update = (data: Args): Promise<Row> => inFirm(() => people.update({ where: { name: 'Ada' }, data }))

  test('atomic changes of numbers', async () => {
    expect(await update({ visits: { increment: 3 }, name: { set: 'Ada' } })).toMatchObject({ visits: 3 })
    expect(await update({ visits: { multiply: 2 } })).toMatchObject({ visits: 6, name: 'Ada' })
    await inFirm(() => people.updateMany({ where: { name: 'Ada' }, data: { visits: { decrement: 5 } } }))
    expect(await inFirm(() => people.findFirst({ where: { visits: { gt: 0 } } }))).toMatchObject({ visits: 1 })
  })

  test('arguments made by Prisma.validator, which the clients of prisma-client-js have', async () => {
    const validator: unknown = bench.module.Prisma.validator
    if (combinationUnderTest().generator === 'prisma-client') return expect(validator).toBeUndefined()
    if (typeof validator !== 'function') throw new Error('the client has no Prisma.validator')
    const given = { where: { name: { in: ['Ada'] } }, select: { name: true, pets: { select: { label: true } } } }
    const args: Args = validator()(given)
    expect(await inFirm(() => people.findMany(args))).toEqual([{ name: 'Ada', pets: expect.any(Array) }])
    const checked: Args = validator(bench.sealed, 'person', 'findUnique')({ where: { name: 'Ada' } })
    expect(await inFirm(() => people.findUnique(checked))).toMatchObject({ id: 1, name: 'Ada' })
  })

  test('lists of plain values: set and push, and their filters', async () => {
    if (!hasLists) {
      expect(Object.keys(bench.policy.models.Person?.fields ?? {})).not.toContain('labels')
      return
    }
    expect(await update({ labels: { push: 'two' } })).toMatchObject({ labels: ['one', 'two'] })
    expect(await update({ labels: { push: ['three', 'four'] } })).toMatchObject({
      labels: ['one', 'two', 'three', 'four'],
    })
    expect(await update({ labels: { set: ['five'] } })).toMatchObject({ labels: ['five'] })
    expect(await update({ labels: ['six'], name: 'Ada' })).toMatchObject({ labels: ['six'], name: 'Ada' })
    const made = await inFirm(() => people.create({ data: { id: 3, name: 'Carl', labels: { set: ['seven'] } } }))
    expect(made).toMatchObject({ labels: ['seven'] })
    const having = (filter: Args) => inFirm(() => people.count({ where: { labels: filter, name: { not: 'Eve' } } }))
    expect(await having({ has: 'six' })).toBe(1)
    expect(await having({ hasSome: ['six', 'seven'] })).toBe(2)
    expect(await having({ isEmpty: true })).toBe(0)
    await inFirm(() => people.delete({ where: { id: 3 } }))
  })

  test('relationLoadStrategy, with every type of cell', async () => {
    const ask = (client: object, args: Args) =>
      delegate(client, 'pet').findMany({
        where: { id: { in: [11, 12] } },
        orderBy: { id: 'asc' },
        include: { person: { include: { pets: { orderBy: { id: 'desc' }, where: { id: { gt: 0 } } } } } },
        ...args,
      })
    const plain = async (strategy: string): Promise<boolean> =>
      ask(bench.base, { relationLoadStrategy: strategy, include: { person: true } }).then(
        () => true,
        () => false,
      )
    const pets = [{ label: 'dog' }, { label: 'cat' }]
    const person = { name: 'Ada', photo: PHOTO, notes: { a: [null] }, pets }
    for (const strategy of ['query', 'join']) {
      const asked = inFirm(() => ask(bench.sealed, { relationLoadStrategy: strategy }))
      if (await plain(strategy))
        expect(await asked).toMatchObject([
          { label: 'cat', person },
          { label: 'dog', person },
        ])
      else await expect(asked).rejects.toThrow()
    }
  })

  test('but no column takes the place of a value', async () => {
    const fields = Reflect.get(people, 'fields') as { readonly [name: string]: unknown }
    for (const data of [
      { name: fields.firm },
      { notes: fields.firm },
      { notes: { deep: [fields.firm] } },
      { firm: fields.name },
      { visits: { set: fields.nameIndex } },
    ]) {
      await expect(update(data)).rejects.toMatchObject({
        name: expect.stringMatching(/^(?!Prisma)\w+Error$/),
        model: 'Person',
      })
    }
    expect(await update({ visits: 1 })).toMatchObject({ name: 'Ada', firm: 'firm_1', notes: { a: [null] } })
  })
})
