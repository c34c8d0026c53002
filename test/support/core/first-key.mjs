// A process that waits for the starting shot, seals one value for each tenant it is told of, and reports the cells.
import { fileKeyStore } from '../../../dist/keys/file-store.js'
import { localKms } from '../../../dist/kms/local.js'
import { createFieldseal } from '../../../dist/service/index.js'

const [directory, key, policyText] = process.argv.slice(2)
const fieldseal = createFieldseal({
  policy: JSON.parse(policyText),
  kms: localKms({ key }),
  store: fileKeyStore(directory),
})
process.on('message', async ({ tenant }) => {
  const cell = await fieldseal.encrypt('Client.ssn', `by ${process.pid}`, { tenant })
  process.send({ tenant, cell, pid: process.pid })
})
process.send('ready')
