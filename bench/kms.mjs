/**
 * How many calls to a KMS queries cost, and how long they take, with a KMS in memory that takes 20 ms for each: rows of
 * many tenants read cold and warm, and many requests at once that miss the same key. Exits 1 if a count is not as promised.
 *
 * Usage: npm run bench:kms [-- --json] [--rows 10000] [--tenants 50] [--requests 100] [--latency 20]
 *   --json   print one JSON object (npm run --silent bench:kms -- --json)
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fieldseal } from 'fieldseal'
import { memoryKms } from 'fieldseal/testing'
import { generate } from '../examples/demo/prepare.mjs'
import { createDatabase } from '../examples/law-firm/database.mjs'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rows: { type: 'string', default: '10000' },
    tenants: { type: 'string', default: '50' },
    requests: { type: 'string', default: '100' },
    latency: { type: 'string', default: '20' },
  },
})
const [rows, tenants, requests, latencyMs] = [options.rows, options.tenants, options.requests, options.latency].map(
  (text) => positive(text),
)
const ROWS_PER_STATEMENT = 50

const folder = mkdtempSync(join(tmpdir(), 'fieldseal-bench-'))
try {
  report(await measure(join(folder, 'law-firm.db')))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function positive(text) {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`${text} is not a whole number from 1`)
  return number
}

async function measure(database) {
  await generate()
  await createDatabase(database)
  const { openUnextendedClient } = await import('../examples/law-firm/client.mjs')
  const { policy } = await import('../examples/law-firm/generated/fieldseal/policy.js')
  const kms = memoryKms({ latencyMs })
  const base = openUnextendedClient(database)
  /** A process that has no key in memory yet. */
  const open = (scope) => base.$extends(fieldseal({ policy, kms, cache: { scope } }))
  const firms = Array.from({ length: tenants }, (_, i) => `firm_${i + 1}`)
  try {
    await fill(open('process'), firms)
    const reader = open('process')
    const cold = await counted(reader, () => readAll(reader, firms))
    const warm = await counted(reader, () => readAll(reader, firms))
    const apart = open('request')
    const [firm] = firms
    const missing = await counted(apart, () =>
      Promise.all(Array.from({ length: requests }, () => readAs(apart, firm, 1))).then((found) => found.flat().length),
    )
    return [
      { name: `findMany, ${rows} rows of ${tenants} tenants, cold`, expected: tenants, expectedRows: rows, ...cold },
      { name: `findMany, ${rows} rows of ${tenants} tenants, warm`, expected: 0, expectedRows: rows, ...warm },
      { name: `${requests} requests at once that miss one key`, expected: 1, expectedRows: requests, ...missing },
    ]
  } finally {
    await base.$disconnect()
  }
}

/** Each firm's share of the rows, written as the firm itself. */
async function fill(prisma, firms) {
  let number = 0
  for (const [i, id] of firms.entries()) {
    await prisma.firm.create({ data: { id, name: id } })
    const share = Math.floor(rows / firms.length) + (i < rows % firms.length ? 1 : 0)
    await prisma.$fieldseal.withTenant(id, async () => {
      for (let at = 0; at < share; at += ROWS_PER_STATEMENT) {
        const data = Array.from({ length: Math.min(ROWS_PER_STATEMENT, share - at) }, () => {
          number++
          return { name: `Client ${number}`, ssn: String(100_000_000 + number) }
        })
        await prisma.client.createMany({ data })
      }
    })
  }
}

function readAs(prisma, firm, take) {
  return prisma.$fieldseal.withTenant(firm, () => prisma.client.findMany({ take, select: { name: true, ssn: true } }))
}

/** Every row, each firm's in a context of its own, all firms at once. */
async function readAll(prisma, firms) {
  const found = await Promise.all(firms.map((firm) => readAs(prisma, firm)))
  return found.flat().length
}

async function counted(prisma, work) {
  const before = prisma.$fieldseal.stats()
  const begun = performance.now()
  const found = await work()
  const milliseconds = Math.round(performance.now() - begun)
  const after = prisma.$fieldseal.stats()
  const callsOf = ({ kmsCalls }) => kmsCalls.unwrap + kmsCalls.generateDataKey
  return { rows: found, kmsCalls: callsOf(after) - callsOf(before), milliseconds }
}

function report(results) {
  const ok = results.every((each) => each.kmsCalls === each.expected && each.rows === each.expectedRows)
  process.exitCode = ok ? 0 : 1
  if (options.json) {
    console.log(JSON.stringify({ ok, latencyMs, results }, null, 2))
    return
  }
  console.log(`KMS calls, with a KMS in memory that takes ${latencyMs} ms a call\n`)
  const width = Math.max(...results.map(({ name }) => name.length))
  for (const { name, kmsCalls, expected, milliseconds, rows: found, expectedRows } of results) {
    const mark = kmsCalls === expected && found === expectedRows ? '✓' : `✗ (${expected} expected, ${found} rows)`
    console.log(
      `  ${name.padEnd(width)}  ${String(kmsCalls).padStart(4)} calls  ${String(milliseconds).padStart(6)} ms  ${mark}`,
    )
  }
}
