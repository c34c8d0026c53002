import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { answering } from './clients.mjs'
import { FIELDS, WIDE_FIELDS } from './models.mjs'
import { people } from './rows.mjs'

const require = createRequire(import.meta.url)

/** A client of the prepared SQLite schema that reaches no database. */
export function unconnectedClient({ entry }) {
  const { PrismaClient } = require(entry)
  return new PrismaClient({ adapter: new PrismaLibSql({ url: 'file::memory:' }) })
}

/**
 * Values as rows of five fields, written and read through a client whose queries are answered from memory: all that its
 * extension does between the caller and the database, and what Prisma does around it.
 * @param run runs work as the client's users would
 * @param isSealing whether the client has an extension that encrypts
 */
export async function throughPrisma(client, { values, run, isSealing }) {
  const data = people(values / FIELDS.length).map((row) => ({ firmId: row.firmId, ...asWide(row) }))
  let sent
  const taking = answering(client, ({ args }) => {
    sent = args.data
    return { count: sent.length }
  })
  const seal = () => run(() => taking.wide.createMany({ data }))
  await seal()
  const stored = sent.map((row) => ({ id: 1, ...row }))
  const isLong = stored.every((row) =>
    Object.keys(row).every((key) => !WIDE_FIELDS.includes(key) || row[key].length > 100),
  )
  assert.equal(isLong, isSealing)
  // One of the sides opens in the very rows it is given: each time they are new ones.
  const giving = answering(client, () => stored.map((row) => ({ ...row })))
  const open = () => run(() => giving.wide.findMany())
  assert.deepEqual(
    await open(),
    data.map((row) => ({ id: 1, ...row })),
  )
  return { seal: { work: seal }, open: { work: open } }
}

/** The first wide fields, with a person's values. */
function asWide(row) {
  return Object.fromEntries(FIELDS.map((field, at) => [WIDE_FIELDS[at], row[field]]))
}
