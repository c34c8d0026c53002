// A process that inserts keys until it is killed, saying so after each.
import { createHash, randomBytes } from 'node:crypto'
import { fileKeyStore } from '../../../dist/keys/file-store.js'

const [directory, tenant] = process.argv.slice(2)
const store = fileKeyStore(directory)
const tenantRef = createHash('sha256').update(tenant).digest('hex')
for (;;) {
  const { rows } = await store.load(tenantRef)
  const keyId = randomBytes(6).toString('hex')
  const inserted = await store.insert({
    keyId,
    tenantRef,
    tenant,
    purpose: 'data',
    version: Math.max(0, ...rows.map(({ version }) => version)) + 1,
    state: 'pending',
    activeRef: null,
    kekUri: 'local://default',
    wrapped: randomBytes(61),
    prevWrapped: null,
    kcv: randomBytes(32),
    contextVersion: 1,
    rev: 1,
  })
  if (inserted) process.send(keyId)
}
