import { assertSealed } from 'fieldseal'
import { codeOf, DemoError, expectEqual, refusalOf } from './check.mjs'

const ENCRYPTED = ['name', 'ssn', 'email', 'phone', 'dob', 'intake']

/**
 * One row as the database holds it, beside the same row as the application reads it.
 * @param {import('../law-firm/client.mjs').Client} prisma
 * @param {import('@libsql/client').Client} stored
 * @param {import('../law-firm/import.mjs').Firm} firm
 */
export async function showRow(prisma, stored, firm) {
  const [wanted] = firm.clients
  const { notes: _, ...columns } = wanted
  const {
    rows: [row],
  } = await stored.execute({ sql: 'SELECT * FROM "Client" WHERE "id" = ?', args: [wanted.id] })
  const opened = await prisma.$fieldseal.withTenant(firm.id, () =>
    prisma.client.findUniqueOrThrow({ where: { id: wanted.id } }),
  )
  for (const column of ENCRYPTED) {
    if (!/^"?enc::1\.[0-9a-z]{12}\./.test(String(row[column])))
      throw new DemoError(`Client.${column} is stored in plaintext`)
  }
  for (const [column, value] of Object.entries(columns)) expectEqual(opened[column], value, `Client.${column}`)
  const shown = ['id', 'firmId', ...ENCRYPTED, 'ssnIndex', 'emailIndex', 'city'].map((column) => ({
    column,
    stored: String(row[column]),
    opened: column.endsWith('Index') ? null : opened[column],
  }))
  return {
    shown: { row: shown },
    rows: [
      ['column', 'in the database', 'in the application'],
      ...shown.map((one) => [one.column, one.stored, cellText(one.opened)]),
    ],
    head: true,
  }
}

function cellText(value) {
  if (value === null) return '(blind index: for look-ups only)'
  if (value instanceof Date) return `${value.toISOString().slice(0, 10)} (a Date)`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * Look-ups by encrypted fields, answered by blind indexes.
 * @param {import('../law-firm/client.mjs').Client} prisma
 * @param {import('@libsql/client').Client} stored
 * @param {import('../law-firm/import.mjs').Firm[]} firms
 */
export async function search(prisma, stored, [firm, otherFirm]) {
  const [first, shared, third] = firm.clients
  const spaced = first.ssn.replaceAll('-', ' ')
  const bare = third.ssn.replaceAll('-', '')
  const found = await prisma.$fieldseal.withTenant(firm.id, async () => ({
    spaced: await prisma.client.findUnique({ where: { ssn: spaced } }),
    several: await prisma.client.findMany({ where: { ssn: { in: [spaced, shared.ssn, bare] } } }),
    email: await prisma.client.findFirst({ where: { email: first.email.toUpperCase() } }),
    contains: await codeOf(
      // @ts-expect-error the client's types refuse it, too
      () => prisma.client.findMany({ where: { name: { contains: first.name } } }),
      'A search for a part of an encrypted name',
    ),
  }))
  expectEqual(found.spaced?.id, first.id, 'The client found by a number typed with blanks')
  expectEqual(
    found.several.map(({ id }) => id).sort(),
    [first.id, shared.id, third.id].sort(),
    'The clients found by three numbers',
  )
  expectEqual(found.email?.id, first.id, 'The client found by an e-mail address in capitals')
  expectEqual(found.contains, 'UNSUPPORTED_OPERATION', 'The answer to a search that no index can answer')
  const { rows } = await stored.execute({
    sql: 'SELECT "ssnIndex" FROM "Client" WHERE "id" IN (?, ?)',
    args: [shared.id, otherFirm.clients[1].id],
  })
  const tags = new Set(rows.map(({ ssnIndex }) => ssnIndex))
  expectEqual(tags.size, 2, 'The number of tags of one number in two firms')
  const results = [
    { query: `ssn = '${spaced}'`, answer: `${found.spaced?.name}, stored as ${found.spaced?.ssn}` },
    { query: `ssn in ['${spaced}', '${shared.ssn}', '${bare}']`, answer: `${found.several.length} clients` },
    { query: `email = '${first.email.toUpperCase()}'`, answer: String(found.email?.name) },
    { query: `name contains '${first.name}'`, answer: `refused: ${found.contains}` },
    { query: 'the same number at the other firm', answer: 'another tag: nobody can tell that they are equal' },
  ]
  return { shown: { results }, rows: results.map(({ query, answer }) => [query, answer]) }
}

/**
 * What a firm can do to another firm's client whose id it knows: nothing.
 * @param {import('../law-firm/client.mjs').Client} prisma
 * @param {import('@libsql/client').Client} stored
 * @param {import('../law-firm/import.mjs').Firm[]} firms
 */
export async function climbWall(prisma, stored, [firm, otherFirm]) {
  const [{ id, ssn }] = firm.clients
  const rowBefore = await storedRow(stored, id)
  const [read, bySsn, update, updateMany, remove] = await prisma.$fieldseal.withTenant(otherFirm.id, async () => [
    await prisma.client.findUnique({ where: { id } }),
    await prisma.client.findFirst({ where: { ssn } }),
    await codeOf(() => prisma.client.update({ where: { id }, data: { name: 'Someone else' } }), 'An update'),
    await prisma.client.updateMany({ where: { id }, data: { name: 'Someone else' } }),
    await codeOf(() => prisma.client.delete({ where: { id } }), 'A deletion'),
  ])
  const withoutTenant = await codeOf(() => prisma.client.findMany(), 'A query without a tenant')
  expectEqual([read, bySsn], [null, null], 'What the other firm reads')
  expectEqual([update, updateMany.count, remove], ['P2025', 0, 'P2025'], 'What the other firm writes')
  expectEqual(withoutTenant, 'TENANT_REQUIRED', 'The answer without a tenant')
  expectEqual(await storedRow(stored, id), rowBefore, 'The row after the attempts')
  const attempts = [
    { attempt: `${otherFirm.id}: findUnique({ where: { id: '${id}' } })`, outcome: 'null' },
    { attempt: `${otherFirm.id}: findFirst({ where: { ssn: '${ssn}' } })`, outcome: 'null' },
    { attempt: `${otherFirm.id}: update({ where: { id: '${id}' }, … })`, outcome: 'P2025: no such record' },
    { attempt: `${otherFirm.id}: updateMany({ where: { id: '${id}' }, … })`, outcome: 'count 0' },
    { attempt: `${otherFirm.id}: delete({ where: { id: '${id}' } })`, outcome: 'P2025: no such record' },
    { attempt: 'no tenant in context: findMany()', outcome: withoutTenant },
  ]
  return { shown: { attempts }, rows: attempts.map(({ attempt, outcome }) => [attempt, outcome]) }
}

async function storedRow(stored, id) {
  const { rows } = await stored.execute({ sql: 'SELECT * FROM "Client" WHERE "id" = ?', args: [id] })
  return { ...rows[0] }
}

/**
 * What happens if someone forgets the extension: the triggers of constraints.sql stop the write.
 * @param {ReturnType<typeof import('../law-firm/client.mjs').openUnextendedClient>} unextended
 * @param {import('../law-firm/import.mjs').Firm} firm
 */
export async function forgetExtension(unextended, firm) {
  const [{ id }] = firm.clients
  const rule = 'fieldseal: Client.name takes encrypted values only'
  const writes = {
    "unextended.client.update({ data: { name: 'Jane Doe' } })": () =>
      unextended.client.update({ where: { id }, data: { name: 'Jane Doe' } }),
    'UPDATE "Client" SET "name" = \'Jane Doe\'': () => unextended.$executeRaw`UPDATE "Client" SET "name" = 'Jane Doe'`,
  }
  const attempts = []
  for (const [attempt, write] of Object.entries(writes)) {
    const { message, meta } = await refusalOf(write, attempt)
    if (!JSON.stringify([message, meta]).includes(rule)) throw new DemoError(`${attempt} failed for another reason`)
    attempts.push({ attempt, outcome: rule })
  }
  const check = await codeOf(async () => assertSealed(unextended), 'assertSealed')
  expectEqual(check, 'UNSUPPORTED_OPERATION', 'The answer of assertSealed')
  attempts.push({ attempt: 'assertSealed(unextended), at start-up', outcome: check })
  return { shown: { attempts }, rows: attempts.map(({ attempt, outcome }) => [attempt, outcome]) }
}

/**
 * The service's own check of every encrypted column.
 * @param {import('../law-firm/client.mjs').Client} prisma
 */
export async function verify(prisma) {
  const { ok, columns } = await prisma.$fieldseal.verify()
  expectEqual(ok, true, 'The verification')
  return {
    shown: { ok, columns },
    rows: [
      ['field', 'values', 'plaintext', 'opened', 'failed'],
      ...columns.map(({ model, field, values, plaintext, opened, failures }) => [
        `${model}.${field}`,
        String(values),
        String(plaintext),
        String(opened),
        String(Object.values(failures).reduce((sum, count) => sum + count, 0)),
      ]),
    ],
    head: true,
  }
}
