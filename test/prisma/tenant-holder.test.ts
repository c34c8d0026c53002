import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Args, ModelDelegate, Row } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

/** The tenant column is part of foreign keys: of one to the tenant itself, and of a compound one to its rows. */
const MODELS = `
model Firm {
  id      String   @id
  name    String?
  clients Client[]
}

/// @tenant(firmId)
model Client {
  id     Int    @id
  firmId String
  firm   Firm   @relation(fields: [firmId], references: [id])
  name   String /// @encrypted(maxBytes: 99)
}

/// @tenant(firmId)
model Matter {
  firmId  String
  number  Int
  code    Int     @unique
  title   String? /// @encrypted(maxBytes: 99)
  parties Party[]

  @@id([firmId, number])
}

/// @tenant(firmId)
model Party {
  id     Int    @id
  firmId String
  number Int
  matter Matter @relation(fields: [firmId, number], references: [firmId, number])
  role   String /// @encrypted(maxBytes: 99)
}
`

describe.each(databasesUnderTest())('relations that hold the tenant column, on %s', (database) => {
  let bench: SealedBench
  const of = (model: string) => Reflect.get(bench.sealed, model) as ModelDelegate
  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> => bench.sealed.$fieldseal.withTenant('firm_a', work)

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: `${MODELS}\n${keyModels(providerOf(database))}` })
    for (const [at, firm] of ['firm_a', 'firm_b'].entries()) {
      await of('firm').create({ data: { id: firm, name: firm } })
      await bench.sealed.$fieldseal.withTenant(firm, async () => {
        await of('client').create({ data: { id: at, name: 'Ada' } })
        await of('matter').create({ data: { number: 1, code: at, title: `of ${firm}` } })
        if (at === 1) await of('matter').create({ data: { number: 2, code: 9, title: 'of firm_b alone' } })
      })
    }
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await (Reflect.get(bench.base, 'party') as ModelDelegate).deleteMany()
    await inFirm(() => of('party').create({ data: { id: 1, number: 1, role: 'buyer' } }))
  })

  const include = { matter: { select: { title: true } } }
  const create = (data: Args): Promise<Row> =>
    inFirm(() => of('party').create({ data: { id: 2, role: 'seller', ...data }, include }))
  const update = (data: Args): Promise<Row> => inFirm(() => of('party').update({ where: { id: 1 }, data, include }))
  const own = { firmId: 'firm_a', matter: { title: 'of firm_a' } }

  test('may be connected by the whole key, by another unique one, or by scalars', async () => {
    for (const data of [
      { matter: { connect: { firmId_number: { firmId: 'firm_a', number: 1 } } } },
      { matter: { connect: { code: 0 } } },
      { number: 1 },
      { number: 1, firmId: 'firm_a' },
    ]) {
      expect(await create(data)).toMatchObject({ id: 2, role: 'seller', ...own })
      await inFirm(() => of('party').delete({ where: { id: 2 } }))
    }
    expect(await update({ matter: { connect: { code: 0 } } })).toMatchObject(own)
  })

  test('may be made along, and be changed without being linked anew', async () => {
    const made = await create({ matter: { create: { number: 7, code: 7, title: 'made' } } })
    expect(made).toMatchObject({ firmId: 'firm_a', number: 7, matter: { title: 'made' } })
    expect(await update({ matter: { update: { title: 'of firm_a' } } })).toMatchObject(own)
    const client = { where: { id: 0 }, data: { name: 'Eve', firm: { update: { name: 'A' } } }, include: { firm: true } }
    expect(await inFirm(() => of('client').update(client))).toMatchObject({
      name: 'Eve',
      firm: { id: 'firm_a', name: 'A' },
    })
    await inFirm(() => of('party').deleteMany({ where: { number: 7 } }))
    await inFirm(() => of('matter').deleteMany({ where: { number: 7 } }))
  })

  test.each<[string, Args, string]>([
    [
      'the whole key of another tenant',
      { matter: { connect: { firmId_number: { firmId: 'firm_b', number: 1 } } } },
      'P2025',
    ],
    ['another unique key of another tenant’s row', { matter: { connect: { code: 1 } } }, 'P2025'],
    ['scalars of another tenant', { number: 2, firmId: 'firm_b' }, 'TENANT_MISMATCH'],
    ['a disconnection', { matter: { disconnect: true } }, 'UNSUPPORTED_OPERATION'],
    ['a removal', { matter: { delete: true } }, 'UNSUPPORTED_OPERATION'],
  ])('may not be written by %s', async (_, data, code) => {
    await expect(update(data)).rejects.toMatchObject({ code })
    expect(await inFirm(() => of('party').findMany({ include }))).toMatchObject([own])
  })

  test('lead to no row that the tenant has not', async () => {
    await expect(update({ number: 2 })).rejects.toMatchObject({ code: database === 'pglite' ? '23503' : 'P2003' })
    await expect(create({ number: 2 })).rejects.toMatchObject({ code: database === 'pglite' ? '23503' : 'P2003' })
    const foreign = inFirm(() =>
      of('client').update({ where: { id: 0 }, data: { firm: { connect: { id: 'firm_b' } } } }),
    )
    await expect(foreign).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
  })
})
