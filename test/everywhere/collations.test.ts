import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelDelegate } from '../support/client-types.js'
import type { DatabaseName } from '../support/databases/database.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'
import { native, withKeyModels } from './models.js'

const models = (database: DatabaseName): string => {
  const text = native(database, { mysql: '@db.VarChar(191)' })
  const tag = native(database, { mysql: '@db.VarChar(45)' })
  const long = native(database, { mysql: ', maxBytes: 99' })
  return withKeyModels(
    database,
    `/// @tenant(tenantId)
model Person {
  id         Int     @id @default(autoincrement())
  tenantId   String  ${text}
  name       String  ${text} /// @encrypted(id: "person-name"${long})
  nameIndex  String? @unique ${tag} /// @blindIndex(name)
  email      String? ${text} /// @encrypted(id: "person-email"${long})
  emailIndex String? @unique ${tag} /// @blindIndex(email, normalize: [trim, lowercase])
}`,
  )
}

function people(client: object): ModelDelegate {
  const delegate: unknown = Reflect.get(client, 'person')
  if (typeof delegate !== 'object' || delegate === null) throw new Error('The client has no model Person')
  return delegate as ModelDelegate
}

/** As MariaDB and MySQL make tables by default: no letter case, and trailing spaces do not count. */
const DEFAULT_COLLATION = 'ALTER TABLE `Person` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci'
const DUPLICATE = /^(P2002|23505)$/

interface Setting {
  readonly database: DatabaseName
  readonly title: string
  readonly prepare: (bench: SealedBench) => Promise<void>
}

const SETTINGS = databasesUnderTest().flatMap((database): Setting[] => [
  { database, title: database, prepare: async () => {} },
  ...(database === 'mariadb'
    ? [
        {
          database,
          title: 'mariadb with its default collation in every column but the tenant’s',
          prepare: async ({ sql }: SealedBench) => {
            await sql(DEFAULT_COLLATION)
            await sql('ALTER TABLE `Person` MODIFY `tenantId` varchar(191) COLLATE utf8mb4_bin NOT NULL')
          },
        },
      ]
    : []),
])

describe.each(SETTINGS)('names that look alike on $title', ({ database, prepare }) => {
  let bench: SealedBench
  const inTenant = <T>(tenant: string, work: (client: SealedClient) => Promise<T>): Promise<T> =>
    bench.sealed.$fieldseal.withTenant(tenant, () => work(bench.sealed))
  // PostgreSQL and SQLite compare every byte; MySQL and MariaDB leave trailing spaces out.
  const alike = ['Firm_A', 'firm_a', 'firm_à', ...(database === 'mariadb' ? [] : ['firm_a '])]

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: models(database) })
    await prepare(bench)
    for (const tenant of alike) {
      await inTenant(tenant, (client) => people(client).create({ data: { name: 'Ada', email: 'ada@example.com' } }))
    }
  })
  afterAll(() => bench?.dispose())

  test('are different tenants: each reads, counts and finds its own row alone', async () => {
    for (const tenant of alike) {
      const rows = await inTenant(tenant, (client) => people(client).findMany())
      expect(rows.map(({ tenantId, name }) => [tenantId, name])).toEqual([[tenant, 'Ada']])
      expect(await inTenant(tenant, (client) => people(client).count())).toBe(1)
      const found = await inTenant(tenant, (client) => people(client).findUnique({ where: { name: 'Ada' } }))
      expect(found?.tenantId).toBe(tenant)
    }
  })

  test('are different tenants: each changes and deletes its own row alone', async () => {
    const first = alike[0] ?? ''
    const change = { email: 'new@example.com' }
    expect(await inTenant(first, (client) => people(client).updateMany({ data: change }))).toEqual({ count: 1 })
    expect(await inTenant(first, (client) => people(client).deleteMany())).toEqual({ count: 1 })
    for (const tenant of alike.slice(1)) {
      const [row] = await inTenant(tenant, (client) => people(client).findMany())
      expect(row?.email).toBe('ada@example.com')
    }
  })

  test('are different values to an index without normalisers, and one value to one that folds them', async () => {
    await inTenant('values', async (client) => {
      const names = ['Alice', 'alice', 'alice ', 'alicé']
      for (const name of names) await people(client).create({ data: { name } })
      for (const name of names) {
        expect((await people(client).findMany({ where: { name } })).map((row) => row.name)).toEqual([name])
      }
      await people(client).create({ data: { name: 'Bob', email: 'Bob@Example.com' } })
      await expect(
        people(client).create({ data: { name: 'Robert', email: ' bob@example.com' } }),
      ).rejects.toMatchObject({ code: expect.stringMatching(DUPLICATE) })
      await expect(people(client).create({ data: { name: 'Alice' } })).rejects.toMatchObject({
        code: expect.stringMatching(DUPLICATE),
      })
    })
  })

  test('and end in a space are refused as a tenant where the database does not see the space', async () => {
    const create = inTenant('firm_a ', (client) => people(client).create({ data: { name: 'space' } }))
    if (database === 'mariadb') await expect(create).rejects.toMatchObject({ code: 'INVALID_TENANT' })
    else expect((await create).tenantId).toBe('firm_a ')
  })
})

const MARIADB = databasesUnderTest().filter((database) => database === 'mariadb')

describe.each(MARIADB)('a tenant column with the default collation of %s', (database) => {
  let bench: SealedBench
  beforeAll(async () => {
    bench = await prepareSealed({ database, models: models(database) })
    await bench.sql(DEFAULT_COLLATION)
  })
  afterAll(() => bench?.dispose())

  test('is refused before anything is read or written, until the statement in the error was run', async () => {
    const create = () =>
      bench.sealed.$fieldseal.withTenant('firm_a', () => people(bench.sealed).create({ data: { name: 'Ada' } }))
    const error: unknown = await create().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNSAFE_DATABASE', model: 'Person', field: 'tenantId' })
    expect(await people(bench.base).count()).toBe(0)
    expect(await bench.base.fieldsealKey.count()).toBe(0)
    const statement = /ALTER TABLE[^;]*/.exec(String(error))?.[0] ?? ''
    expect(statement).toBe(
      'ALTER TABLE `Person` MODIFY `tenantId` varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL',
    )
    await bench.sql(statement)
    await create()
  })
})

describe.each(MARIADB)('a tenant column that %s does not show', (database) => {
  test('is refused: its collation is not known', async () => {
    const bench = await prepareSealed({ database, models: models(database) })
    try {
      await bench.sql('RENAME TABLE `Person` TO `Elsewhere`')
      const read = bench.sealed.$fieldseal.withTenant('firm_a', () => people(bench.sealed).findMany())
      await expect(read).rejects.toMatchObject({ code: 'UNSAFE_DATABASE', model: 'Person', field: 'tenantId' })
    } finally {
      await bench.dispose()
    }
  })
})

describe.each(MARIADB)('a tenant column of %s that is a foreign key', (database) => {
  let bench: SealedBench
  const KEYS = [
    ['Client', 'Client_ibfk_1'],
    ['User', 'User_ibfk_1'],
  ] as const
  const COLUMNS = ['`Firm` MODIFY `id`', '`Client` MODIFY `firmId`', '`User` MODIFY `firmId`']
  beforeAll(async () => {
    bench = await prepareSealed({ database })
    await bench.base.firm.create({ data: { id: 'firm_a', name: 'A' } })
    for (const [table, key] of KEYS) await bench.sql(`ALTER TABLE \`${table}\` DROP FOREIGN KEY \`${key}\``)
    for (const column of COLUMNS) {
      await bench.sql(`ALTER TABLE ${column} varchar(191) COLLATE utf8mb4_unicode_ci NOT NULL`)
    }
    for (const [table, key] of KEYS) {
      await bench.sql(
        `ALTER TABLE \`${table}\` ADD CONSTRAINT \`${key}\` FOREIGN KEY (\`firmId\`) REFERENCES \`Firm\` (\`id\`) ON UPDATE CASCADE`,
      )
    }
  })
  afterAll(() => bench?.dispose())

  test('is changed with the columns it is tied to, by the statements in the error', async () => {
    const create = () =>
      bench.sealed.$fieldseal.withTenant('firm_a', () => bench.sealed.client.create({ data: { name: 'Ada' } }))
    const definition = async () => Object.values((await bench.sql('SHOW CREATE TABLE `Client`'))[0] ?? {})[1]
    const before = await definition()
    const error: unknown = await create().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNSAFE_DATABASE', field: 'firmId' })
    const statements = String(error).match(/ALTER TABLE[^;]*/g) ?? []
    expect(statements).toHaveLength(7)
    for (const statement of statements) await bench.sql(statement)
    await create()
    const collation = /(?: CHARACTER SET utf8mb4)?(?: COLLATE utf8mb4_\w+)?/g
    expect(String(await definition()).replace(collation, '')).toBe(String(before).replace(collation, ''))
  })
})
