// A program that uses each KMS once, disposes of its service or does not, and has nothing more to do. It prints how many
// connections it has then, and is to end by itself.

const { memoryKeyStore } = await import('../../../dist/keys/index.js')

import { Socket } from 'node:net'

// Noted as they are made: what Node.js tells of its open handles leaves out connections that keep no process alive.
const sockets = new Set()
const { connect } = Socket.prototype
Socket.prototype.connect = function (...args) {
  sockets.add(this)
  return connect.apply(this, args)
}

const { kmsFromConfig } = await import('../../../dist/kms/config/index.js')
const { createFieldseal } = await import('../../../dist/service/index.js')

const { policy, config, gcp, disposes, disposeKms } = JSON.parse(process.argv[2])
const kms = [...(await kmsFromConfig(config))]
if (gcp !== undefined) {
  const { gcpKms } = await import('../../../dist/kms/gcp/index.js')
  kms.push(gcpKms(gcp))
}
const fieldseal = createFieldseal({
  ...{ policy, kms, store: memoryKeyStore(), cache: { scope: 'process' } },
  kekFor: (tenant) => kms[Number(tenant)].defaultKek,
  ...(disposeKms !== undefined && { disposeKms }),
})
for (const tenant of kms.keys()) await fieldseal.encrypt('Client.ssn', '1', { tenant: `${tenant}` })
if (disposes) fieldseal.dispose()
await new Promise((resolve) => setTimeout(resolve, 200))
console.log([...sockets].filter((socket) => !socket.destroyed).length)
