import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { UnsupportedOperationError } from '../../src/errors/index.js'
import { frozen } from '../support/calls.js'
import type { ModelDelegate, Row, TestClient } from '../support/client-types.js'
import { thrownBy } from '../support/core/expect-error.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { providerOf } from '../support/kinds.js'
import { commonModels, type Provider } from '../support/schema.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { storedRows } from '../support/stored.js'

// What the integration suite of the widest used package for field encryption with Prisma demands of itself, one test a
// behaviour. Two are the other way round here: a fluent call decrypts, and sorting by ciphertext is an error.

function models(provider: Provider): string {
  const long = provider === 'mysql' ? ' @db.LongText' : ''
  const common = commonModels(provider)
  return `
model Agent {
  id        Int      @id @default(autoincrement())
  email     String   @unique
  name      String?  /// @encrypted(maxBytes: 99)
  nameIndex String?  @unique /// @blindIndex(name)
  alias     String?  /// @encrypted(maxBytes: 99)
  aliasIndex String? /// @blindIndex(alias, normalize: [trim, lowercase, diacritics])
  reports   Report[]
}

model Report {
  id       Int     @id @default(autoincrement())
  title    String
  content  String?${long} /// @encrypted
  agentId  Int?
  agent    Agent?  @relation(fields: [agentId], references: [id])
  subjects Subject[]
}

model Subject {
  id      Int      @id @default(autoincrement())
  name    String
  reports Report[]
}

${common.slice(common.indexOf('model FieldsealKey'))}`
}

interface AgencyClient extends TestClient {
  readonly agent: ModelDelegate
  readonly report: ModelDelegate
  readonly subject: ModelDelegate
}

const EMAIL = '007@service.example'
const NAME = 'James Bond'
const CELL = /^enc::1\./

describe.each(databasesUnderTest())('behaviours that users of field encryption rely on, on %s', (database) => {
  let bench: SealedBench
  let client: AgencyClient

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: models(providerOf(database)) })
    client = bench.sealed as unknown as AgencyClient
  })
  afterAll(() => bench?.dispose())
  beforeEach(async () => {
    await client.report.deleteMany()
    await client.subject.deleteMany()
    await client.agent.deleteMany()
  })

  const seed = (): Promise<Row> => client.agent.create({ data: { email: EMAIL, name: NAME } })
  const stored = async (model: string): Promise<{ readonly [column: string]: unknown }> =>
    (await storedRows(bench, model)).at(-1) ?? {}

  test('create: the answer is clear text, the column is not', async () => {
    expect((await seed()).name).toBe(NAME)
    expect((await stored('Agent')).name).toMatch(CELL)
  })

  test.each([
    ['the value itself', { name: NAME }],
    ['equals', { name: { equals: NAME } }],
    ['OR', { OR: [{ name: NAME }, { name: 'Bond, James Bond.' }] }],
    ['OR with a nested NOT', { OR: [{ name: { equals: NAME } }, { AND: [{ NOT: { name: 'Dr. No' } }] }] }],
  ])('an encrypted field is found by %s', async (_, where) => {
    await seed()
    expect((await client.agent.findFirst({ where }))?.name).toBe(NAME)
  })

  test('not: finds the others, and those without a value as Prisma does', async () => {
    await seed()
    await client.agent.create({ data: { email: '006@service.example', name: 'Alec Trevelyan' } })
    const names = async (where: object) => (await client.agent.findMany({ where })).map(({ name }) => name)
    expect(await names({ name: { not: NAME } })).toEqual(['Alec Trevelyan'])
    expect(await names({ NOT: { name: { equals: 'Alec Trevelyan' } } })).toEqual([NAME])
  })

  test('delete: the answer is clear text', async () => {
    await seed()
    expect((await client.agent.delete({ where: { email: EMAIL } })).name).toBe(NAME)
    expect(await client.agent.count()).toBe(0)
  })

  test('create with a nested create and select: both models are encrypted, plain fields are not', async () => {
    const received = await client.report.create({
      data: { title: "I'm back", content: 'You only live twice.', agent: { create: { email: EMAIL, name: NAME } } },
      select: { id: true, agent: true, content: true },
    })
    expect(received).toMatchObject({ content: 'You only live twice.', agent: { name: NAME } })
    expect(await stored('Agent')).toMatchObject({ name: expect.stringMatching(CELL) })
    expect(await stored('Report')).toMatchObject({ content: expect.stringMatching(CELL), title: "I'm back" })
  })

  test.each([
    ['a value', 'The name is Bond...'],
    ['set', { set: 'The name is Bond...' }],
  ])('update with %s', async (_, name) => {
    await seed()
    const received = await client.agent.update({ where: { email: EMAIL }, data: { name } })
    expect(received.name).toBe('The name is Bond...')
    expect((await stored('Agent')).name).toMatch(CELL)
  })

  test('create with a list of nested creates three levels deep', async () => {
    const reports = [
      { title: 'First report', content: 'For England, James?' },
      { title: 'Quotes', content: 'Six minutes', subjects: { create: { name: 'Quotes' } } },
    ]
    const received = await client.agent.create({
      data: { email: '006@service.example', name: 'Alec Trevelyan', reports: { create: reports } },
      include: { reports: { include: { subjects: true }, orderBy: { id: 'asc' } } },
    })
    expect(received).toMatchObject({
      name: 'Alec Trevelyan',
      reports: [{ content: 'For England, James?' }, { content: 'Six minutes', subjects: [{ name: 'Quotes' }] }],
    })
    const columns = (await storedRows(bench, 'Report')).map(({ content }) => content)
    expect(columns).toEqual([expect.stringMatching(CELL), expect.stringMatching(CELL)])
    expect(await stored('Subject')).toMatchObject({ name: 'Quotes' })
  })

  test('an encrypted field below a model without any, by select', async () => {
    const data = { title: 'Back', content: 'You only live twice.', subjects: { create: { name: 'Secret agents' } } }
    await client.report.create({ data })
    const found = await client.subject.findFirst({ select: { name: true, reports: { select: { content: true } } } })
    expect(found).toEqual({ name: 'Secret agents', reports: [{ content: 'You only live twice.' }] })
  })

  test('arguments are not changed', async () => {
    const args = frozen({ data: { name: 'Xenia Onatop', email: 'xenia@service.example' } })
    expect((await client.agent.create(args)).name).toBe('Xenia Onatop')
    expect(args).toEqual({ data: { name: 'Xenia Onatop', email: 'xenia@service.example' } })
  })

  test.each([
    ['a direction', { name: 'desc' }],
    ['a direction with nulls', { name: { sort: 'desc', nulls: 'last' } }],
    ['a list', [{ id: 'asc' }, { name: 'asc' }]],
  ])('sorting by an encrypted field is an error, not an order that means nothing: %s', async (_, orderBy) => {
    const error = await thrownBy(UnsupportedOperationError, () => client.agent.findMany({ orderBy }))
    expect(error).toMatchObject({ model: 'Agent', field: 'name', operation: 'findMany' })
  })

  test('connect by an encrypted unique field', async () => {
    await seed()
    const received = await client.report.create({
      data: { title: 'Connected', content: 'Both are opened', agent: { connect: { name: NAME } } },
      include: { agent: true },
    })
    expect(received).toMatchObject({ content: 'Both are opened', agent: { name: NAME } })
  })

  test('a cursor on an encrypted unique field', async () => {
    for (const name of ['M', NAME, 'Q']) await client.agent.create({ data: { email: `${name}@x.example`, name } })
    const page = { orderBy: { id: 'asc' }, cursor: { name: NAME } }
    const names = async (args: object) => (await client.agent.findMany({ ...page, ...args })).map(({ name }) => name)
    expect(await names({ take: 1 })).toEqual([NAME])
    expect(await names({ skip: 1 })).toEqual(['Q'])
    expect(await names({ take: -2 })).toEqual(['M', NAME])
  })

  test('a transaction keeps what is written in it', async () => {
    await client.$transaction(async (tx) => {
      const { agent } = tx as AgencyClient
      await agent.create({ data: { email: EMAIL, name: NAME } })
      await agent.update({ where: { email: EMAIL }, data: { name: 'Commander Bond' } })
    })
    expect((await client.agent.findFirst({ where: { name: 'Commander Bond' } }))?.email).toBe(EMAIL)
    expect((await stored('Agent')).name).toMatch(CELL)
  })

  test('a transaction that throws leaves nothing', async () => {
    const work = client.$transaction(async (tx) => {
      await (tx as AgencyClient).agent.create({ data: { email: EMAIL, name: NAME } })
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(await client.agent.findMany()).toEqual([])
  })

  test('a fluent call decrypts what it leads to, in both directions', async () => {
    const agent = { create: { email: EMAIL, name: NAME } }
    const { id } = await client.report.create({ data: { title: 'Fluent', content: 'Opened', agent } })
    expect(await client.report.findUnique({ where: { id } }).agent?.()).toMatchObject({ name: NAME })
    const reports = await client.agent.findUnique({ where: { email: EMAIL } }).reports?.({ select: { content: true } })
    expect(reports).toEqual([{ content: 'Opened' }])
  })

  test.each([' François', 'francois', 'FRANÇOIS '])(
    'a normalising index finds what was written as François by %j',
    async (alias) => {
      await client.agent.create({ data: { email: 'f@service.example', alias: 'François' } })
      expect((await client.agent.findFirst({ where: { alias } }))?.alias).toBe('François')
    },
  )

  test('a normalising index keeps the value as it was written', async () => {
    const received = await client.agent.create({ data: { email: 'f@service.example', alias: ' François' } })
    expect(received.alias).toBe(' François')
    expect((await client.agent.findFirst({ where: { alias: 'Francois' } }))?.alias).toBe(' François')
  })

  test('a value of 4 MiB', async () => {
    const content = 'x'.repeat(4 * 1024 * 1024)
    const { id } = await client.report.create({ data: { title: 'Large', content } })
    const found = await client.report.findUnique({ where: { id } })
    expect(found?.content === (content as unknown)).toBe(true)
  })
})
