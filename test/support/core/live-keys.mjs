// A process that works with tenants' keys when it is told to: "work" does, inside contexts that stay open until "end";
// "collect" collects garbage. Each message is answered when its work is done. Run with --expose-gc.
import { fileKeyStore } from '../../../dist/keys/file-store.js'
import { kmsFromConfig } from '../../../dist/kms/config/index.js'
import { createFieldseal } from '../../../dist/service/index.js'

const { directory, policy, tenants, scope, config } = JSON.parse(process.argv[2])
const fieldseal = createFieldseal({
  policy,
  kms: await kmsFromConfig(config),
  store: fileKeyStore(directory),
  cache: { scope },
})
const VALUES = Array.from({ length: 50 }, (_, i) => `value ${i}`)
let end = () => undefined
let ended = Promise.resolve()

async function work() {
  const cells = await fieldseal.encryptMany('Client.ssn', VALUES)
  await fieldseal.decryptMany('Client.ssn', cells)
  await fieldseal.tagMany('Client.ssnIndex', VALUES)
  // Failures leave by other doors: an altered cell, a value that cannot be sealed.
  const altered = `${cells[0].slice(0, -8)}${cells[1].slice(-8)}`
  await fieldseal.decrypt('Client.ssn', altered).catch(() => undefined)
  await fieldseal.encrypt('Client.ssn', 7).catch(() => undefined)
}

const answers = {
  /** Makes the tenants' keys, and uses them in contexts that come and go. */
  async provision() {
    for (const tenant of tenants) await fieldseal.ensureTenant(tenant)
    for (let i = 0; i < 3; i++) for (const tenant of tenants) await fieldseal.withTenant(tenant, work)
  },
  async work() {
    const open = new Promise((settle) => {
      end = settle
    })
    const contexts = tenants.map((tenant) => {
      let begun
      const ready = new Promise((resolve, reject) => {
        begun = { resolve, reject }
      })
      const whole = fieldseal.withTenant(tenant, async () => {
        await work()
        begun.resolve()
        await open
      })
      whole.catch(begun.reject)
      return { ready, whole }
    })
    ended = Promise.all(contexts.map(({ whole }) => whole))
    await Promise.all(contexts.map(({ ready }) => ready))
  },
  async end() {
    end()
    await ended
    fieldseal.dispose()
  },
  async collect() {
    for (let i = 0; i < 5; i++) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  },
}
process.on('message', async (message) => {
  await answers[message]()
  process.send(message)
})
