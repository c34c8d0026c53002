import { FieldsealError } from '../../src/errors/index.js'
import { run } from '../support/calls.js'
import type { Args, ModelDelegate, TestClient } from '../support/client-types.js'
import { type Combination, combinationUnderTest } from '../support/combination.js'
import type { DatabaseName } from '../support/databases/database.js'
import { type GeneratedClient, generateClient } from '../support/generate-client.js'
import { providerOf } from '../support/kinds.js'
import { type PreparedClient, prepareClient } from '../support/prepare-client.js'
import { watchedClient } from '../support/query-log.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'
import { quoted } from '../support/stored.js'
import { type Cell, cellsOf, textOf } from './cells.js'
import { type Patch, readGeneratedTypes } from './generated-types.js'
import { INDEX_OF, MODEL_NAMES, type ModelName, plainModels, sealedModels, TARGETS, type Tenancy } from './models.js'
import { seedLinks, seedRows } from './rows.js'
import { argumentsFor } from './samples.js'
import type { Constants } from './sampling.js'

export const FIRM = 'firm_a'
const OTHER_FIRM = 'firm_b'
/** Rows of the other firm have numbers beyond all others. */
const OTHER = 5000

/** The cells that the client of a Prisma version, a generator and a database offers. */
export async function cellsFor(
  database: DatabaseName,
  { prisma, generator }: Combination = combinationUnderTest(),
  patch?: Patch,
): Promise<Cell[]> {
  const provider = providerOf(database)
  const client = await generateClient({ prisma, generator, provider, models: sealedModels(provider, 'with tenants') })
  return cellsOf(readGeneratedTypes(typesOf(client), patch))
}

function typesOf({ directory }: GeneratedClient): string {
  return `${directory}/client`
}

/** What came of calling a cell on one of the clients. */
export interface Finding {
  readonly error?: unknown
  readonly answer?: unknown
  /** For a write: every row that it may have changed, as the client reads it, without columns of indexes. */
  readonly stored?: unknown
  /** For a write on the encrypted side: columns that hold something readable. */
  readonly unsealed?: readonly string[]
}

export interface Trial {
  readonly sealed: Finding
  /** Statements that the encrypted side sent. */
  readonly statements: readonly string[]
  /** Empty if fieldseal refused the cell. */
  readonly plain: Finding
}

export interface ConformanceBench {
  /** Calls the cell on both clients, each time on the same rows: a write is undone again. */
  tryOut(cell: Cell): Promise<Trial>
  dispose(): Promise<void>
}

/** A database with encrypted models and one with the same models in plain, both with the same rows. */
export async function prepareConformance(database: DatabaseName, tenancy: Tenancy): Promise<ConformanceBench> {
  const sealed = await prepareSealed({ database, models: sealedModels(providerOf(database), tenancy) })
  const plain = await prepareClient({ database, models: plainModels() })
  const watched = watchedClient(sealed)
  const plainClient = plain.client()
  const inFirm = <T>(work: () => PromiseLike<T>, firm = FIRM): Promise<T> =>
    tenancy === 'with tenants' ? watched.client.$fieldseal.withTenant(firm, work) : Promise.resolve(work())
  if (database === 'sqlite') {
    // Thousands of small transactions: each waits for the disk twice in the usual journal mode.
    for (const { sql } of [sealed, plain]) await sql('PRAGMA journal_mode = WAL')
  }
  await seed(plainClient)
  await inFirm(() => seed(watched.client))
  if (tenancy === 'with tenants') await inFirm(() => seed(watched.client, OTHER), OTHER_FIRM)
  const sealedConstants = constantsOf(sealed, watched.client)
  const plainConstants = constantsOf(plain, plainClient)
  return {
    async tryOut(cell) {
      let found: Finding = {}
      const { statements } = await watched.during(async (client) => {
        found = await inFirm(() => perform(client, cell, sealedConstants, sealed))
      })
      const isSent = (statement: string): boolean =>
        !/^(--|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET TRANSACTION)/i.test(statement)
      return {
        sealed: found,
        statements: statements.filter(isSent),
        plain: found.error instanceof FieldsealError ? {} : await perform(plainClient, cell, plainConstants),
      }
    },
    async dispose() {
      await Promise.all([sealed.dispose(), plain.dispose()])
    },
  }
}

function constantsOf({ module }: PreparedClient, client: object): Constants {
  const fields: unknown = Reflect.get(Object(Reflect.get(client, 'hub')), 'fields')
  return {
    null: (name) => module.Prisma[name],
    fieldReference: (field) => Reflect.get(Object(fields), field),
  }
}

async function seed(client: TestClient, offset = 0): Promise<void> {
  for (const { model, data } of seedRows()) {
    await run(client, { model, operation: 'create', args: { data: moved(data, offset) } })
  }
  for (const { id, data } of seedLinks()) {
    const args = { where: { id: id + offset }, data: moved(data, offset) }
    await run(client, { model: 'hub', operation: 'update', args })
  }
}

/** The same with other numbers, and other values in columns that are unique among all firms. */
function moved(data: Args, offset: number): Args {
  if (offset === 0) return data
  const each = ([name, value]: [string, unknown]): [string, unknown] => {
    if (/^id$|Id$/.test(name)) return [name, Number(value) + offset]
    if (name === 'plainUnique') return [name, `${value} elsewhere`]
    return typeof value === 'object' && value !== null && ('connect' in value || name === 'connect')
      ? [name, moved({ ...value }, offset)]
      : [name, value]
  }
  return Object.fromEntries(Object.entries(data).map(each))
}

/** Ends a transaction with what was seen in it. */
class Undo extends Error {
  readonly finding: Finding
  constructor(finding: Finding) {
    super('undo')
    this.finding = finding
  }
}

const PATIENT = { maxWait: 20_000, timeout: 20_000 }

async function perform(client: TestClient, cell: Cell, constants: Constants, sealed?: SealedBench): Promise<Finding> {
  try {
    if (!isWrite(cell)) return { answer: await call(client, cell, constants) }
    await client.$transaction(async (tx) => {
      const answer = await call(tx, cell, constants)
      const unsealed = sealed === undefined ? [] : await unsealedIn(tx, sealed, modelsOf(cell))
      throw new Undo({ answer, stored: await storedIn(tx, cell), unsealed })
    }, PATIENT)
    throw new Error('The transaction was not undone')
  } catch (error) {
    return error instanceof Undo ? error.finding : { error }
  }
}

function isWrite({ operation }: Cell): boolean {
  return /^(create|update|upsert|delete)/.test(operation)
}

async function call(client: TestClient, cell: Cell, constants: Constants): Promise<unknown> {
  const args = argumentsFor(cell, constants)
  const promise = run(client, { model: 'hub', operation: cell.operation, args })
  // Groups come in no order.
  if (cell.operation === 'groupBy') return promise.then((groups: unknown) => inSomeOrder(groups))
  if (cell.fluent === undefined) return promise
  const relation: unknown = Reflect.get(promise, cell.fluent)
  if (typeof relation !== 'function') throw new Error(`${cell.operation}() has no ${cell.fluent}()`)
  return Reflect.apply(relation, promise, [])
}

function inSomeOrder(groups: unknown): unknown {
  return Array.isArray(groups) ? groups.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : groups
}

/** Models whose rows the cell may change: the hub, and what its relations lead to. */
function modelsOf({ operation, shape }: Cell): ModelName[] {
  if (operation.startsWith('delete')) return [...MODEL_NAMES]
  const named = [...textOf(shape).matchAll(/\w+/g)].map(([name]) => TARGETS[name])
  return MODEL_NAMES.filter((model) => model === 'Hub' || named.includes(model))
}

const SEALED_FORMS = { String: /^enc::1\.[0-9a-z]{12}\.[\w-]{39,}$/, Json: /^"enc::1\./, Bytes: /^46534c01/i }
const TAG = /^[0-9a-z]{18}\.[0-9a-v]{26}$/

/** Columns of cells and tags that hold something else, told from what the database has as text. */
async function unsealedIn(tx: TestClient, sealed: SealedBench, models: readonly ModelName[]): Promise<string[]> {
  const found: string[] = []
  for (const model of models) {
    const { dbName = model, fields = {} } = sealed.policy.models[model] ?? {}
    const columns = Object.values(fields).flatMap((field) => {
      if (field.kind !== 'scalar') return []
      const form = field.encrypted !== undefined ? SEALED_FORMS[field.encrypted.column] : TAG
      return field.encrypted === undefined && field.blindIndex === undefined ? [] : [{ name: field.name, form, field }]
    })
    const texts = columns.map(
      ({ name, field }) => `${textOfColumn(sealed, name, field.type)} AS ${quoted(sealed, name)}`,
    )
    const rows = await tx.$queryRawUnsafe(`SELECT ${texts.join(', ')} FROM ${quoted(sealed, dbName)}`)
    for (const row of rows) {
      for (const { name, form } of columns) {
        const stored: unknown = row[name]
        if (stored !== null && !form.test(String(stored))) found.push(`${model}.${name}`)
      }
    }
  }
  return found
}

// As text: not every adapter reads the bytes and JSON of a raw query.
function textOfColumn(sealed: SealedBench, name: string, type: string): string {
  const column = quoted(sealed, name)
  if (sealed.database === 'mariadb') {
    // The adapter of 6.16 takes long texts, and texts that are compared by their bytes, for bytes.
    const text = type === 'Bytes' ? `HEX(${column})` : column
    return `CONVERT(LEFT(${text}, 100) USING utf8mb4) COLLATE utf8mb4_general_ci`
  }
  if (type === 'Json') return `CAST(${column} AS TEXT)`
  if (type !== 'Bytes') return column
  // SQLite makes an empty text of NULL.
  return sealed.database === 'sqlite'
    ? `CASE WHEN ${column} IS NOT NULL THEN hex(${column}) END`
    : `encode(${column}, 'hex')`
}

const IDS = { select: { id: true }, orderBy: { id: 'asc' } }

async function storedIn(tx: TestClient, cell: Cell): Promise<unknown> {
  const stored: { [model: string]: unknown } = {}
  const links = ['manyToMany', 'selfMany'].filter((relation) => cell.name.includes(relation))
  const include = Object.fromEntries(links.map((relation) => [relation, IDS]))
  for (const model of modelsOf(cell)) {
    const delegate: unknown = Reflect.get(tx, model.toLowerCase())
    if (!isDelegate(delegate)) throw new Error(`The client has no ${model}`)
    const orderBy = model === 'Join' ? [{ hubId: 'asc' }, { leafId: 'asc' }] : { id: 'asc' }
    const args = model === 'Hub' && links.length > 0 ? { orderBy, include } : { orderBy }
    stored[model] = withoutIndexes(await delegate.findMany(args))
  }
  return stored
}

function isDelegate(value: unknown): value is ModelDelegate {
  return typeof value === 'object' && value !== null && 'findMany' in value
}

/** Columns of indexes are in the encrypted models alone. */
function withoutIndexes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIndexes)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(value).filter(([name]) => !INDEX_OF.has(name))
  return Object.fromEntries(fields.map(([name, inner]) => [name, withoutIndexes(inner)]))
}
