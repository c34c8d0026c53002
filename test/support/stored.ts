import type { StoredRow } from './databases/database.js'
import type { SealedBench } from './sealed-client.js'

/** A model's rows as they are stored, in the order they were made. */
export function storedRows(bench: SealedBench, model: string): Promise<StoredRow[]> {
  const { dbName = model, primaryKey } = bench.policy.models[model] ?? {}
  return bench.sql(`SELECT * FROM ${quoted(bench, dbName)} ORDER BY ${quoted(bench, primaryKey?.fields[0] ?? 'id')}`)
}

/** An identifier as the database wants it. */
export function quoted({ database }: SealedBench, name: string): string {
  return database === 'mariadb' ? `\`${name}\`` : `"${name}"`
}

/** Puts a stored value in place of another, outside Prisma. */
export async function overwrite(
  bench: SealedBench,
  model: string,
  column: string,
  id: string | number,
  value: string | Uint8Array | null,
): Promise<void> {
  const marks = bench.database === 'sqlite' || bench.database === 'mariadb' ? ['?', '?'] : ['$1', '$2']
  await bench.sql(
    `UPDATE ${quoted(bench, model)} SET ${quoted(bench, column)} = ${marks[0]} WHERE ${quoted(bench, 'id')} = ${marks[1]}`,
    [value, id],
  )
}

/** A cell of megabytes is told by its beginning: a regular expression runs out of stack on all of it. */
const CELL = /^enc::1\.[0-9a-z]{12}\.[A-Za-z0-9_-]{39}/
const TAG = /^[0-9a-z]{18}\.[0-9a-v]{26}$/

/** What stands in columns of a model that should hold cells and tags, and is neither. */
export async function unsealedValues(bench: SealedBench, model: string): Promise<string[]> {
  const fields = Object.values(bench.policy.models[model]?.fields ?? {})
  const rows = await storedRows(bench, model)
  return rows.flatMap((row) =>
    fields.flatMap((field) => {
      if (field.kind !== 'scalar') return []
      const value = row[field.dbName]
      if (value === null || value === undefined) return []
      const isRight =
        field.encrypted !== undefined
          ? isCell(value, field.encrypted.column)
          : field.blindIndex === undefined || TAG.test(String(value))
      return isRight ? [] : [`${model}.${field.name}`]
    }),
  )
}

function isCell(value: unknown, column: string): boolean {
  if (column === 'Bytes') return value instanceof Uint8Array && Buffer.from(value.subarray(0, 4)).equals(BYTES_PREFIX)
  const text = column === 'Json' ? parsed(value) : value
  return typeof text === 'string' && CELL.test(text)
}

const BYTES_PREFIX = Buffer.from('46534c01', 'hex')

/** Some drivers parse JSON columns, others give their text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || CELL.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Everything a model's table holds, as one text to search; bytes both as text and in hex. */
export async function storedText(bench: SealedBench, ...models: readonly string[]): Promise<string> {
  const dumps = await Promise.all(models.map((model) => storedRows(bench, model)))
  return JSON.stringify(dumps, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (!(value instanceof Uint8Array)) return value
    const bytes = Buffer.from(value)
    return `${bytes.toString('latin1')} ${bytes.toString('hex')}`
  })
}
