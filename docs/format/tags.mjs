// Recomputes a tag: the definition of its index, the message, the index key, and 128 bits of HMAC-SHA-256.
import { createHash, createHmac } from 'node:crypto'
import { cat, counted, derive, label, lp, u32 } from './bytes.mjs'
import { codecId, payloadOf } from './values.mjs'

const NORMALISERS = {
  'digits@1': (text) => text.replace(/[^0-9]/g, ''),
  'alphanumeric@1': (text) => text.replace(/[^0-9A-Za-z]/g, '').toLowerCase(),
  'lowercase@1': (text) => text.toLowerCase(),
  'trim@1': (text) => text.trim(),
  'nfkc@1': (text) => text.normalize('NFKC'),
  'diacritics@1': (text) =>
    [...text.normalize('NFD')]
      .filter((c) => !/\p{Mn}/u.test(c))
      .join('')
      .normalize('NFC'),
  'email@1': (text) => text.trim().normalize('NFKC').toLowerCase(),
}
const base32 = (digest) => (BigInt(`0x${digest.toString('hex', 0, 16)}`) << 2n).toString(32).padStart(26, '0')

/** What a definition says of a part: field, codec, normalisers. */
const described = ({ fieldId, type, normalisers }) => cat(lp(fieldId), [codecId(type)], counted(normalisers.map(lp)))
/** What a tag is computed over: codec, form, payload. Zero has one sign, and an emptied text counts as it was. */
function hashed({ type, normalisers, value }) {
  const normalised = normalisers.reduce((text, name) => NORMALISERS[name](text), value)
  const emptied = normalised === '' && value !== ''
  const text = emptied ? value : type === 'Float' && value === '-0' ? '0' : normalised
  return cat([codecId(type), emptied], payloadOf(type, text))
}

/** The tag of a vector under the index key's root (hexadecimal); null if a part is. */
export function tagOf({ keyId, indexId, scope, tenant, parts }, root) {
  if (parts.some(({ value }) => value === null)) return null
  const definition = cat(label('index-def', indexId, scope), counted(parts.map(described)), u32(128))
  const message = cat(label('tag'), counted(parts.map((part) => lp(hashed(part)))))
  const digest = createHash('sha256').update(definition).digest()
  const key = derive(root, 'index', keyId, scope === 'global' ? '' : tenant, indexId, digest)
  const mac = createHmac('sha256', key).update(message).digest()
  return `${keyId}${base32(digest).slice(0, 6)}.${base32(mac)}`
}
