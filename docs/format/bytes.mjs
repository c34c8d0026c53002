// Lengths, lists, labels and derived keys: what every part of the format is made of.
import { hkdfSync } from 'node:crypto'

export const cat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
export const hex = (text) => Buffer.from(text, 'hex')
const put = (method, size, n, bytes = Buffer.alloc(size)) => bytes.subarray(0, bytes[method](n))
export const u32 = (n) => put('writeUInt32BE', 4, n)
export const i64 = (n) => put('writeBigInt64BE', 8, n)
export const f64 = (n) => put('writeDoubleBE', 8, n)
/** `lp`: the number of bytes, then the bytes. */
export const lp = (part) => cat(u32(Buffer.byteLength(part)), part)
/** The number of items, then the items. */
export const counted = (items) => cat(u32(items.length), ...items)
export const label = (name, ...parts) => cat(...[`fieldseal/1/${name}`, ...parts].map(lp))
/** `key` is hexadecimal. */
export const derive = (key, ...info) => Buffer.from(hkdfSync('sha256', hex(key), '', label(...info), 32))

const byBytes = ([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))
/** An encryption context for a KMS that takes bytes. */
export const kmsContext = (pairs) => label('kms', ...Object.entries(pairs).sort(byBytes).flat())
