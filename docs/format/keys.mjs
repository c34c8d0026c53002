// Recomputes key check values and the bytes of encryption contexts as README.md says, with Node alone.
import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'

const cat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
const u32 = (n) => Buffer.of(n >>> 24, n >>> 16, n >>> 8, n)
const lp = (part) => cat(u32(Buffer.byteLength(part)), part)
const label = (name, ...parts) => cat(...[`fieldseal/1/${name}`, ...parts].map(lp))
const byBytes = ([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))

function keyCheckValue(keyId, { key, tenant, purpose }) {
  const bytes = hkdfSync('sha256', Buffer.from(key, 'hex'), '', label('kcv', keyId, tenant, purpose), 32)
  return Buffer.from(bytes).toString('hex')
}
const contextBytes = (pairs) => label('kms', ...Object.entries(pairs).sort(byBytes).flat()).toString('hex')

for (const path of process.argv.slice(2)) {
  const { keys, kmsContexts = [] } = JSON.parse(readFileSync(path))
  for (const [keyId, key] of Object.entries(keys)) assert.equal(keyCheckValue(keyId, key), key.kcv, keyId)
  for (const { name, pairs, bytes } of kmsContexts) assert.equal(contextBytes(pairs), bytes, name)
  console.log(`${Object.keys(keys).length} keys, ${kmsContexts.length} contexts`)
}
