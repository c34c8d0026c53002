import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { randomKeyId } from '../crypto/index.js'
import { InvalidKeyRowError } from '../errors/index.js'
import type { KeyRow, TenantRecord, TenantState } from './key-row.js'
import type { KeyStore, NewKeyRow } from './key-store.js'
import { conflicts } from './memory-store.js'

/**
 * A key store in a directory, for tools and single machines without a database. Several processes may use it at once:
 * each change of a tenant is a new file, numbered, made whole elsewhere and then linked under its name, which only one
 * process can do for a number. The file with the highest number is what holds; a process killed at any point leaves
 * either the old file or the new one. Beside the tenants' folders lies one empty file for each key id, made before the
 * row: an id is taken once, whatever the tenant.
 * @param directory is created, with mode 0700, if it is not there.
 */
export function fileKeyStore(directory: string): KeyStore {
  return {
    load: async (tenantRef) => (await latest(directory, tenantRef)).record,
    async find(keyIds) {
      const wanted = new Set(keyIds)
      const tenants = await names(directory)
      const records = await Promise.all(tenants.map(async (tenantRef) => (await latest(directory, tenantRef)).record))
      return records.flatMap(({ rows }) => rows.filter((row) => wanted.has(row.keyId)))
    },
    async insert(row) {
      if (!(await claim(directory, row.keyId))) return false
      if (await append(directory, row)) return true
      await unlink(claimOf(directory, row.keyId))
      return false
    },
  }
}

/** Inserts unless the row conflicts with another of its tenant. */
async function append(directory: string, row: NewKeyRow): Promise<boolean> {
  for (;;) {
    const { record, number } = await latest(directory, row.tenantRef)
    if (record.state !== 'normal' || record.rows.some((other) => conflicts(row, other))) return false
    const now = new Date()
    const rows = [...record.rows, { ...row, stateSince: now, createdAt: now }]
    if (await commit(directory, row.tenantRef, number + 1, { state: record.state, rows })) return true
  }
}

const claimOf = (directory: string, keyId: string): string => join(directory, `key-${keyId}`)

/** Takes a key id for good among all tenants: whether this call was the first to name it. */
async function claim(directory: string, keyId: string): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  try {
    await (await open(claimOf(directory, keyId), 'wx', 0o600)).close()
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

const FILE = /^([0-9]{8})\.json$/
const TENANT_REF = /^[0-9a-f]{64}$/

interface NumberedRecord {
  readonly record: TenantRecord
  /** 0 if there is no file yet. */
  readonly number: number
}

async function latest(directory: string, tenantRef: string): Promise<NumberedRecord> {
  const numbers = (await names(join(directory, tenantRef))).flatMap((name) => FILE.exec(name)?.[1] ?? [])
  const last = numbers.sort().at(-1)
  if (last === undefined) return { record: { state: 'normal', rows: [] }, number: 0 }
  const file = join(directory, tenantRef, `${last}.json`)
  return { record: parseRecord(await readFile(file, 'utf8'), file), number: Number(last) }
}

/** Entries of a directory; none if it is not there. */
async function names(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => TENANT_REF.test(name) || FILE.test(name))
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}

/** Whether this process was the one to write the number. */
async function commit(directory: string, tenantRef: string, number: number, record: TenantRecord): Promise<boolean> {
  const folder = join(directory, tenantRef)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `draft-${randomKeyId()}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(printRecord(record))
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, join(folder, `${String(number).padStart(8, '0')}.json`))
    await syncDirectory(folder)
    await syncDirectory(directory)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await unlink(draft)
  }
}

/** Makes the new name durable. Windows cannot open a directory, and does not need it. */
async function syncDirectory(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function printRecord({ state, rows }: TenantRecord): string {
  const base64 = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString('base64')
  const printed = rows.map((row) => ({
    ...row,
    wrapped: base64(row.wrapped),
    prevWrapped: base64(row.prevWrapped),
    kcv: base64(row.kcv),
  }))
  return `${JSON.stringify({ state, rows: printed }, null, 2)}\n`
}

function parseRecord(text: string, file: string): TenantRecord {
  try {
    const { state, rows }: { state: TenantState; rows: StoredRow[] } = JSON.parse(text)
    const bytes = (base64: string | null): Uint8Array | null => (base64 === null ? null : Buffer.from(base64, 'base64'))
    return {
      state,
      rows: rows.map((row) => ({
        ...row,
        wrapped: bytes(row.wrapped),
        prevWrapped: bytes(row.prevWrapped),
        kcv: Buffer.from(row.kcv, 'base64'),
        stateSince: new Date(row.stateSince),
        createdAt: new Date(row.createdAt),
      })),
    }
  } catch {
    throw new InvalidKeyRowError(`the key file ${file} is damaged`, { file })
  }
}

/** A row as JSON; `requireKeyRow` checks it where it is used. */
type StoredRow = Omit<KeyRow, 'wrapped' | 'prevWrapped' | 'kcv' | 'stateSince' | 'createdAt'> & {
  readonly wrapped: string | null
  readonly prevWrapped: string | null
  readonly kcv: string
  readonly stateSince: string
  readonly createdAt: string
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
