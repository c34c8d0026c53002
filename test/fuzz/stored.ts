import { MODELS } from './models.js'
import { quoteOf, type Twins } from './twins.js'

/** `enc::1.<key>.<base64url>`, as long as the shortest cell at least (docs/format). */
const CELL = /^enc::1\.(?<key>[0-9a-z]{12})\.[A-Za-z0-9_-]{39,}$/
const TAG = /^[0-9a-z]{18}\.[0-9a-v]{26}$/
/** `FSL`, suite 1, a key's id, nonce and authentication tag at least; in hex. */
const BINARY_CELL = /^46534c01([0-9a-f]{2}){40,}$/
/** Values that look like cells name this key, which no database has. */
const NO_KEY = 'k00000000001'

interface StoredColumn {
  readonly name: string
  readonly kind: 'text' | 'json' | 'bytes' | 'tag'
  readonly column: string
  /** For a tag, the columns of the cells it stands for. */
  readonly sources?: readonly string[]
}

/**
 * Reads every encrypted column and every index column of these models, as the database holds them, in one query.
 * @returns the columns that hold anything but cells and tags, or a tag where there is no cell and the other way round.
 */
export async function findUnsealed({ bench, provider }: Twins, models: ReadonlySet<string>): Promise<string[]> {
  const tables = TABLES.filter(({ model, columns }) => models.has(model) && columns.length > 0)
  if (tables.length === 0) return []
  const rows = await bench.sql(queryFor(provider, tables))
  return rows.flatMap((row) => {
    const columns = tables[Number(row.t)]?.columns ?? []
    const values = new Map(columns.map(({ column }, at) => [column, row[`c${at}`]]))
    return columns.flatMap((column) => {
      const value = values.get(column.column) ?? null
      const cells = column.sources?.map((source) => values.get(source) ?? null)
      const isMissing = cells === undefined || cells.includes(null)
      if (value === null ? isMissing : isSealed(column, value) && (cells === undefined || !isMissing)) return []
      return [`${column.name} holds ${value === null ? 'no tag of a cell' : JSON.stringify(String(value))}`]
    })
  })
}

function isSealed({ kind }: StoredColumn, value: unknown): boolean {
  const text = String(value)
  if (kind === 'tag') return TAG.test(text)
  if (kind === 'bytes') return BINARY_CELL.test(text.toLowerCase())
  const cell = CELL.exec(kind === 'json' ? text.replace(/^"(.*)"$/, '$1') : text)
  return cell !== null && cell.groups?.key !== NO_KEY
}

interface StoredTable {
  readonly model: string
  readonly table: string
  readonly columns: readonly StoredColumn[]
}

const TABLES: readonly StoredTable[] = [...MODELS.values()].map((model) => {
  const cells = Object.entries(model.fields).flatMap(([name, field]): StoredColumn[] => {
    if (field.encrypted !== true) return []
    const kind = field.type === 'Bytes' ? 'bytes' : field.type === 'Json' ? 'json' : 'text'
    const indexes = [field.index, field.folded].filter((index) => index !== undefined)
    return [
      { name: `${model.name}.${name}`, kind, column: field.map ?? name },
      ...indexes.map(({ column, map }) => tag(column, map ?? column, [name])),
    ]
  })
  const { compound } = model
  const columns = compound === undefined ? cells : [...cells, tag(compound.column, compound.column, compound.fields)]
  return { model: model.name, table: model.map ?? model.name, columns }

  function tag(name: string, column: string, fields: readonly string[]): StoredColumn {
    const sources = fields.map((field) => model.fields[field]?.map ?? field)
    return { name: `${model.name}.${name}`, kind: 'tag', column, sources }
  }
})

/** A row for each row: the position of its table, and its columns as text. */
function queryFor(provider: Twins['provider'], tables: readonly StoredTable[]): string {
  const quote = quoteOf(provider)
  const width = Math.max(...tables.map(({ columns }) => columns.length))
  const parts = tables.map(({ table, columns }, at) => {
    const selected = Array.from({ length: width }, (_, place) => `${textOf(provider, columns[place])} AS c${place}`)
    return `SELECT ${[`${at} AS t`, ...selected].join(', ')} FROM ${quote(table)}`
  })
  return parts.join(' UNION ALL ')
}

const TEXT = { sqlite: 'TEXT', postgresql: 'text', mysql: 'CHAR' } as const

function textOf(provider: Twins['provider'], stored: StoredColumn | undefined): string {
  if (stored === undefined) return provider === 'postgresql' ? 'NULL::text' : 'NULL'
  const name = quoteOf(provider)(stored.column)
  const hex = provider === 'postgresql' ? `encode(${name}, 'hex')` : `hex(${name})`
  // SQLite's hex of NULL is an empty text.
  if (stored.kind === 'bytes') return `CASE WHEN ${name} IS NULL THEN NULL ELSE ${hex} END`
  return stored.kind === 'json' ? `CAST(${name} AS ${TEXT[provider]})` : name
}
