import type { EncryptionPolicy, ScalarFieldPolicy } from '../../src/policy/policy.js'
import type { TestClient } from '../support/client-types.js'
import type { DatabaseName } from '../support/databases/database.js'
import type { Cell } from './cells.js'
import { textOf } from './cells.js'
import { MODEL_NAMES, type ModelName, TARGETS } from './models.js'

/** What stands in the tables that a write may have changed. */
export interface Stored {
  /** Rows by table, as values: on both sides the same. */
  readonly tables: { readonly [table: string]: readonly StoredRow[] }
  /** Columns that hold something readable, and rows of the other firm that have changed. */
  readonly faults: readonly string[]
}

interface StoredRow {
  readonly [column: string]: unknown
}

type RawRow = { readonly [column: string]: string | null }

/** Opens rows that hold nothing but cells. */
type Opener = (model: ModelName, rows: readonly object[]) => Promise<readonly object[]>

export interface StoredReaderOptions {
  readonly database: DatabaseName
  /** Of the encrypted side: the plain one has the same columns without those of indexes. */
  readonly policy: EncryptionPolicy
  /** Of the encrypted side alone. */
  readonly open?: Opener
  /** From this number on rows are the other firm's, and nothing may change them. */
  readonly foreignFrom: number
}

/**
 * Reads what is stored by SQL: that shows what the database holds, and costs a fraction of what Prisma takes to read all
 * rows of all models after each cell. A cell is opened once, however often it is read.
 */
export class StoredReader {
  readonly #options: StoredReaderOptions
  readonly #opened = new Map<string, unknown>()
  readonly #foreign = new Map<string, string>()

  constructor(options: StoredReaderOptions) {
    this.#options = options
  }

  async read(client: TestClient, cell: Cell): Promise<Stored> {
    const joined = ['manyToMany', 'selfMany'].filter((relation) => cell.name.includes(relation))
    const models = modelsOf(cell)
    const columns = new Map<string, readonly Column[]>([
      ...joined.map((relation) => [`_${relation}`, ['A', 'B'].map(plainColumn)] as const),
      ...models.map((model) => [model, this.#columnsOf(model)] as const),
    ])
    const faults: string[] = []
    const raw = this.#ownRows(await this.#lists(client, columns), columns, faults)
    const tables: { [table: string]: readonly StoredRow[] } = Object.fromEntries(raw)
    for (const model of models) {
      const [rows = [], here = []] = [raw.get(model), columns.get(model)]
      tables[model] =
        this.#options.open === undefined ? rows.map(plainValues(here)) : await this.#values(model, here, rows, faults)
    }
    return { tables, faults }
  }

  #columnsOf(model: ModelName): Column[] {
    const fields = Object.values(this.#options.policy.models[model]?.fields ?? {})
    return fields.flatMap((field) => {
      if (field.kind !== 'scalar' || (field.blindIndex !== undefined && this.#options.open === undefined)) return []
      return [{ name: field.name, type: field.type, form: formOf(field), isTag: field.blindIndex !== undefined }]
    })
  }

  /** All tables in one statement: their rows as lists, in JSON. */
  async #lists(client: TestClient, tables: ReadonlyMap<string, readonly Column[]>): Promise<Lists> {
    const rowOf = (columns: readonly Column[]): string =>
      `(${columns.map((column) => this.#asText(column)).join(', ')})`
    if (this.#options.database === 'mariadb') {
      // The adapter of 6.16 reads no long text, so each row is one that is not.
      const selected = [...tables].map(
        ([table, columns]) =>
          `SELECT '${table}' AS place, CONVERT(LEFT(JSON_ARRAY${rowOf(columns)}, 15000) USING utf8mb4) COLLATE utf8mb4_general_ci AS list FROM ${this.#quoted(table)}`,
      )
      const rows = await client.$queryRawUnsafe(selected.join(' UNION ALL '))
      const lists = [...tables.keys()].map((table) => {
        const here = rows.filter(({ place }) => String(place) === table)
        return [table, here.map(({ list }) => JSON.parse(String(list)))] as const
      })
      return new Map(lists)
    }
    const [all, row] = this.#options.database === 'sqlite' ? SQLITE_JSON : POSTGRESQL_JSON
    // One text for each table: drivers take long over many rows.
    const selected = [...tables].map(
      ([table, columns]) =>
        `(SELECT ${all.replace('?', `${row}${rowOf(columns)}`)} FROM ${this.#quoted(table)}) AS ${this.#quoted(table)}`,
    )
    const [texts] = await client.$queryRawUnsafe(`SELECT ${selected.join(', ')}`)
    return new Map([...tables.keys()].map((table) => [table, JSON.parse(String(texts?.[table] ?? '[]')) ?? []]))
  }

  /** The firm's own rows, in the order of their keys; those of the other one must be what they were when first read. */
  #ownRows(lists: Lists, tables: ReadonlyMap<string, readonly Column[]>, faults: string[]): Map<string, RawRow[]> {
    const own = new Map<string, RawRow[]>()
    for (const [table, columns] of tables) {
      const rows = (lists.get(table) ?? []).map(
        (list): RawRow =>
          Object.fromEntries(columns.map((column, at) => [column.name, this.#textOf(column, list[at])])),
      )
      const [first = '', second = first] = columns.map(({ name }) => name).filter((name) => KEYS.has(name))
      const isOwn = (row: RawRow): boolean => Number(row[first]) < this.#options.foreignFrom
      rows.sort((a, b) => Number(a[first]) - Number(b[first]) || Number(a[second]) - Number(b[second]))
      const foreign = JSON.stringify(rows.filter((row) => !isOwn(row)))
      const before = this.#foreign.get(table) ?? foreign
      this.#foreign.set(table, before)
      if (foreign !== before) faults.push(`rows of the other firm in ${table}`)
      own.set(table, rows.filter(isOwn))
    }
    return own
  }

  async #values(
    model: ModelName,
    columns: readonly Column[],
    rows: readonly RawRow[],
    faults: string[],
  ): Promise<StoredRow[]> {
    const sealed = columns.filter(({ form, isTag }) => form !== undefined && !isTag)
    for (const { name, form } of columns) {
      if (rows.some((row) => row[name] !== null && form?.test(String(row[name])) === false))
        faults.push(`${model}.${name}`)
    }
    if (faults.length > 0) return []
    const unknown = rows.filter((row) =>
      sealed.some(({ name }) => row[name] !== null && !this.#opened.has(String(row[name]))),
    )
    const opened = await this.#options.open?.(model, unknown.map(cellsOf(sealed)))
    unknown.forEach((row, at) => {
      for (const { name, type } of sealed) {
        if (row[name] !== null)
          this.#opened.set(String(row[name]), asValue(type, Reflect.get(Object(opened?.[at]), name)))
      }
    })
    const shown = columns.filter(({ isTag }) => !isTag)
    return rows.map((row) =>
      Object.fromEntries(
        shown.map(({ name, form }) => [
          name,
          form === undefined || row[name] === null ? row[name] : this.#opened.get(String(row[name])),
        ]),
      ),
    )
  }

  // As text: not every adapter reads the bytes and JSON of a raw query.
  #asText({ name, type }: Column): string {
    const column = this.#quoted(name)
    const { database } = this.#options
    if (type !== 'Json' && type !== 'Bytes') return column
    // MariaDB would put Json into the list as Json.
    if (database === 'mariadb') return `HEX(${column})`
    if (type === 'Json') return `CAST(${column} AS TEXT)`
    // SQLite makes an empty text of NULL.
    return database === 'sqlite'
      ? `CASE WHEN ${column} IS NOT NULL THEN hex(${column}) END`
      : `encode(${column}, 'hex')`
  }

  #textOf({ type }: Column, value: unknown): string | null {
    if (value === null || value === undefined) return null
    const isHexOfJson = type === 'Json' && this.#options.database === 'mariadb'
    return isHexOfJson ? Buffer.from(String(value), 'hex').toString('utf8') : String(value)
  }

  #quoted(name: string): string {
    return this.#options.database === 'mariadb' ? `\`${name}\`` : `"${name}"`
  }
}

interface Column {
  readonly name: string
  readonly type: string
  /** What a cell or a tag looks like; undefined for other columns. */
  readonly form?: RegExp | undefined
  readonly isTag: boolean
}

const CELL_FORMS = { String: /^enc::1\.[0-9a-z]{12}\.[\w-]{39,}$/, Json: /^"enc::1\.[^"]+"$/, Bytes: /^46534c01/i }
const TAG = /^[0-9a-z]{18}\.[0-9a-v]{26}$/

function formOf({ encrypted, blindIndex }: ScalarFieldPolicy): RegExp | undefined {
  if (encrypted !== undefined) return CELL_FORMS[encrypted.column]
  return blindIndex === undefined ? undefined : TAG
}

/** Columns of primary keys. */
const KEYS: ReadonlySet<string> = new Set(['id', 'hubId', 'leafId', 'A', 'B'])

/** Rows of each table, as lists of their columns. */
type Lists = ReadonlyMap<string, readonly (readonly unknown[])[]>

/** How a list of all rows is made, and a list of a row's columns. */
const SQLITE_JSON = ['json_group_array(?)', 'json_array'] as const
const POSTGRESQL_JSON = ['json_agg(?)::text', 'json_build_array'] as const

function plainColumn(name: string): Column {
  return { name, type: 'Int', isTag: false }
}

/** Models whose rows the cell may change: the hub, and what its relations lead to. */
function modelsOf({ operation, shape }: Cell): ModelName[] {
  if (operation.startsWith('delete')) return [...MODEL_NAMES]
  const named = [...textOf(shape).matchAll(/\w+/g)].map(([name]) => TARGETS[name])
  return MODEL_NAMES.filter((model) => model === 'Hub' || named.includes(model))
}

/** Cells of a row as a raw query gives them. */
function cellsOf(columns: readonly Column[]): (row: RawRow) => object {
  return (row) =>
    Object.fromEntries(
      columns.map(({ name, type }) => {
        const text = row[name]
        return [name, type === 'Bytes' && text !== null && text !== undefined ? Buffer.from(text, 'hex') : text]
      }),
    )
}

function plainValues(columns: readonly Column[]): (row: RawRow) => StoredRow {
  return (row) =>
    Object.fromEntries(
      columns.map(({ name, type, form }) => {
        const text = row[name] ?? null
        if (text === null || form === undefined) return [name, text]
        return [
          name,
          asValue(type, type === 'Json' ? JSON.parse(text) : type === 'Bytes' ? Buffer.from(text, 'hex') : text),
        ]
      }),
    )
}

/** The value of an encrypted column in a form that can be compared; Json null is not the absence of a value. */
function asValue(type: string, value: unknown): unknown {
  if (type === 'Bytes' && value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return type === 'Json' ? { json: value } : value
}
