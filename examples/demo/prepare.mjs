import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createDatabase } from '../law-firm/database.mjs'
import { importFirm } from '../law-firm/import.mjs'
import { DemoError, expectEqual } from './check.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SCHEMA = 'examples/law-firm/schema.prisma'

/** Runs one of the project's programs in the repository. */
async function run(what, ...args) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = String(error) } = Object(error)
    throw new DemoError(`${what} failed:\n${stdout}${stderr}`)
  }
}

/** The Prisma client of the example's schema, and beside it what fieldseal's generator writes. */
export async function generate() {
  await run('prisma generate', 'scripts/prisma-generate.mjs', '--schema', SCHEMA)
  const { policy } = await import('../law-firm/generated/fieldseal/policy.js')
  const encrypted = Object.values(policy.models)
    .map(({ name, fields }) => ({
      model: name,
      fields: Object.values(fields)
        .filter((field) => field.encrypted !== undefined)
        .map((field) => field.name),
    }))
    .filter(({ fields }) => fields.length > 0)
  return {
    shown: { schema: SCHEMA, encrypted },
    rows: [['schema', SCHEMA], ...encrypted.map(({ model, fields }) => [model, `encrypted: ${fields.join(', ')}`])],
  }
}

/** A master key for the local KMS, and an empty database that refuses plaintext. */
export async function prepare({ database, keyFile }) {
  await run('fieldseal keygen', 'dist/cli/main.js', 'keygen', '--out', keyFile)
  const mode = (statSync(keyFile).mode & 0o777).toString(8)
  if (process.platform !== 'win32') expectEqual(mode, '600', 'The mode of the key file')
  await createDatabase(database)
  return {
    shown: { database, keyFile, mode },
    rows: [
      ['database', database],
      ['master key', `${keyFile} (mode ${mode})`],
    ],
  }
}

/**
 * Both firms' clients, each imported as the firm itself.
 * @param {import('../law-firm/client.mjs').Client} prisma
 * @param {import('../law-firm/import.mjs').Firm[]} firms
 * @param {(text: string | null) => void} progress
 */
export async function importData(prisma, firms, progress) {
  const total = firms.reduce((sum, { clients }) => sum + clients.length, 0)
  let done = 0
  for (const firm of firms) {
    await importFirm(prisma, firm, (count) => {
      done += count
      progress(`${done}/${total} clients`)
    })
  }
  progress(null)
  const imported = []
  for (const { id, name, clients } of firms) {
    const [stored, notes] = await prisma.$fieldseal.withTenant(id, () =>
      Promise.all([prisma.client.count(), prisma.note.count()]),
    )
    expectEqual(stored, clients.length, `The number of clients of ${id}`)
    imported.push({ tenant: id, name, clients: stored, notes })
  }
  return {
    shown: { imported },
    rows: [
      ['tenant', 'name', 'clients', 'notes'],
      ...imported.map((firm) => [firm.tenant, firm.name, String(firm.clients), String(firm.notes)]),
    ],
    head: true,
  }
}

/**
 * The demo's firms and their clients, with dates of birth as dates.
 * @returns {{ firms: import('../law-firm/import.mjs').Firm[] }}
 */
export function readData() {
  const text = readFileSync(new URL('../data/clients.json', import.meta.url), 'utf8')
  return JSON.parse(text, (key, value) => (key === 'dob' ? new Date(value) : value))
}
