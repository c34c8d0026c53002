import { FieldsealError } from '../../src/errors/index.js'
import { run } from '../support/calls.js'
import type { Args, TestClient } from '../support/client-types.js'
import { type Combination, combinationUnderTest } from '../support/combination.js'
import type { DatabaseName } from '../support/databases/database.js'
import { type GeneratedClient, generateClient } from '../support/generate-client.js'
import { providerOf } from '../support/kinds.js'
import { type PreparedClient, prepareClient } from '../support/prepare-client.js'
import { watchedClient } from '../support/query-log.js'
import { prepareSealed } from '../support/sealed-client.js'
import { type Cell, cellsOf } from './cells.js'
import { type Patch, TypeReader } from './generated-types.js'
import { plainModels, sealedModels, type Tenancy } from './models.js'
import { seedLinks, seedRows } from './rows.js'
import { argumentsFor } from './samples.js'
import type { Constants } from './sampling.js'
import { type Stored, StoredReader } from './stored.js'
import { Undoing } from './undoing.js'

export const FIRM = 'firm_a'
const OTHER_FIRM = 'firm_b'
/** Rows of the other firm have numbers beyond all others. */
const OTHER = 5000

/** How cells are found. */
export interface CellOptions extends Partial<Combination> {
  readonly patch?: Patch
  /** Given where types are read several times. */
  readonly reader?: TypeReader
}

/** The cells that the client of a Prisma version, a generator and a database offers. */
export async function cellsFor(database: DatabaseName, options: CellOptions = {}): Promise<Cell[]> {
  const { prisma, generator, patch, reader = new TypeReader() } = { ...combinationUnderTest(), ...options }
  const provider = providerOf(database)
  const client = await generateClient({ prisma, generator, provider, models: sealedModels(provider, 'with tenants') })
  return cellsOf(reader.read(typesOf(client), patch))
}

function typesOf({ directory }: GeneratedClient): string {
  return `${directory}/client`
}

/** What came of calling a cell on one of the clients. */
export interface Finding {
  readonly error?: unknown
  readonly answer?: unknown
  /** For a write: every row that it may have changed. */
  readonly stored?: Stored
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
  const shared = { database, policy: sealed.policy, foreignFrom: OTHER }
  const open = (model: string, rows: readonly object[]) => watched.client.$fieldseal.open(model, rows)
  const encryptedSide: Side = {
    client: watched.client,
    constants: constantsOf(sealed, watched.client),
    writes: new Undoing(watched.client),
    stored: new StoredReader({ ...shared, open }),
  }
  const plainSide: Side = {
    client: plainClient,
    constants: constantsOf(plain, plainClient),
    writes: new Undoing(plainClient),
    stored: new StoredReader(shared),
  }
  return {
    async tryOut(cell) {
      let found: Finding = {}
      const { statements } = await watched.during(async () => {
        found = await inFirm(() => perform(encryptedSide, cell))
      })
      return {
        sealed: found,
        statements: statements.filter(isOfCell),
        plain: found.error instanceof FieldsealError ? {} : await perform(plainSide, cell),
      }
    },
    async dispose() {
      await Promise.all([encryptedSide, plainSide].map(({ writes }) => writes.end()))
      await Promise.all([sealed.dispose(), plain.dispose()])
    },
  }
}

/** Whether a statement was sent for a cell, and not to undo it. */
function isOfCell(statement: string): boolean {
  return !/^(--|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET TRANSACTION)/i.test(statement)
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

/** One of the two clients, and where its writes are tried. */
interface Side {
  readonly client: TestClient
  readonly constants: Constants
  readonly writes: Undoing
  readonly stored: StoredReader
}

async function perform({ client, constants, writes, stored }: Side, cell: Cell): Promise<Finding> {
  try {
    if (!isWrite(cell)) {
      await writes.end()
      return { answer: await call(client, cell, constants) }
    }
    return await writes.undone(async (tx) => {
      const answer = await call(tx, cell, constants)
      return { answer, stored: await stored.read(tx, cell) }
    })
  } catch (error) {
    return { error }
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
