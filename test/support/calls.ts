import type { Args, Row } from './client-types.js'

/** An operation as data: what is called on which model. */
export interface Call {
  /** As a delegate is called: `client`, `appSecret`. */
  readonly model: string
  readonly operation: string
  readonly args?: Args
}

/** Calls it on a client, with every argument frozen: whoever changes one throws. */
export function run(client: object, { model, operation, args }: Call): Promise<Row> {
  const delegate: unknown = Reflect.get(client, model)
  const method: unknown = Reflect.get(Object(delegate), operation)
  if (typeof method !== 'function') throw new Error(`The client has no ${model}.${operation}`)
  return Reflect.apply(method, delegate, args === undefined ? [] : [frozen(args)])
}

/** The same value, plain objects and lists frozen at every depth; bytes cannot be. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value)
  if (!isPlain) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}

/** Names of the fields of a result, at every depth of relations; the fields of Json values are not among them. */
export function fieldsOf(result: unknown, json: ReadonlySet<string>): unknown {
  if (Array.isArray(result)) return result.map((row) => fieldsOf(row, json))
  if (typeof result !== 'object' || result === null || Object.getPrototypeOf(result) !== Object.prototype)
    return 'value'
  const fields = Object.entries(result).map(([name, value]) => [name, json.has(name) ? 'value' : fieldsOf(value, json)])
  return Object.fromEntries(fields)
}
