/**
 * Fails if sealing, opening or tagging became much slower than what the same values cost with node:crypto alone. Ratios
 * of processor time within one process, so the machine does not matter; the limits leave room for noise, and a slowdown
 * to twice the time is beyond each of them (test/bench/guard.test.ts).
 *
 * Usage: npm run bench:guard [-- --rounds 60 --json]
 * Exits 1 if a ratio is over its limit in every one of three processes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { getDMMF } from '@prisma/get-dmmf'
import { policyOf } from '../dist/generator/policy-of.js'
import { keysOf } from './keys.mjs'
import { SEALED_MODELS } from './models.mjs'
import { runSuite } from './processes.mjs'

/** About halfway between what the ratio is and twice that. */
const LIMITS = { seal_vs_floor: 1.7, open_vs_floor: 1.7, tag_vs_floor: 3.6 }
/** A machine that is busy with other things can spoil one. */
const ATTEMPTS = 3

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '60' }, json: { type: 'boolean', default: false } },
})

const folder = mkdtempSync(path.join(tmpdir(), 'fieldseal-guard-'))
const attempts = []
try {
  const datamodel = `datasource db {\n  provider = "sqlite"\n}\n${SEALED_MODELS}`
  const file = path.join(folder, 'policy.json')
  writeFileSync(file, JSON.stringify({ policy: policyOf({ dmmf: getDMMF({ datamodel }), datamodel }) }))
  while (attempts.length < ATTEMPTS && !attempts.some(holds)) {
    const { times } = await runSuite('guarded', file, { rounds: Number(options.rounds) })
    attempts.push(keysOf(times, {}))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const ok = attempts.some(holds)
process.exitCode = ok ? 0 : 1
if (options.json) console.log(JSON.stringify({ ok, limits: LIMITS, attempts }, null, 2))
else {
  for (const keys of attempts) {
    for (const [key, limit] of Object.entries(LIMITS)) {
      const { median, low, high } = keys[key]
      const mark = median <= limit ? '✓' : '✗'
      console.log(
        `${mark} ${key.padEnd(14)} ${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}), at most ${limit}`,
      )
    }
  }
  if (!ok) console.log('\nSlower than it was: npm run bench says where, node --cpu-prof why.')
}

function holds(keys) {
  return Object.entries(LIMITS).every(([key, limit]) => keys[key].median <= limit)
}
