/**
 * Two law firms, one database, every sensitive column encrypted. Checks what it shows, and exits 1 if anything is not as
 * it should be. Needs no server and no network.
 *
 * Usage: npm run demo [-- --keep] [--json]
 *   --keep   keep the folder with the database and its master key, and say where it is
 *   --json   print one JSON object of what was shown (npm run --silent demo -- --json)
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generate, importData, prepare, readData } from './demo/prepare.mjs'
import { createScreen } from './demo/screen.mjs'
import { climbWall, forgetExtension, search, showRow, verify } from './demo/tour.mjs'
import { openDatabase } from './law-firm/database.mjs'

const { values: options } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})

const started = performance.now()
const screen = createScreen({ silent: options.json })
const steps = []
const folder = mkdtempSync(join(tmpdir(), 'fieldseal-demo-'))
process.once('SIGINT', () => {
  leaveFolder()
  process.exit(130)
})

try {
  screen.heading('fieldseal: two law firms, one database, every sensitive column encrypted')
  await show()
  leaveFolder()
  finish()
} catch (error) {
  leaveFolder()
  screen.progress(null)
  screen.bad(`The demo failed at step ${steps.length + 1}: ${error instanceof Error ? error.message : error}`)
  if (options.keep) screen.bad(`Its folder was kept: ${folder}`)
  process.exitCode = 1
}

function leaveFolder() {
  if (!options.keep) rmSync(folder, { recursive: true, force: true })
}

async function show() {
  const files = { database: join(folder, 'law-firm.db'), keyFile: join(folder, 'master.key') }
  const { firms } = readData()
  const [firm] = firms
  await step('generate', 'Generate the Prisma client and the encryption policy', generate)
  await step('prepare', 'Make a database and a master key', () => prepare(files))
  const { openClient, openUnextendedClient } = await import('./law-firm/client.mjs')
  const prisma = openClient(files)
  const unextended = openUnextendedClient(files.database)
  const stored = openDatabase(files.database)
  try {
    await step('import', 'Import two firms, each in its own context', () => importData(prisma, firms, screen.progress))
    await step('row', 'Look at one row', () => showRow(prisma, stored, firm))
    await step('search', `Search in encrypted columns, as ${firm.id}`, () => search(prisma, stored, firms))
    await step('wall', 'Let one firm reach for the other’s client', () => climbWall(prisma, stored, firms))
    await step('plaintext', 'Forget the extension', () => forgetExtension(unextended, firm))
    await step('verify', 'Verify every encrypted column', () => verify(prisma))
  } finally {
    stored.close()
    await prisma.$disconnect()
    await unextended.$disconnect()
  }
}

async function step(name, title, work) {
  const begun = performance.now()
  const { shown, rows, head } = await work()
  const seconds = secondsSince(begun)
  steps.push({ name, title, seconds, ...shown })
  screen.title(steps.length, title, seconds)
  screen.table(rows, { head })
}

function finish() {
  const seconds = secondsSince(started)
  if (options.json) {
    console.log(JSON.stringify({ ok: true, seconds, folder: options.keep ? folder : null, steps }, null, 2))
    return
  }
  const { firms } = readData()
  screen.line()
  screen.good(`Everything is as it should be, after ${seconds.toFixed(1)} s.`)
  screen.line()
  screen.heading('What to try next')
  const [{ id, clients }] = firms
  const next = options.keep
    ? [
        [`node examples/law-firm/find.mjs ${folder} ${id} "${clients[0].ssn.replaceAll('-', ' ')}"`],
        [`rm -r ${folder}`],
      ]
    : [['npm run demo -- --keep', 'keep the database, and search in it yourself']]
  for (const [command, why] of [
    ...next,
    ['npm test', 'run the tests'],
    ['docs/querying.md', 'which queries work, and what is refused'],
  ]) {
    screen.line(why === undefined ? `   ${command}` : `   ${command.padEnd(24)}${why}`)
  }
}

function secondsSince(begun) {
  return Number(((performance.now() - begun) / 1000).toFixed(3))
}
