import assert from 'node:assert/strict'
import pg from 'pg'
import { inTenant, openSides, sealing } from '../clients.mjs'
import { FIELDS } from '../models.mjs'
import { fill, people, person } from '../rows.mjs'
import { inTurns } from '../turns.mjs'

const NAMES = ['plain', 'fieldseal', 'pfe']
const READ_ROWS = 1000

/**
 * What an application does, through Prisma, on one database: reads and writes of 1,000 rows × 5 fields, and look-ups of
 * one row of many by a unique and by a plain index. fieldseal runs in its tenant's context, with its keys warm.
 */
export async function operations(prepared, { database, rounds, rows }) {
  const sides = openSides(prepared, database)
  try {
    const each = (work) =>
      Object.fromEntries(NAMES.map((name) => [name, { work: () => sides[name].run(() => work(table(sides[name]))) }]))
    for (const name of NAMES) await fillOnce(sides[name], rows)
    await analyse(prepared, database)
    const read = each((rows) => rows.findMany({ take: READ_ROWS, orderBy: { id: 'asc' }, select: FIVE }))
    const expected = people(READ_ROWS).map(({ firmId: _, ...five }) => five)
    for (const name of NAMES) assert.deepEqual(await read[name].work(), expected)
    let next = 0
    const somebody = () => person((next++ * 7919) % rows)
    const byUnique = each(async (rows) =>
      assert.ok(await rows.findUnique({ where: { ssn: somebody().ssn }, select: FIVE })),
    )
    const byIndex = each(async (rows) =>
      assert.equal((await rows.findMany({ where: { email: somebody().email }, select: FIVE })).length, 1),
    )
    const data = people(READ_ROWS, rows)
    const write = each(async (rows) => assert.equal((await rows.createMany({ data })).count, READ_ROWS))
    for (const name of NAMES) write[name].after = () => deleteFrom(sides, name, rows)
    const suffix = database === 'postgresql' ? 'pg' : 'sqlite'
    const many = { iterations: 20 }
    const times = {
      [`read_1000x5_${suffix}`]: await inTurns(read, { rounds }),
      [`write_1000x5_${suffix}`]: await inTurns(write, { rounds }),
      [`find_unique_${suffix}`]: await inTurns(withAll(byUnique, many), { rounds: 2 * rounds }),
      [`find_by_index_${suffix}`]: await inTurns(withAll(byIndex, many), { rounds: 2 * rounds }),
    }
    const facts = database === 'postgresql' ? { explain: await explainLookups(prepared, sides) } : {}
    return { times, facts }
  } finally {
    await sides.end()
  }
}

const FIVE = Object.fromEntries(FIELDS.map((field) => [field, true]))

function table({ client, model }) {
  return client[model]
}

function withAll(sides, settings) {
  return Object.fromEntries(Object.entries(sides).map(([name, side]) => [name, { ...side, ...settings }]))
}

/** The tables outlast a process: the first one fills them. */
async function fillOnce(side, rows) {
  const count = await side.run(() => table(side).count())
  if (count === 0) await fill(side, rows)
}

/** Takes what a write made away again, behind the extensions' backs. */
async function deleteFrom(sides, name, rows) {
  const { model } = sides[name]
  await sides.plain.client[model].deleteMany({ where: { id: { gt: rows } } })
  // Ids that were given out are not given out again; the next ones are larger anyway.
}

async function analyse({ databases }, database) {
  if (database !== 'postgresql') return
  await connected(databases.postgresql.url, (client) => client.query('VACUUM ANALYZE'))
}

async function connected(url, work) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** How PostgreSQL answers the look-ups that fieldseal sends: the plans of the very statements. */
async function explainLookups({ databases }, sides) {
  const { url, policy } = databases.postgresql
  const statements = []
  const logged = sides.open({ log: [{ emit: 'event', level: 'query' }] })
  logged.$on('query', ({ query, params }) => statements.push({ query, params }))
  const client = sealing(logged, policy)
  const { ssn, email } = person(1)
  const found = {}
  try {
    await inTenant(client, () => client.person.findMany({ take: 1 }))
    for (const [name, work] of Object.entries({
      find_unique: () => client.person.findUnique({ where: { ssn }, select: FIVE }),
      find_by_index: () => client.person.findMany({ where: { email }, select: FIVE }),
    })) {
      statements.length = 0
      await inTenant(client, work)
      const sent = statements.find(({ query }) => query.includes('"Person"'))
      const plan = await connected(url, (raw) =>
        raw
          .query(`EXPLAIN ${sent.query}`, JSON.parse(sent.params))
          .then(({ rows }) => rows.map((row) => row['QUERY PLAN'])),
      )
      found[name] = plan
    }
  } finally {
    await logged.$disconnect()
  }
  return found
}
