/** What stands in place of a secret. */
const MASK = '[fieldseal: removed]'

/**
 * Everything a cell or a tag looks like in text: as stored, and as drivers and Prisma print bytes (hex, base64, lists of
 * numbers, objects keyed by position). Binary cells begin with 46 53 4C 01.
 */
const SECRET_SHAPES: readonly RegExp[] = [
  /enc::[0-9]+\.[0-9a-z]{12}\.[A-Za-z0-9_-]+/g,
  /[0-9a-z]{12}[0-9a-v]{6}\.[0-9a-v]{26}/g,
  /(?:\\x|0x)?46534c01[0-9a-f]{20}[0-9a-f]*/gi,
  /RlNMA[A-Za-z0-9+/_-]{20}[A-Za-z0-9+/_-]*={0,2}/g,
  /46 53 4c 01(?: [0-9a-f]{2})+/gi,
  /\b70,\s*83,\s*76,\s*1(?:,\s*[0-9]{1,3})+/g,
  /\\*"0\\*":\s*70,\s*\\*"1\\*":\s*83,\s*\\*"2\\*":\s*76,\s*\\*"3\\*":\s*1(?:,\s*\\*"[0-9]+\\*":\s*[0-9]{1,3})+/g,
  // Stored plaintext of another type than the column's is quoted by V8's JSON parser, and by Prisma (P2023).
  /(?:\.\.\.)?"[\s\S]{0,60}?"(?:\.\.\.)?(?= is not valid JSON)/g,
  /(?<=Expected a [a-z ]{1,20} in column '[^'\n]{0,200}', got [a-z]{1,20}: )[^\n]+/g,
]

/** How a string is changed before it leaves. */
export type TextRule = (text: string) => string

/** Masks every cell and tag in a text, also in parts that are encoded for a URL (Prisma's reports of a panic have one). */
export function maskSecrets(text: string): string {
  const decoded = text.includes('%') ? text.replace(URL_PART, maskUrlPart) : text
  return SECRET_SHAPES.reduce((masked, shape) => masked.replace(shape, MASK), decoded)
}

/** What `encodeURIComponent` makes of a text, or a form's encoding. */
const URL_PART = /(?:[\w.!~*'()+-]|%[0-9a-f]{2})+/gi

/** Byte by byte: all that is looked for is ASCII, and what is cut in the middle of a character is no URL any more. */
function maskUrlPart(part: string): string {
  if (!part.includes('%')) return part
  const text = part
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const masked = maskSecrets(text)
  if (masked === text) return part
  return masked.replace(
    /[^\w.!~*'()-]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/**
 * Applies `rule` to every string that hangs on a foreign error: message, stack, own properties and the chain of causes,
 * through plain objects, lists, maps and sets. Errors keep identity, class and code; one that is frozen is replaced by
 * a copy. Objects of other classes may be in use elsewhere: they are left alone, or taken off if they show a secret.
 */
export function rewriteError(error: unknown, rule: TextRule): unknown {
  return rewrite(error, { rule, seen: new Map() })
}

interface Walk {
  readonly rule: TextRule
  /** What has been met, and what takes its place. */
  readonly seen: Map<object, unknown>
}

function rewrite(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return walk.rule(value)
  if (!isObject(value)) return value
  if (walk.seen.has(value)) return walk.seen.get(value)
  try {
    return rewriteObject(value, walk)
  } catch {
    // What cannot be looked into, such as a revoked proxy, cannot be vouched for.
    walk.seen.set(value, MASK)
    return MASK
  }
}

function rewriteObject(value: object, walk: Walk): unknown {
  const isForeign = !isOpen(value)
  if ((isForeign || isLocked(value)) && !showsChange(value, walk.rule, new Set())) return value
  const target = isForeign ? MASK : isLocked(value) ? emptyCopy(value) : value
  walk.seen.set(value, target)
  if (typeof target === 'string') return target
  if (target instanceof Map) rewriteMap(target, walk)
  if (target instanceof Set) rewriteSet(target, walk)
  return rewriteProperties(value, target, walk)
}

function rewriteProperties(from: object, to: object, walk: Walk): object {
  for (const key of Reflect.ownKeys(from)) {
    if (!(Array.isArray(from) && key === 'length')) rewriteProperty(from, to, key, walk)
  }
  if (!isError(from)) return to
  for (const key of INHERITED) {
    if (Object.hasOwn(from, key)) continue
    const before: unknown = Reflect.get(from, key)
    const after = rewrite(before, walk)
    if (after !== before || isObject(before)) define(to, key, after, false)
  }
  return to
}

/** What an error's class may give instead of the error itself. */
const INHERITED = ['name', 'message', 'stack', 'cause'] as const

function rewriteProperty(from: object, to: object, key: PropertyKey, walk: Walk): void {
  const descriptor = Reflect.getOwnPropertyDescriptor(from, key)
  if (descriptor === undefined) return
  const before = read(from, key)
  const after = rewrite(before, walk)
  const name = typeof key === 'string' ? maskSecrets(key) : key
  // A getter may make a new object at each call: what has been rewritten takes its place.
  const isFresh = descriptor.get !== undefined && isObject(before)
  if (from === to && name === key && after === before && !isFresh) return
  if (name !== key) Reflect.deleteProperty(to, key)
  define(to, name, after, descriptor.enumerable ?? false)
}

/** The value of a property; a getter that throws gives undefined. */
function read(holder: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(holder, key)
  } catch {
    return undefined
  }
}

function define(holder: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  const descriptor = { value, enumerable, writable: true, configurable: true }
  if (Reflect.defineProperty(holder, key, descriptor)) return
  // Not configurable, but still writable.
  Reflect.set(holder, key, value)
}

function rewriteMap(map: Map<unknown, unknown>, walk: Walk): void {
  const before = [...map]
  const after = before.map(([key, value]) => [rewrite(key, walk), rewrite(value, walk)] as const)
  if (after.every(([key, value], at) => key === before[at]?.[0] && value === before[at]?.[1])) return
  map.clear()
  for (const [key, value] of after) map.set(key, value)
}

function rewriteSet(set: Set<unknown>, walk: Walk): void {
  const before = [...set]
  const after = before.map((item) => rewrite(item, walk))
  if (after.every((item, at) => item === before[at])) return
  set.clear()
  for (const item of after) set.add(item)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isError(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}

/** An error, a list, a map, a set or a plain object: what belongs to the error and may be changed. */
function isOpen(value: object): boolean {
  if (isError(value) || Array.isArray(value) || value instanceof Map || value instanceof Set) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Frozen, or otherwise made so that not every property can be changed. */
function isLocked(value: object): boolean {
  if (!Object.isExtensible(value)) return true
  return Reflect.ownKeys(value).some((key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(value, key)
    return descriptor?.configurable === false && descriptor.writable !== true
  })
}

function emptyCopy(value: object): object {
  if (Array.isArray(value)) return []
  const prototype: unknown = Object.getPrototypeOf(value)
  const copy =
    value instanceof Map ? new Map(value) : value instanceof Set ? new Set(value) : isError(value) ? new Error() : {}
  if (copy instanceof Error) Reflect.deleteProperty(copy, 'stack')
  return Object.setPrototypeOf(copy, typeof prototype === 'object' ? prototype : null)
}

/** Whether anything within would be changed. Getters are not called: the object may be in use. */
function showsChange(value: unknown, rule: TextRule, seen: Set<object>): boolean {
  if (typeof value === 'string') return rule(value) !== value
  if (!isObject(value) || seen.has(value)) return false
  seen.add(value)
  const bytes = bytesOf(value)
  if (bytes !== undefined) return holdsSecret(bytes)
  const shows = (part: unknown): boolean => showsChange(part, rule, seen)
  if (value instanceof Map && [...value].some(([key, item]) => shows(key) || shows(item))) return true
  if (value instanceof Set && [...value].some(shows)) return true
  return Reflect.ownKeys(value).some((key) => {
    const { value: part } = Reflect.getOwnPropertyDescriptor(value, key) ?? {}
    return (typeof key === 'string' && maskSecrets(key) !== key) || shows(part)
  })
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value)
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined
}

function holdsSecret(bytes: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(bytes)
  return text.includes('FSL\u0001') || maskSecrets(text) !== text
}
