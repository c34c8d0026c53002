/** What stands in place of a secret. */
const MASK = '[fieldseal: removed]'

/**
 * Everything a cell or a tag looks like in text: as stored, and as drivers and Prisma print bytes (hex, base64, lists of
 * numbers). Binary cells begin with 46 53 4C 01.
 */
const SECRET_SHAPES: readonly RegExp[] = [
  /enc::[0-9]+\.[0-9a-z]{12}\.[A-Za-z0-9_-]+/g,
  /(?<![0-9a-z])[0-9a-z]{12}[0-9a-v]{6}\.[0-9a-v]{26}/g,
  /(?:\\x|0x)?46534c01[0-9a-f]{20,}/gi,
  /RlNMA[A-Za-z0-9+/_-]{20,}={0,2}/g,
  /46 53 4c 01(?: [0-9a-f]{2})+/gi,
  /\b70,\s*83,\s*76,\s*1(?:,\s*[0-9]{1,3})+/g,
]

/** How a string is changed before it leaves. */
export type TextRule = (text: string) => string

/** Masks every cell and tag in a text. */
export function maskSecrets(text: string): string {
  return SECRET_SHAPES.reduce((masked, shape) => masked.replace(shape, MASK), text)
}

/**
 * Applies `rule` to every string that hangs on a foreign error: message, stack, own properties and the chain of causes.
 * The error keeps its identity, class and code. What cannot be changed is taken off.
 */
export function rewriteError(error: unknown, rule: TextRule): unknown {
  return rewrite(error, rule, new Map())
}

function rewrite(value: unknown, rule: TextRule, seen: Map<object, unknown>): unknown {
  if (typeof value === 'string') return rule(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (value instanceof Uint8Array) return holdsCell(value) ? MASK : value
  seen.set(value, value)
  if (value instanceof Map || value instanceof Set) return rewriteCollection(value, rule, seen)
  for (const key of Reflect.ownKeys(value)) rewriteProperty(value, key, rule, seen)
  return value
}

function rewriteProperty(holder: object, key: PropertyKey, rule: TextRule, seen: Map<object, unknown>): void {
  const descriptor = Reflect.getOwnPropertyDescriptor(holder, key)
  if (descriptor === undefined) return
  // An accessor (a lazy stack) is read once and becomes a value.
  const before: unknown = Reflect.get(holder, key)
  const after = rewrite(before, rule, seen)
  if (after === before && 'value' in descriptor) return
  const enumerable = descriptor.enumerable ?? false
  const isChanged = Reflect.defineProperty(holder, key, {
    value: after,
    enumerable,
    writable: true,
    configurable: true,
  })
  if (!isChanged && after !== before) Reflect.deleteProperty(holder, key)
}

function rewriteCollection(
  value: Map<unknown, unknown> | Set<unknown>,
  rule: TextRule,
  seen: Map<object, unknown>,
): unknown {
  const entries = [...value].map((entry) => rewrite(entry, rule, seen))
  return value instanceof Set ? new Set(entries) : new Map(entries as [unknown, unknown][])
}

function holdsCell(bytes: Uint8Array): boolean {
  return bytes[0] === 0x46 && bytes[1] === 0x53 && bytes[2] === 0x4c
}
