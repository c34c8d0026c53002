import { UnsupportedOperationError } from '../errors/index.js'

/**
 * The one file that touches what Prisma does not document. Every read is guarded: what is not there is `undefined`, and
 * the caller says what that means. Checked on 6.16, 6.19 and 7.10 with both client generators.
 */

/** A Prisma client of any schema, as far as this library calls it. */
export interface AnyClient {
  readonly [delegate: string]: unknown
}

/** What Prisma hands to a query extension beside the documented four. */
export interface InternalParams {
  readonly dataPath?: readonly string[]
  readonly transaction?: { readonly kind?: string; readonly id?: unknown } | undefined
}

/** A model's operations, as far as the key store needs them. */
export interface ModelDelegate {
  findMany(args: object): Promise<readonly unknown[]>
  findUnique(args: object): Promise<unknown>
  create(args: object): Promise<unknown>
  deleteMany(args: object): Promise<unknown>
}

function property(target: unknown, name: string): unknown {
  return (typeof target === 'object' || typeof target === 'function') && target !== null
    ? Reflect.get(target, name)
    : undefined
}

/**
 * A query without Prisma's own unpacking of a fluent call: it answers with the row that the call starts from. Extensions
 * behind this one see the same.
 */
export function queryWhole(
  { query, __internalParams: internals }: { readonly query: unknown; readonly __internalParams?: InternalParams },
  args: unknown,
): Promise<unknown> {
  if (typeof query !== 'function') throw new TypeError('a query extension is given a function to call')
  return query(args, { ...internals, dataPath: [] })
}

/** Whether a preview feature of Prisma is on in the client. */
export function hasPreviewFeature(client: AnyClient, feature: string): boolean {
  const features =
    property(client, '_previewFeatures') ?? property(property(client, '_engineConfig'), 'previewFeatures')
  return Array.isArray(features) && features.includes(feature)
}

/**
 * The client without any extension: others (soft delete, replicas, logging) must not see or redirect key rows. A base
 * client is its own `$parent`.
 */
export function rootClientOf(client: AnyClient): AnyClient {
  let current = client
  for (let depth = 0; depth < 100; depth++) {
    const parent = property(current, '$parent')
    if (!isClient(parent) || parent === current) return current
    current = parent
  }
  return current
}

function isClient(value: unknown): value is AnyClient {
  return typeof value === 'object' && value !== null
}

/** The operations of a model, by Prisma's rule for delegate names; `undefined` if the client has no such model. */
export function delegateOf(client: AnyClient, model: string): ModelDelegate | undefined {
  const delegate = property(client, delegateName(model))
  return isDelegate(delegate) ? delegate : undefined
}

function isDelegate(value: unknown): value is ModelDelegate {
  return typeof property(value, 'findMany') === 'function' && typeof property(value, 'create') === 'function'
}

/**
 * Rows of a raw query, with the columns' values as the driver gives them.
 * @param sql a constant, or made of quoted identifiers: never of values.
 */
export async function queryRaw(client: AnyClient, sql: string): Promise<readonly unknown[]> {
  const query = property(client, '$queryRawUnsafe')
  if (typeof query !== 'function')
    throw new UnsupportedOperationError('the client has no $queryRawUnsafe', 'Use a SQL database')
  const rows: unknown = await query.call(client, sql)
  return Array.isArray(rows) ? rows : []
}

/** A column of a raw row as a number: drivers give counts as bigint, number, Decimal or text. */
export function numberIn(row: unknown, column: string): number {
  return Number(String(property(row, column)))
}

/** A column of a raw row as text, empty for NULL: information schemas give bytes on some servers. */
export function textIn(row: unknown, column: string): string {
  const value = property(row, column)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  return value === null || value === undefined ? '' : String(value)
}

/** Does the work in an interactive transaction of its own, with its limits in milliseconds. */
export function inTransaction<T>(
  client: AnyClient,
  work: (inner: AnyClient) => Promise<T>,
  limits: { readonly maxWait: number; readonly timeout: number },
): Promise<T> {
  const begin = property(client, '$transaction')
  if (typeof begin !== 'function') {
    throw new UnsupportedOperationError('the client has no $transaction', 'Pass fieldseal() a whole client')
  }
  return begin.call(client, work, limits)
}

/** Whether the client's adapter has one connection, on which a query does not wait for an open transaction. */
export function joinsOpenTransactions(client: AnyClient): boolean {
  return property(property(property(client, '_engineConfig'), 'adapter'), 'adapterName') === BETTER_SQLITE3
}

const BETTER_SQLITE3 = '@prisma/adapter-better-sqlite3'

/** A client whose queries run inside an open interactive transaction. */
export function clientInTransaction(root: AnyClient, transaction: unknown): AnyClient | undefined {
  const create = property(root, '_createItxClient')
  if (typeof create !== 'function') return undefined
  const inner: unknown = create.call(root, transaction)
  return isClient(inner) ? inner : undefined
}

/** The schema's text that the generator put into the client. */
export function embeddedSchemaOf(client: AnyClient): string | undefined {
  const schema = property(property(client, '_engineConfig'), 'inlineSchema')
  return typeof schema === 'string' ? schema : undefined
}

/** Models and the types of their fields as the client knows them: all that is left without the embedded schema. */
export function modelFieldsOf(client: AnyClient): ReadonlyMap<string, ReadonlyMap<string, string>> | undefined {
  const models = property(property(client, '_runtimeDataModel'), 'models')
  if (typeof models !== 'object' || models === null) return undefined
  return new Map(
    Object.entries(models).map(([name, model]) => {
      const fields: unknown = property(model, 'fields')
      const types = Array.isArray(fields) ? fields.map(fieldType) : []
      return [name, new Map(types)]
    }),
  )
}

function fieldType(field: unknown): [name: string, type: string] {
  return [String(property(field, 'name')), String(property(field, 'type'))]
}

/** What the schema calls the database: `sqlite`, `postgresql` … */
export function providerOf(client: AnyClient): string | undefined {
  const provider = property(property(client, '_engineConfig'), 'activeProvider') ?? property(client, '_activeProvider')
  if (typeof provider !== 'string') return undefined
  return provider === 'postgres' ? 'postgresql' : provider
}

/** The `omit` option the client was made with, by model; it is given by the names of delegates. */
export function globalOmitOf(
  client: AnyClient,
  models: Iterable<string>,
): { readonly [model: string]: { readonly [field: string]: boolean } | undefined } {
  const omit = property(client, '_globalOmit')
  return Object.fromEntries([...models].map((model) => [model, flagsIn(property(omit, delegateName(model)))]))
}

function flagsIn(fields: unknown): { readonly [field: string]: boolean } {
  if (typeof fields !== 'object' || fields === null) return {}
  return Object.fromEntries(Object.entries(fields).map(([field, omitted]) => [field, omitted === true]))
}

/** Prisma's rule: `AppSecret` is `client.appSecret`. */
function delegateName(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1)
}

/** `Prisma.DbNull`, `JsonNull` or `AnyNull`, whichever copy of the runtime they come from. */
export function nullKind(value: unknown): 'DbNull' | 'JsonNull' | 'AnyNull' | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const namespace = property(value, '_getNamespace')
  const name = property(value, '_getName')
  if (typeof namespace !== 'function' || typeof name !== 'function' || namespace.call(value) !== 'NullTypes')
    return undefined
  const kind: unknown = name.call(value)
  return kind === 'DbNull' || kind === 'JsonNull' || kind === 'AnyNull' ? kind : undefined
}

/** `Prisma.skip`: as if the argument were not there. Its class has a minified name, but one method of its own. */
export function isSkip(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== Object.prototype && typeof property(prototype, 'ifUndefined') === 'function'
}
