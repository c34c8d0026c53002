/**
 * What fieldseal costs, beside plain Prisma, prisma-field-encryption, ciphersweet-js and a bare loop over node:crypto: the
 * same data on the same machine in the same run, the sides taking turns, in several processes. Ratios are medians with
 * their quartiles.
 *
 * Usage: npm run bench [-- --quick --json --out FILE --only SUITE,…]
 *   --quick   fewer rounds, and a tenth of the rows where there are many: to see that it runs, not to quote
 *   --json    print one JSON object (npm --silent run bench -- --json); without it, a table
 *   --out     write that object to a file as well
 *   --only    values, operations, large, curves: measure these alone, and leave the other keys out
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { barsOf, keysOf, largeKeys } from './keys.mjs'
import { prepare } from './prepare.mjs'
import { runSuite, runSuites } from './processes.mjs'
import { table } from './table.mjs'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    only: { type: 'string', default: 'values,operations,large,curves' },
  },
})
const only = new Set(options.only.split(','))
const say = (text) => process.stderr.write(`${text}\n`)
/** How much is measured. */
const amount = options.quick
  ? { processes: 2, rounds: 7, rows: 2000, largeRows: 10_000, largeRuns: 1 }
  : { processes: 5, rounds: 30, rows: 10_000, largeRows: 100_000, largeRuns: 3 }

const prepared = await prepare(['sqlite', 'postgresql'])
const result = { machine: machine(), quick: options.quick, keys: {}, details: {} }
try {
  const { file } = prepared
  if (only.has('values')) {
    say('values: 5,000 of 50 bytes')
    take(await runSuites('values', file, amount))
  }
  if (only.has('operations')) {
    for (const database of ['postgresql', 'sqlite']) {
      say(`operations: ${database}`)
      take(await runSuites('operations', file, { ...amount, database }))
    }
  }
  if (only.has('large')) {
    say(`large results: ${amount.largeRows} rows`)
    await measureLarge(file)
  }
  if (only.has('curves')) {
    say('curves')
    result.curves = (await runSuite('curves', file, { quick: options.quick })).facts
  }
} finally {
  await prepared.end()
}
result.bars = barsOf(result.keys)
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`)
console.log(options.json ? JSON.stringify(result, null, 2) : table(result))

function take({ times, facts }) {
  Object.assign(result.keys, keysOf(times, facts))
  Object.assign(result.details, facts)
}

/** Each reading in a process of its own, the sides in turn. */
async function measureLarge(file) {
  const rows = amount.largeRows
  await runSuite('fillLarge', file, { rows })
  const runs = []
  for (let run = 0; run < amount.largeRuns; run++) {
    for (const paged of [false, true]) {
      for (const side of run % 2 === 0 ? ['plain', 'fieldseal'] : ['fieldseal', 'plain']) {
        const { facts } = await runSuite('large', file, { rows, side, paged })
        runs.push({ run, paged, side, ...facts })
      }
    }
  }
  Object.assign(result.keys, largeKeys(runs))
  result.details.large = runs
}

function machine() {
  return {
    node: process.version,
    openssl: process.versions.openssl,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
}
