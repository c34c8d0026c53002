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
}

/**
 * Reads every encrypted column and every index column of these models, as the database holds them, in one query.
 * @returns the columns that hold anything but cells and tags.
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
      })),
    ]
  })
  const { compound } = model
  const tags: StoredColumn[] =
    compound === undefined
      ? []
      : [{ model: model.name, name: `${model.name}.${compound.column}`, kind: 'tag', table, column: compound.column }]
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
  const parts = COLUMNS.map(({ model, kind, table, column }, at) => {
    if (!models.has(model)) return ''
    const name = quote(column)
    return `SELECT ${at} AS f, ${kind === 'bytes' ? hex(name) : text(name)} AS v FROM ${quote(table)} WHERE ${name} IS NOT NULL`
  })
  return parts.filter(Boolean).join(' UNION ALL ')
}
