import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Args } from '../support/client-types.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { storedText, unsealedValues } from '../support/stored.js'
import { FIRM, prepareTwins, type TwinClient, type Twins, withoutIndexes } from '../support/twins.js'

/** How often, and how many answers that are not empty must have been compared, so that the test tests something. */
const EFFORT: { readonly [D in DatabaseName]: { readonly runs: number; readonly floor: number } } = {
  sqlite: { runs: 200, floor: 400 },
  pglite: { runs: 25, floor: 50 },
  postgresql: { runs: 40, floor: 80 },
  mariadb: { runs: 40, floor: 80 },
}

/** The share of that effort this run is to take; a run on many combinations takes less of each. */
const SHARE = Number(process.env.TEST_EFFORT || 1)

/** What encrypted fields are filled with: alike under every collation only if they are equal. */
const SECRETS = ['plaintext-one', 'plaintext-two', 'plaintext-three', 'enc::1.plaintext']
const CITIES = ['London', 'Paris', null]

const secret = fc.constantFrom(...SECRETS)
const secretOrNull = fc.oneof({ weight: 3, arbitrary: secret }, { weight: 1, arbitrary: fc.constant(null) })
const id = fc.integer({ min: 1, max: 6 })

/** A filter on one encrypted field. */
const condition = (optional: boolean): fc.Arbitrary<unknown> => {
  const value = optional ? secretOrNull : secret
  const values = fc.array(secret, { maxLength: 3 })
  const simple = fc.oneof(
    value.map((equals) => ({ equals })),
    values.map((list) => ({ in: list })),
    values.map((list) => ({ notIn: list })),
    value.map((not) => ({ not })),
    fc.record({ in: values, not: secret }),
  )
  return fc.oneof(
    value,
    simple,
    simple.map((not) => ({ not })),
  )
}

const fields: fc.Arbitrary<Args> = fc.oneof(
  fc.record({ name: condition(false) }),
  fc.record({ alias: condition(true) }),
  fc.record({ code: condition(true) }),
  fc.record({ phone: condition(true) }),
  fc.record({ alias: condition(true), name: condition(false) }),
  fc.record({ remark: fc.constantFrom(null, { not: null }) }),
  fc.record({ city: fc.constantFrom(...CITIES) }),
)

const petFields: fc.Arbitrary<Args> = fc.oneof(
  fc.record({ label: condition(true) }),
  fc.record({ NOT: fc.record({ label: condition(true) }) }),
  fc.constant({}),
)

const { filter } = fc.letrec<{ filter: Args }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fields,
    fc.record({ pets: fc.record({ some: petFields }) }),
    fc.record({ pets: fc.record({ every: petFields }) }),
    fc.record({ pets: fc.record({ none: petFields }) }),
    fc.record({ AND: fc.array(tie('filter'), { maxLength: 2 }) }),
    fc.record({ OR: fc.array(tie('filter'), { maxLength: 2 }) }),
    fc.record({ NOT: tie('filter') }),
    fc.record({ NOT: fc.array(tie('filter'), { maxLength: 2 }) }),
    fc.tuple(fields, tie('filter')).map(([own, other]) => ({ ...own, OR: [other] })),
  ),
}))

const unique: fc.Arbitrary<Args> = fc.oneof(
  fc.record({ id }),
  fc.record({ code: secret }),
  fc.record({ id, alias: condition(true) }),
  secret.map((phone) => ({ firm_phone: { firm: FIRM, phone } })),
)

const content = fc.record(
  {
    alias: secretOrNull,
    code: secretOrNull,
    phone: secretOrNull,
    remark: secretOrNull,
    city: fc.constantFrom(...CITIES),
  },
  { requiredKeys: [] },
)

const pet = fc.record({ id: fc.integer({ min: 1, max: 9 }), label: secretOrNull })
const person = fc
  .tuple(fc.record({ id, name: secret }), content, fc.option(fc.array(pet, { maxLength: 2 }), { nil: undefined }))
  .map(([required, others, pets]) => ({
    ...required,
    ...others,
    ...(pets === undefined ? {} : { pets: { create: pets } }),
  }))

const change = fc.oneof(
  content,
  fc.record({ name: secret }),
  secretOrNull.map((set) => ({ alias: { set } })),
  fc.tuple(petFields, secretOrNull).map(([where, label]) => ({ pets: { updateMany: { where, data: { label } } } })),
  pet.map((data) => ({ pets: { create: data } })),
  pet.map((data) => ({ pets: { connectOrCreate: { where: { id: data.id }, create: data } } })),
  pet.map(({ id: petId, label }) => ({
    pets: { upsert: { where: { id: petId }, create: { id: petId, label }, update: { label } } },
  })),
)

const include = { pets: { orderBy: { id: 'asc' } } }
const ordered = { orderBy: { id: 'asc' } }

/** One operation, said once for both clients. */
type Step = readonly [name: string, run: (client: TwinClient) => PromiseLike<unknown>]

const firmed = (data: Args): Args => ({ ...data, firm: FIRM })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: person.map((data): Step => ['create', (c) => c.person.create({ data: firmed(data), include })]),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.record({ id, name: secret }), content), { maxLength: 3 })
      .map(
        (rows): Step => [
          'createMany',
          (c) => c.person.createMany({ data: rows.map(([required, others]) => firmed({ ...required, ...others })) }),
        ],
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(unique, change)
      .map(([where, data]): Step => ['update', (c) => c.person.update({ where, data, include })]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(filter, content)
      .map(([where, data]): Step => ['updateMany', (c) => c.person.updateMany({ where, data })]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(unique, person, change)
      .map(
        ([where, create, update]): Step => [
          'upsert',
          (c) => c.person.upsert({ where, create: firmed(create), update, include }),
        ],
      ),
  },
  { weight: 1, arbitrary: unique.map((where): Step => ['delete', (c) => c.person.delete({ where })]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(filter, fields)
      .map(([where, also]): Step => ['deleteMany', (c) => c.person.deleteMany({ where: { AND: [where, also] } })]),
  },
  { weight: 3, arbitrary: unique.map((where): Step => ['findUnique', (c) => c.person.findUnique({ where, include })]) },
  {
    weight: 4,
    arbitrary: filter.map((where): Step => ['findMany', (c) => c.person.findMany({ where, include, ...ordered })]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(filter, fc.integer({ min: -2, max: 3 }), fc.integer({ min: 0, max: 2 }), fc.option(id, { nil: undefined }))
      .map(
        ([where, take, skip, cursor]): Step => [
          'findMany of a page',
          (c) =>
            c.person.findMany({
              where,
              take,
              skip,
              ...ordered,
              ...(cursor === undefined ? {} : { cursor: { id: cursor } }),
            }),
        ],
      ),
  },
  {
    weight: 2,
    arbitrary: filter.map(
      (where): Step => [
        'findFirst',
        (c) => c.person.findFirst({ where, ...ordered, select: { name: true, pets: include.pets } }),
      ],
    ),
  },
  { weight: 2, arbitrary: filter.map((where): Step => ['count', (c) => c.person.count({ where })]) },
  {
    weight: 1,
    arbitrary: filter.map(
      (where): Step => [
        'groupBy',
        (c) => c.person.groupBy({ by: ['city'], where, _count: { alias: true }, orderBy: { city: 'asc' } }),
      ],
    ),
  },
  {
    weight: 2,
    arbitrary: filter.map(
      (where): Step => [
        'findMany of pets',
        (c) => c.pet.findMany({ where: { person: where }, include: { person: true }, ...ordered }),
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: filter.map(
      (where): Step => [
        'findMany of pets by isNot',
        (c) => c.pet.findMany({ where: { person: { isNot: where } }, ...ordered }),
      ],
    ),
  },
)

/** What came of an operation: its result, or the code of its error. */
async function outcomeOf(work: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    return { result: withoutIndexes(await work()) }
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code')
    return { error: code ?? (error instanceof Error ? error.name : 'not an error') }
  }
}

function isEmpty(outcome: unknown): boolean {
  const result: unknown = Reflect.get(Object(outcome), 'result')
  const count: unknown = typeof result === 'number' ? result : Reflect.get(Object(result), 'count')
  return result === undefined || result === null || count === 0 || (Array.isArray(result) && result.length === 0)
}

describe.each(databasesUnderTest())('an encrypted client and a plain one answer alike, on %s', (database) => {
  let twins: Twins

  beforeAll(async () => {
    twins = await prepareTwins(database)
    await twins.seedOtherFirm()
  })
  afterAll(() => twins?.dispose())

  test('whatever sequence of operations they are given, and no plaintext is stored', { timeout: 120_000 }, async () => {
    const { runs, floor } = EFFORT[database]
    const compared = { all: 0, filled: 0, errors: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 3 }),
        fc.array(step, { minLength: 3, maxLength: 8 }),
        async (people, steps) => {
          await twins.clear()
          const seeds = people.map((data): Step => ['seed', (c) => c.person.create({ data: firmed(data) })])
          for (const [name, run] of [...seeds, ...steps]) {
            const expected = await outcomeOf(() => run(twins.plainClient))
            const found = await outcomeOf(() => twins.asFirm(() => run(twins.sealedClient)))
            expect([name, found]).toEqual([name, expected])
            compared.all++
            if (Reflect.has(Object(expected), 'error')) compared.errors++
            else if (!isEmpty(expected)) compared.filled++
          }
          expect(await storedText(twins.sealed, 'Person', 'Pet')).not.toMatch(/plaintext/)
          expect([
            ...(await unsealedValues(twins.sealed, 'Person')),
            ...(await unsealedValues(twins.sealed, 'Pet')),
          ]).toEqual([])
        },
      ),
      { numRuns: Math.ceil(runs * SHARE) },
    )
    console.info(
      `${database}: ${compared.all} answers compared, ${compared.filled} of them not empty, ${compared.errors} errors`,
    )
    expect(compared.filled).toBeGreaterThan(floor * SHARE)
  })
})
