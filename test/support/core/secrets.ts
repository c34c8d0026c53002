import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'

/** Bytes compared: enough that chance does not find them, few enough that a cut value is found. */
const BYTES = 9

/** Everything that a log, a debugger or an error reporter could make of a value. */
export function allThatShows(value: unknown): string {
  const parts = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
    String(value),
  ]
  for (let each: unknown = value; each instanceof Error; each = each.cause) {
    parts.push(each.message, each.stack ?? '', JSON.stringify(each, Object.getOwnPropertyNames(each)))
  }
  return parts.join('\n')
}

/** The forms in which bytes turn up in text. */
function formsOf(secret: Uint8Array): string[] {
  const start = Buffer.from(secret.subarray(0, BYTES))
  const hex = start.toString('hex')
  return [
    start.toString('utf8'),
    start.toString('latin1'),
    hex,
    hex.toUpperCase(),
    (hex.match(/../g) ?? []).join(' '),
    start.toString('base64').replace(/=+$/, ''),
    start.toString('base64url'),
    [...start].join(','),
    [...start].map((byte, i) => `"${i}":${byte}`).join(','),
    JSON.stringify(start.toString('utf8')).slice(1, -1),
  ]
}

/** Names of the secrets of which `value` shows the first nine bytes in any form. */
export function secretsShownBy(value: unknown, secrets: ReadonlyMap<string, string | Uint8Array>): string[] {
  // Lists of bytes are printed in columns: white space is no difference.
  const packed = (text: string): string => text.replace(/\s+/g, '')
  const shown = packed(allThatShows(value))
  return [...secrets].flatMap(([name, secret]) => {
    const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
    return formsOf(bytes).some((form) => shown.includes(packed(form))) ? [name] : []
  })
}
