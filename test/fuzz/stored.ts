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
  readonly model: string
  readonly name: string
  readonly kind: 'text' | 'json' | 'bytes' | 'tag'
  readonly table: string
  readonly column: string
  /** For a tag, the columns of the cells it stands for. */
  readonly sources?: readonly string[]
}

/**
 * Reads every encrypted column and every index column of these models, as the database holds them, in one query.
 * @returns the columns that hold anything but cells and tags, or a tag where there is no cell and the other way round.
 */
export async function findUnsealed({ bench, provider }: Twins, models: ReadonlySet<string>): Promise<string[]> {
  const query = queryFor(provider, models)
  const rows = query === '' ? [] : await bench.sql(query)
  return rows.flatMap(({ f, v }) => {
    const column = COLUMNS[Number(f)]
    return column === undefined || isSealed(column, v) ? [] : [`${column.name} holds ${JSON.stringify(String(v))}`]
  })
}

function isSealed({ kind }: StoredColumn, value: unknown): boolean {
  const text = String(value)
  if (kind === 'tag') return TAG.test(text)
  if (kind === 'bytes') return BINARY_CELL.test(text.toLowerCase())
  const cell = CELL.exec(kind === 'json' ? text.replace(/^"(.*)"$/, '$1') : text)
  return cell !== null && cell.groups?.key !== NO_KEY
}

const COLUMNS: readonly StoredColumn[] = [...MODELS.values()].flatMap((model) => {
  const table = model.map ?? model.name
  const fields = Object.entries(model.fields).flatMap(([name, field]): StoredColumn[] => {
    if (field.encrypted !== true) return []
    const kind = field.type === 'Bytes' ? 'bytes' : field.type === 'Json' ? 'json' : 'text'
    const indexes = [field.index, field.folded].filter((index) => index !== undefined)
    return [
      { model: model.name, name: `${model.name}.${name}`, kind, table, column: field.map ?? name },
      ...indexes.map(({ column, map }) => ({
        model: model.name,
        name: `${model.name}.${column}`,
        kind: 'tag' as const,
        table,
        column: map ?? column,
        sources: [field.map ?? name],
      })),
    ]
  })
  const { compound } = model
  const tags: StoredColumn[] =
    compound === undefined
      ? []
      : [
          {
            model: model.name,
            name: `${model.name}.${compound.column}`,
            kind: 'tag',
            table,
            column: compound.column,
            sources: compound.fields.map((name) => model.fields[name]?.map ?? name),
          },
        ]
  return [...fields, ...tags]
})

function queryFor(provider: Twins['provider'], models: ReadonlySet<string>): string {
  const quote = quoteOf(provider)
  const hex = (column: string) => (provider === 'postgresql' ? `encode(${column}, 'hex')` : `hex(${column})`)
  const text = (column: string) =>
    ({
      sqlite: `CAST(${column} AS TEXT)`,
      postgresql: `CAST(${column} AS text)`,
      mysql: `CAST(${column} AS CHAR)`,
    })[provider]
  const parts = COLUMNS.filter(({ model }) => models.has(model)).map((stored) => {
    const at = COLUMNS.indexOf(stored)
    const name = quote(stored.column)
    const value = stored.kind === 'bytes' ? hex(name) : text(name)
    const table = quote(stored.table)
    if (stored.sources === undefined) return `SELECT ${at} AS f, ${value} AS v FROM ${table} WHERE ${name} IS NOT NULL`
    const cells = stored.sources.map((source) => `${quote(source)} IS NOT NULL`).join(' AND ')
    const paired = `CASE WHEN ${name} IS NULL OR NOT (${cells}) THEN 'one without the other' ELSE ${value} END`
    return `SELECT ${at} AS f, ${paired} AS v FROM ${table} WHERE ${name} IS NOT NULL OR (${cells})`
  })
  return parts.join(' UNION ALL ')
}
