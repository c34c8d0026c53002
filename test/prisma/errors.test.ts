import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchemaShape } from '../../src/prisma/plan/shape.js'
import { createErrorScrubber } from '../../src/prisma/scrub.js'
import { createCatalog } from '../../src/sealer/index.js'
import { offers } from '../capabilities.js'
import type { Args } from '../support/client-types.js'
import type { DatabaseName } from '../support/databases/database.js'
import { ddlFor } from '../support/ddl/index.js'
import { configurations } from '../support/matrix.js'
import { renderTables } from '../support/schema.js'
import { policyOfSchema, prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

/** Plaintexts of failing operations. Never written out below this line: Prisma quotes its caller's source. */
const CANARY = {
  ssn: '713-29-4406',
  name: 'Zephyrine Quill',
  phone: '+41 44 668 18 00',
  email: 'zephyrine@example.org',
  intake: { allergy: 'Penicillin-canary' },
  scan: new TextEncoder().encode('canary-scan-bytes'),
} as const
const PLAINTEXTS = ['713-29-4406', '713294406', 'Zephyrine', '668 18 00', 'zephyrine@', 'Penicillin', 'canary-scan']

/** Independent of the patterns that the library masks by. */
const SECRET_TEXT = [/enc::1\.[0-9a-z]{12}\../, /\.[0-9a-v]{26}/, /46534c01/i, /46 53 4c 01/i, /RlNMA/, /70,83,76,1/]

function shown(error: unknown): string {
  const limits = { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null } as const
  return [
    inspect(error, { ...limits, showHidden: true, getters: true, breakLength: Number.POSITIVE_INFINITY }),
    JSON.stringify(error) ?? '',
    error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
  ].join('\n')
}

function expectClean(error: unknown): void {
  const text = shown(error)
  expect(PLAINTEXTS.filter((plaintext) => text.includes(plaintext))).toEqual([])
  const packed = text.replace(/,\s+/g, ',')
  expect(SECRET_TEXT.filter((pattern) => pattern.test(packed))).toEqual([])
}

async function errorOf(work: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  return expect.fail('nothing was thrown')
}

const person = (change: Args = {}): Args => ({ ...CANARY, city: 'Bern', ...change })
const twin = (): Args => person({ phone: null })
const namesake = (): Args => person({ ssn: null })

/** Operations that meet the row which already has the value. */
const duplicates: { readonly [name: string]: (client: SealedClient) => PromiseLike<unknown> } = {
  create: (p) => p.client.create({ data: twin() }),
  createMany: (p) => p.client.createMany({ data: [person({ ssn: null, phone: null }), twin()] }),
  update: (p) => p.client.update({ where: { id: 'second' }, data: { ssn: CANARY.ssn } }),
  updateMany: (p) => p.client.updateMany({ where: { id: 'second' }, data: { ssn: CANARY.ssn } }),
  upsert: (p) => p.client.upsert({ where: { id: 'second' }, update: { ssn: CANARY.ssn }, create: twin() }),
  'upsert that creates': (p) => p.client.upsert({ where: { id: 'third' }, update: {}, create: twin() }),
  'a nested create': (p) => p.firm.update({ where: { id: 'firm_1' }, data: { clients: { create: [twin()] } } }),
  'a nested createMany': (p) =>
    p.firm.update({ where: { id: 'firm_1' }, data: { clients: { createMany: { data: [twin()] } } } }),
  'a nested update': (p) =>
    p.firm.update({
      where: { id: 'firm_1' },
      data: { clients: { update: { where: { id: 'second' }, data: { ssn: CANARY.ssn } } } },
    }),
  'an array transaction': (p) =>
    p.$transaction([p.client.count(), p.client.create({ data: twin() }), p.client.count()]),
  'an interactive transaction': (p) =>
    p.$transaction(async (tx) => {
      await tx.client.count()
      return tx.client.create({ data: twin() })
    }),
}

/** PGlite's adapter passes PostgreSQL's own code on, without naming columns. */
const UNIQUE_CODE: { readonly [D in DatabaseName]: string } = {
  sqlite: 'P2002',
  postgresql: 'P2002',
  mariadb: 'P2002',
  pglite: '23505',
}

/** A statement after which the database refuses `city = 'quoted'` and quotes the row in its error. */
const QUOTING_TRIGGERS: { readonly [D in DatabaseName]: readonly string[] } = {
  // SQLite before 3.47 gives constant messages only.
  sqlite: [
    `CREATE TRIGGER quoting BEFORE INSERT ON "Client" WHEN NEW.city = 'quoted' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  ],
  pglite: quotingOnPostgresql(),
  postgresql: quotingOnPostgresql(),
  mariadb: [
    "CREATE TRIGGER quoting BEFORE INSERT ON `Client` FOR EACH ROW BEGIN DECLARE said TEXT; IF NEW.city = 'quoted' THEN SET said = LEFT(CONCAT('refused ', NEW.ssnIndex, ' ', HEX(LEFT(NEW.scan, 30))), 128); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = said; END IF; END",
  ],
}

function quotingOnPostgresql(): string[] {
  return [
    `CREATE FUNCTION quoting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused % % % %', NEW.name, NEW."ssnIndex", NEW.scan, NEW.intake USING ERRCODE = 'P0001', DETAIL = NEW.email; END $$`,
    `CREATE TRIGGER quoting BEFORE INSERT ON "Client" FOR EACH ROW WHEN (NEW.city = 'quoted') EXECUTE FUNCTION quoting()`,
  ]
}

const LONG = 'AModelWhoseNameIsSoLongThatPostgresCutsIt'
const NAMED = `
model ${LONG} {
  id               Int     @id
  firm             String
  medicalRecord    String? /// @encrypted(maxBytes: 99)
  medicalIndex     String? @unique @map("medical_record_blind_index") /// @blindIndex(medicalRecord)
  other            String? /// @encrypted(maxBytes: 99)
  otherIndex       String? @map("the_other_blind_index") /// @blindIndex(other)

  @@unique([firm, otherIndex])
  @@map("${LONG}")
}

model Short {
  id        Int     @id
  name      String? /// @encrypted(maxBytes: 99)
  nameIndex String? @unique @map("name_index") /// @blindIndex(name)
}

model Other {
  id        Int     @id
  label     String? /// @encrypted(maxBytes: 99)
  nameIndex String? @unique @map("name_index") /// @blindIndex(label)
}
`

describe('a unique violation', () => {
  const violation = (meta: object): Error =>
    Object.assign(new Error('Unique constraint failed'), { code: 'P2002', meta })
  const reported = (constraint: object, others: object = {}) => ({
    ...others,
    driverAdapterError: { cause: { kind: 'UniqueConstraintViolation', constraint, ...others } },
  })

  async function targetOf(meta: object): Promise<unknown> {
    const policy = await policyOfSchema(`datasource db {\n  provider = "postgresql"\n}\n${NAMED}`)
    const scrub = createErrorScrubber(createSchemaShape(policy, createCatalog(policy)))
    const error = violation(meta)
    expect(scrub(error)).toBe(error)
    return Reflect.get(Object(Reflect.get(error, 'meta')), 'target')
  }

  test('is understood by every name that Prisma gives to a unique index, cut or not', async () => {
    const { sql } = await ddlFor(renderTables({ provider: 'postgresql', models: NAMED }), 'postgresql')
    const names = [...sql.matchAll(/CREATE UNIQUE INDEX "([^"]+)"/g)].map(([, name]) => String(name))
    expect(names.filter((name) => name.length === 63)).toHaveLength(2)
    const targets = await Promise.all(names.map((index) => targetOf(reported({ index }))))
    expect(new Set(targets.map((target) => JSON.stringify(target)))).toEqual(
      new Set(['["medicalRecord"]', '["firm","other"]', '["name"]', '["label"]']),
    )
  })

  test.each([
    ['columns', reported({ fields: ['name_index'] }, { modelName: 'Short' }), ['name']],
    ['columns in quotes', reported({ fields: ['"name_index"'] }, { modelName: 'Other' }), ['label']],
    [
      'columns of a nested write, and their table',
      reported({ fields: ['name_index'] }, { modelName: 'Short', table: 'Other' }),
      ['label'],
    ],
    ['fields, as Prisma’s own engines do', { modelName: 'Short', target: ['nameIndex'] }, ['name']],
    ['an index behind its table, as MySQL does', reported({ index: 'Short.Short_name_index_key' }), ['name']],
    ['a primary key', reported({ fields: ['id'] }, { modelName: 'Short' }), ['id']],
    ['an index that the schema gives another name', reported({ index: 'my_own_name' }), undefined],
  ])('that reports %s lists the caller’s fields', async (_, meta, expected) => {
    expect(await targetOf(meta)).toEqual(expected)
  })

  test('keeps file names in its stack, whatever they are called', async () => {
    const policy = await policyOfSchema(`datasource db {\n  provider = "postgresql"\n}\n${NAMED}`)
    const scrub = createErrorScrubber(createSchemaShape(policy, createCatalog(policy)))
    const error = new Error('failed on name_index')
    error.stack = 'Error: failed on name_index\n    at Object.nameIndex (/app/name_index.ts:1:2)'
    scrub(error)
    expect(error.message).not.toContain('name_index')
    expect(error.stack).not.toContain('failed on name_index')
    expect(error.stack).toContain('\n    at Object.nameIndex (/app/name_index.ts:1:2)')
  })
})

describe.each(configurations())('an error of $title', (configuration) => {
  const { database, prisma } = configuration
  let bench: SealedBench

  beforeAll(async () => {
    bench = await prepareSealed(configuration)
    const { base, sealed } = bench
    await base.firm.create({ data: { id: 'firm_1', name: 'One' } })
    await inFirm(async () => {
      await sealed.client.create({ data: person({ id: 'first' }) })
      await sealed.client.create({ data: { id: 'second', name: CANARY.name } })
    })
    for (const statement of QUOTING_TRIGGERS[database]) await bench.sql(statement)
    if (database !== 'sqlite') await bench.sql(checkOn(database))
  })
  afterAll(() => bench?.dispose())

  const inFirm = <T>(work: () => PromiseLike<T>): Promise<T> =>
    bench.sealed.$fieldseal.withTenant('firm_1', async () => work())
  const failing = (work: (client: SealedClient) => PromiseLike<unknown>): Promise<unknown> =>
    errorOf(() => inFirm(() => work(bench.sealed)))
  const classOf = (name: string): unknown => bench.module.Prisma[name]
  const expectKnown = (error: unknown, code: string): void => {
    expect(error).toBeInstanceOf(classOf('PrismaClientKnownRequestError'))
    expect(error).toHaveProperty('code', code)
    expect(error).toHaveProperty('clientVersion')
  }

  test.each(Object.entries(duplicates))(
    'about a taken ssn names ssn, and shows neither value nor tag: %s',
    async (_, work) => {
      const error = await failing(work)
      expectKnown(error, UNIQUE_CODE[database])
      expectClean(error)
      expect(shown(error)).not.toContain('ssnIndex')
      expect(error).toHaveProperty('message', expect.stringMatching(/(?:\b|_)ssn(?:\b|_)/))
      if (database !== 'pglite') expect(error).toHaveProperty('meta.target', ['ssn'])
    },
  )

  test('about a taken pair of columns names the field behind the index', async () => {
    const error = await failing((p) => p.client.create({ data: namesake() }))
    expectKnown(error, UNIQUE_CODE[database])
    expectClean(error)
    expect(shown(error)).not.toContain('phoneIndex')
    if (database !== 'pglite') expect(error).toHaveProperty('meta.target', ['firmId', 'phone'])
  })

  test('about a taken pair of which the database prints only the beginning shows no part of the tag', async () => {
    const { base, sealed, sql } = bench
    const id = 'f'.repeat(180)
    await base.firm.create({ data: { id, name: 'Long' } })
    const create = () => sealed.$fieldseal.withTenant(id, async () => sealed.client.create({ data: namesake() }))
    await create()
    const error = await errorOf(create)
    const quote = database === 'mariadb' ? '`' : '"'
    const [row] = await sql(`SELECT * FROM ${quote}Client${quote} WHERE ${quote}firmId${quote} = '${id}'`)
    const tag = String(row?.phoneIndex).split('.')[1]
    expect(tag).toMatch(/^[0-9a-v]{26}$/)
    expect(shown(error)).not.toContain(`.${tag?.slice(0, 4)}`)
  })

  test.each<[string, (client: SealedClient) => PromiseLike<unknown>]>([
    ['create', (p) => p.client.create({ data: person({ city: 5 }) })],
    ['createMany', (p) => p.client.createMany({ data: [person({ city: 5 })] })],
    [
      'a filter',
      (p) => p.client.findMany({ where: { ssn: CANARY.ssn, email: { in: [CANARY.email] }, city: { near: 1 } } }),
    ],
    [
      'a nested write',
      (p) => p.firm.update({ where: { id: 'firm_1' }, data: { clients: { create: person({ city: 5 }) } } }),
    ],
  ])('about an unrelated bad argument shows no other argument’s cell or tag: %s', async (_, work) => {
    const error = await failing(work)
    expect(error).toBeInstanceOf(classOf('PrismaClientValidationError'))
    expect(error).toHaveProperty('name', 'PrismaClientValidationError')
    expect(error).toHaveProperty('message', expect.stringMatching(/city|near/))
    expect(error).toHaveProperty('message', expect.stringContaining('[fieldseal: removed]'))
    expectClean(error)
  })

  test('about a missing reference says so, and shows nothing', async () => {
    const { sealed } = bench
    const error = await errorOf(() =>
      sealed.$fieldseal.withTenant('ghost', async () => sealed.client.create({ data: twin() })),
    )
    expectKnown(error, database === 'pglite' ? '23503' : 'P2003')
    expectClean(error)
  })

  test('about a row that is not there says so, and shows nothing', async () => {
    const error = await failing((p) => p.client.update({ where: { ssn: '0' }, data: { name: CANARY.name } }))
    expectKnown(error, 'P2025')
    expectClean(error)
  })

  test('that a trigger raises with the row in its text shows nothing of the row', async () => {
    const error = await failing((p) => p.client.create({ data: person({ ssn: '1', phone: null, city: 'quoted' }) }))
    expect(shown(error)).toContain('refused')
    expectClean(error)
    if (database !== 'sqlite') expect(shown(error)).toContain('[fieldseal: removed]')
  })

  test('about a constraint of the database shows nothing of the row', async () => {
    const work = (p: SealedClient) => p.client.create({ data: person({ ssn: '2', phone: null, city: 'checked' }) })
    // SQLite adds no CHECK to a table that exists.
    if (database === 'sqlite') return expect(await inFirm(() => work(bench.sealed))).toHaveProperty('city', 'checked')
    expectClean(await failing(work))
  })

  test('about a text with U+0000 is clean, whatever class the driver gives it', async () => {
    const work = (p: SealedClient) => p.client.create({ data: person({ ssn: '3', phone: null, city: 'a\u0000b' }) })
    if (offers('textWithNul', database, prisma))
      return expect(await inFirm(() => work(bench.sealed))).toHaveProperty('city')
    const error = await failing(work)
    expect(error).toBeInstanceOf(Error)
    expectClean(error)
  })

  test('about a text too long for its column is clean', async () => {
    const work = (p: SealedClient) =>
      p.client.create({ data: person({ ssn: '4', phone: null, city: 'x'.repeat(300) }) })
    if (database !== 'mariadb') return expect(await inFirm(() => work(bench.sealed))).toHaveProperty('city')
    const error = await failing(work)
    expectKnown(error, 'P2000')
    expectClean(error)
  })

  test.each<[string, (secret: string) => unknown]>([
    [
      'a SyntaxError that quotes what could not be parsed',
      (secret) => new SyntaxError(`Unexpected token in "${secret}"`),
    ],
    ['a frozen error', (secret) => Object.freeze(new RangeError(secret))],
    [
      'a cause that leads back to the error',
      (secret) => {
        const error = new TypeError(secret)
        error.cause = new Error(secret, { cause: error })
        return error
      },
    ],
    ['a text', (secret) => secret],
  ])('of an extension behind this one is cleaned too: %s', async (_, make) => {
    let thrown: unknown
    const extended = bench.sealed.$extends({
      query: {
        client: {
          create: async ({ args }: { args: { data: { name: string; ssnIndex: string } } }) => {
            thrown = make(`${args.data.name} ${args.data.ssnIndex}`)
            throw thrown
          },
        },
      },
    })
    const error = await errorOf(() => inFirm(() => extended.client.create({ data: twin() })))
    expect(Object.getPrototypeOf(error)).toBe(Object.getPrototypeOf(thrown))
    expect(inspect(error)).toContain('[fieldseal: removed]')
    const text =
      error instanceof Error ? `${error.stack}${inspect(error, { depth: 9, showHidden: true })}` : String(error)
    expect(SECRET_TEXT.filter((pattern) => pattern.test(text))).toEqual([])
  })
})

function checkOn(database: DatabaseName): string {
  const [table, column] = database === 'mariadb' ? ['`Client`', '`city`'] : ['"Client"', '"city"']
  return `ALTER TABLE ${table} ADD CONSTRAINT no_checked CHECK (${column} IS NULL OR ${column} <> 'checked')`
}
