import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ReservedFieldError } from '../../src/errors/index.js'
import { offers } from '../capabilities.js'
import { run } from '../support/calls.js'
import type { Args, ModelDelegate } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import type { Provider } from '../support/schema.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { quoted } from '../support/stored.js'

const models = (provider: Provider): string => `
/// @tenant(firm)
model Person {
  id        Int     @id
  firm      String
  name      String /// @encrypted(maxBytes: 99)
  nameIndex String? @unique /// @blindIndex(name)
  code      String? /// @encrypted(maxBytes: 99)
  codeIndex String? /// @blindIndex(code, expose: true)
  bothIndex String? /// @blindIndex([name, code])
  city      String?
  bossId    Int?
  boss      Person?  @relation("Boss", fields: [bossId], references: [id])
  staff     Person[] @relation("Boss")
  pets      Pet[]
}

/// @tenant(person.firm)
model Pet {
  id         Int     @id
  personId   Int
  person     Person  @relation(fields: [personId], references: [id])
  label      String /// @encrypted(maxBytes: 99)
  labelIndex String? /// @blindIndex(label)
}
${keyModels(provider)}`

const FIRM = 'firm_1'
const TAG = /[0-9a-z]{18}\.[0-9a-v]{26}/
const HIDDEN = ['nameIndex', 'bothIndex', 'labelIndex']

/** Names of all fields in an answer, at every depth. */
function namesIn(answer: unknown): Set<string> {
  if (typeof answer !== 'object' || answer === null) return new Set()
  const own = Array.isArray(answer) ? [] : Object.keys(answer)
  return new Set([...own, ...Object.values(answer).flatMap((value) => [...namesIn(value)])])
}

describe.each(databasesUnderTest())('columns of blind indexes, on %s', (database) => {
  let bench: SealedBench
  let people: ModelDelegate
  let pets: ModelDelegate
  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => bench.sealed.$fieldseal.withTenant(FIRM, work)
  const delegate = (client: object, model: string) => Reflect.get(client, model) as ModelDelegate

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: models(providerOf(database)) })
    people = delegate(bench.sealed, 'person')
    pets = delegate(bench.sealed, 'pet')
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    const base = bench.base as unknown as { readonly pet: ModelDelegate; readonly person: ModelDelegate }
    await base.pet.deleteMany()
    await base.person.updateMany({ data: { bossId: null } })
    await base.person.deleteMany()
    await inFirm(async () => {
      await people.create({ data: { id: 1, name: 'Ada', code: 'a1', pets: { create: { id: 11, label: 'cat' } } } })
      await people.create({ data: { id: 2, name: 'Bob', code: 'b2', bossId: 1 } })
    })
  })

  const data = { name: 'Carl', code: 'c3' }
  const everything = { boss: { include: { pets: true } }, staff: { include: { pets: true } }, pets: true }
  const ROWS: Record<string, () => PromiseLike<unknown>> = {
    findUnique: () => people.findUnique({ where: { name: 'Ada' } }),
    findUniqueOrThrow: () => people.findUniqueOrThrow({ where: { id: 1 } }),
    findFirst: () => people.findFirst({ where: { name: 'Ada' } }),
    findFirstOrThrow: () => people.findFirstOrThrow(),
    findMany: () => people.findMany({ where: { name: { in: ['Ada', 'Bob'] } } }),
    'findMany with distinct': () => people.findMany({ distinct: ['name'] }),
    create: () => people.create({ data: { id: 3, ...data } }),
    'create with what is nested': () =>
      people.create({ data: { id: 3, ...data, pets: { create: { id: 13, label: 'dog' } } }, include: { pets: true } }),
    update: () => people.update({ where: { name: 'Ada' }, data }),
    'upsert that creates': () => people.upsert({ where: { name: 'Carl' }, create: { id: 3, ...data }, update: {} }),
    'upsert that updates': () => people.upsert({ where: { name: 'Ada' }, create: { id: 3, ...data }, update: data }),
    delete: () => people.delete({ where: { name: 'Bob' } }),
    include: () => people.findMany({ include: everything }),
    'relations in select': () => people.findMany({ select: { boss: true, staff: { take: 1 }, pets: true } }),
    'relations of relations': () => pets.findMany({ include: { person: { include: everything } } }),
    'an empty include': () => people.findMany({ include: {} }),
    'select: null': () => people.findMany({ select: null }),
    'omit: null': () => people.findMany({ omit: null }),
    'omit beside include': () => people.findMany({ omit: { city: true }, include: { boss: { omit: { city: true } } } }),
    'omit that names the column': () => people.findMany({ omit: { nameIndex: true, bothIndex: undefined } }),
    'a fluent call': () => people.findUnique({ where: { name: 'Bob' } }).boss?.() ?? Promise.reject(),
    'a fluent call to a list': () => people.findUnique({ where: { name: 'Ada' } }).pets?.() ?? Promise.reject(),
    groupBy: () => people.groupBy({ by: ['name', 'code'], _count: true }),
    'an interactive transaction': () =>
      bench.sealed.$transaction((tx) => delegate(tx, 'person').findMany({ include: { pets: true } })),
    'an array transaction': () => bench.sealed.$transaction([people.findMany(), pets.findMany()]),
  }
  if (offers('createManyAndReturn', database)) {
    ROWS.createManyAndReturn = () =>
      people.createManyAndReturn({ data: [{ id: 3, ...data, bossId: 1 }], include: { boss: true } })
  }
  if (offers('updateManyAndReturn', database)) {
    ROWS.updateManyAndReturn = () => people.updateManyAndReturn({ where: { name: 'Ada' }, data })
  }

  test.each(Object.entries(ROWS))('are in no row of %s', async (_, call) => {
    const answer = await inFirm(call)
    const names = namesIn(answer)
    expect(names.size).toBeGreaterThan(0)
    for (const column of HIDDEN) expect(names).not.toContain(column)
  })

  test.each(Object.entries(ROWS).filter(([title]) => !/group|fluent call to a list/.test(title)))(
    'that are exposed are in the rows of %s',
    async (_, call) => {
      const answer = await inFirm(call)
      expect(namesIn(answer)).toContain('codeIndex')
      expect(JSON.stringify(answer)).toMatch(TAG)
    },
  )

  test('are not even read from the database', async () => {
    const seen: string[] = []
    const client = bench.sealed.$extends({
      query: {
        person: {
          async findMany({ args, query }: { args: Args; query(args: Args): Promise<unknown> }) {
            const answer = await query(args)
            seen.push(...namesIn(answer))
            return answer
          },
        },
      },
    })
    await inFirm(() => delegate(client, 'person').findMany())
    expect(seen).toContain('codeIndex')
    expect(seen).not.toContain('nameIndex')
  })

  test.each<[string, 'person' | 'pet', string, Args, string]>([
    ['select', 'person', 'findMany', { select: { nameIndex: true } }, 'nameIndex'],
    [
      'select of a write',
      'person',
      'create',
      { data: { id: 3, ...data }, select: { id: true, bothIndex: true } },
      'bothIndex',
    ],
    [
      'select of a related row',
      'pet',
      'findMany',
      { select: { person: { select: { nameIndex: true } } } },
      'nameIndex',
    ],
    [
      'select in an include',
      'person',
      'findMany',
      { include: { pets: { select: { labelIndex: true } } } },
      'labelIndex',
    ],
    ['omit: false', 'person', 'findMany', { omit: { nameIndex: false } }, 'nameIndex'],
  ])('asked for by %s are refused, and nothing is sent', async (_, model, operation, args, field) => {
    const error: unknown = await inFirm(() => run(bench.sealed, { model, operation, args })).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ReservedFieldError)
    expect(error).toMatchObject({ field, operation, message: expect.stringContaining('expose: true') })
    expect(await inFirm(() => people.count())).toBe(2)
  })

  test('that are not wanted may be said so', async () => {
    const found = await inFirm(() =>
      people.findMany({ where: { id: 1 }, select: { name: true, nameIndex: false, bothIndex: undefined } }),
    )
    expect(found).toEqual([{ name: 'Ada' }])
  })

  test('that are exposed can be selected and left out, and hold the tag', async () => {
    const [row, without] = await inFirm(async () => [
      await people.findUnique({ where: { id: 1 }, select: { codeIndex: true } }),
      await people.findUnique({ where: { id: 1 }, omit: { codeIndex: true } }),
    ])
    expect(row).toEqual({ codeIndex: await inFirm(() => bench.sealed.$fieldseal.tag('Person.code', 'a1')) })
    expect(Object.keys(without ?? {})).not.toContain('codeIndex')
    const changes: readonly Args[] = [
      { where: { id: 1 }, data: { codeIndex: 'x' } },
      { where: { codeIndex: 'x' }, data: {} },
    ]
    for (const args of changes) {
      await expect(inFirm(() => people.updateMany(args))).rejects.toBeInstanceOf(ReservedFieldError)
    }
  })

  test('stay out of sight where the client shows what its omit would hide', async () => {
    const omit = { person: { name: true, nameIndex: false, codeIndex: true } }
    const sealed = bench.extend({}, { omit })
    const client = delegate(sealed, 'person')
    const found = await sealed.$fieldseal.withTenant(FIRM, async () => [
      await client.findFirst({ where: { id: 1 } }),
      await client.findFirst({ where: { id: 1 }, omit: { name: false, codeIndex: false } }),
    ])
    expect(found.map((row) => Object.keys(row ?? {}).sort())).toEqual([
      ['bossId', 'city', 'code', 'firm', 'id'],
      ['bossId', 'city', 'code', 'codeIndex', 'firm', 'id', 'name'],
    ])
  })

  test('that a computed field needs are there for it alone', async () => {
    const computed = { needs: { nameIndex: true }, compute: ({ nameIndex }: Args) => typeof nameIndex }
    const client = bench.sealed.$extends({ result: { person: { kind: computed } } })
    const rows = await inFirm(async () => [
      await delegate(client, 'person').findUnique({ where: { id: 1 } }),
      await delegate(client, 'person').findUnique({ where: { id: 1 }, select: { kind: true } }),
      (await delegate(client, 'pet').findUnique({ where: { id: 11 }, include: { person: true } }))?.person,
    ])
    for (const row of rows) {
      expect(Object(row).kind).toBe('string')
      expect(namesIn(row)).not.toContain('nameIndex')
      expect(JSON.stringify(row)).not.toContain('nameIndex')
    }
  })

  test('are what a statement of raw SQL says, and $fieldseal.open leaves them so', async () => {
    const [id, name, tag] = ['id', 'name', 'nameIndex'].map((column) => quoted(bench, column))
    const sql = `SELECT ${name}, ${tag} FROM ${quoted(bench, 'Person')} WHERE ${id} = 1`
    const rows = await bench.sql(sql)
    const [opened] = await inFirm(() =>
      bench.sealed.$fieldseal.open<{ name: string; nameIndex: string }>('Person', rows),
    )
    expect(opened).toEqual({ name: 'Ada', nameIndex: expect.stringMatching(TAG) })
  })
})
