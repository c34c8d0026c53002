import type { PrismaNamespace } from './sides.js'

/** What came of an operation, as a text: two are alike exactly if the texts are. */
export interface Outcome {
  readonly text: string
  /** The error's class and code, `P2002`; undefined for a result. */
  readonly error?: string
  /** A result with at least one row, or a count above 0. */
  readonly isFilled: boolean
  readonly result?: unknown
  /** The error itself, to be shown. */
  readonly cause?: unknown
}

/** Runs an operation to its end. `sorted`: lists whose order nobody asked for are compared as sets. */
export async function outcomeOf(
  work: () => PromiseLike<unknown>,
  prisma: PrismaNamespace,
  sorted: boolean,
): Promise<Outcome> {
  try {
    const result = await work()
    return { text: canonical(result, prisma, sorted), isFilled: isFilled(result), result }
  } catch (cause) {
    const error = kindOf(cause)
    return { text: error, error, isFilled: false, cause }
  }
}

/** `PrismaClientKnownRequestError P2002`, `PrismaClientValidationError`, `TenantMismatchError TENANT_MISMATCH`. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return `not an error: ${typeof error}`
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}

/** A value with its classes, as text. */
export function canonical(value: unknown, prisma: PrismaNamespace, sorted: boolean): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Date) return `Date(${value.toISOString()})`
  if (value instanceof Uint8Array) return `${value.constructor.name}(${Buffer.from(value).toString('hex')})`
  if (Array.isArray(value)) {
    const items = value.map((one) => canonical(one, prisma, sorted))
    return `[${(sorted ? items.sort() : items).join(',')}]`
  }
  const { Decimal } = prisma
  if (typeof Decimal === 'function' && value instanceof Decimal) return `Decimal(${String(value)})`
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${key}:${canonical(Reflect.get(value, key), prisma, sorted)}`)
  return `${classOf(value)}{${fields.join(',')}}`
}

/** Prisma's own rows have this prototype or none; anything else is told. */
function classOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? '' : `${value.constructor.name} `
}

function isFilled(result: unknown): boolean {
  if (result === null || result === undefined || result === 0) return false
  if (Array.isArray(result)) return result.some(isFilled)
  if (typeof result !== 'object') return true
  const count: unknown = Reflect.get(result, 'count')
  if (typeof count === 'number' && Object.keys(result).length === 1) return count > 0
  const counted: unknown = Reflect.get(result, '_count')
  if (typeof counted === 'object' && counted !== null && !('id' in result))
    return Object.values(counted).some((n) => n !== 0)
  return true
}
