import type { Args } from '../support/client-types.js'

/** The two clients of the test. */
export type Side = 'sealed' | 'plain'

/**
 * What one client is asked, and what the other: as a value, this one or that one; under a key that begins with `…`, the
 * fields of this object or of that one.
 */
export class Either {
  constructor(
    readonly sealed: unknown,
    readonly plain: unknown,
  ) {}
}

/** Two objects whose fields are to stand among others: spread the result into them. */
export function eitherFields(name: string, sealed: Args, plain: Args): Args {
  return { [`…${name}`]: new Either(sealed, plain) }
}

/** A value that only a generated client can make: `Prisma.DbNull`, `new Prisma.Decimal('1.5')`. */
export class Made {
  constructor(
    readonly name: 'DbNull' | 'JsonNull' | 'AnyNull' | 'Decimal',
    readonly text = '',
  ) {}
}

/** Classes and constants of a generated client. */
export type PrismaNamespace = { readonly [name: string]: unknown }

/** The arguments one of the clients is given, frozen at every depth. */
export function render(given: unknown, side: Side, prisma: PrismaNamespace): unknown {
  if (given instanceof Either) return render(given[side], side, prisma)
  if (given instanceof Made) return make(given, prisma)
  if (Array.isArray(given)) return Object.freeze(given.map((one) => render(one, side, prisma)))
  if (!isPlain(given)) return given
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith('…')) Object.assign(out, render(value, side, prisma))
    else out[key] = render(value, side, prisma)
  }
  return Object.freeze(out)
}

/** An object of arguments: with the usual prototype, or none. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function make({ name, text }: Made, prisma: PrismaNamespace): unknown {
  const found = prisma[name]
  return name === 'Decimal' && typeof found === 'function' ? Reflect.construct(found, [text]) : found
}
