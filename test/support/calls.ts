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

/** Names of the fields of a result, at every depth of objects and lists. */
export function shapeOfResult(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOfResult)
  if (typeof value !== 'object' || value === null) return 'value'
  if (Object.getPrototypeOf(value) !== Object.prototype) return 'value'
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, inner === null ? 'value' : shapeOfResult(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
