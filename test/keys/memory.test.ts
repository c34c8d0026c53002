import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deriveIndexKey } from '../../src/blind-index/index.js'
import { fileKeyStore } from '../../src/keys/file-store.js'
import { type KeyPurpose, tenantRefOf } from '../../src/keys/index.js'
import { localKms } from '../../src/kms/local.js'
import { deriveFieldKey } from '../../src/message/index.js'
import { createCatalog } from '../../src/sealer/index.js'
import { type Sighting, scanMemory } from '../support/core/memory-scan.js'
import { policy } from '../support/core/policy.js'
import { temporaryFolder } from '../support/core/temporary-folder.js'

const MASTER_KEY = '5a'.repeat(32)
const script = fileURLToPath(new URL('../support/core/live-keys.mjs', import.meta.url))

/** A process with keys in its store, and a function that has it do something and waits until it has. */
async function start(scope: 'request' | 'process') {
  const directory = temporaryFolder()
  const args = [directory, MASTER_KEY, JSON.stringify(policy), scope]
  const child = fork(script, args, { execArgv: ['--expose-gc'], serialization: 'json' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await tell(child, 'provision')
  return { child, secrets: await keysIn(directory) }
}

async function tell(child: ChildProcess, message: 'provision' | 'work' | 'end' | 'collect'): Promise<void> {
  const answer = once(child, 'message')
  child.send(message)
  const exit = once(child, 'exit').then(() => {
    throw new Error(`the process ended instead of doing "${message}"`)
  })
  exit.catch(() => undefined)
  await Promise.race([answer, exit])
}

/** Every key of the tenant: unwrapped here, since the other process must not be told what is looked for in it. */
async function keysIn(directory: string): Promise<Map<string, Uint8Array>> {
  const kms = localKms({ key: MASTER_KEY })
  const { rows } = await fileKeyStore(directory).load(tenantRefOf('firm_1'))
  const unwrap = async (purpose: KeyPurpose) => {
    const row = rows.find((each) => each.purpose === purpose)
    if (row?.wrapped == null) throw new Error(`the process made no ${purpose} key`)
    const { keyId, tenant, kekUri, wrapped } = row
    const context = { app: 'fieldseal', tenant, purpose, keyId, v: '1' } as const
    return { keyId, key: await kms.unwrap({ kekUri, context, wrapped }) }
  }
  const [data, index] = [await unwrap('data'), await unwrap('index')]
  const place = { keyId: data.keyId, tenant: 'firm_1', fieldId: 'Client.ssn' }
  const ssnIndex = createCatalog(policy).index('Client.ssnIndex')
  return new Map([
    ['data key', data.key],
    ['field key', deriveFieldKey(data.key, place)],
    ['index root', index.key],
    ['index key', deriveIndexKey(index.key, index.keyId, 'firm_1', ssnIndex)],
  ])
}

const names = (sightings: readonly Sighting[]) => new Set(sightings.map(({ what }) => what.replace(/ \(.*/, '')))

describe.runIf(process.platform === 'linux')('the memory of a process', () => {
  it.each(['request', 'process'] as const)(
    'holds every key while a context is open, and none of them, nor a part or a spelling of one, after it has ended (scope %s)',
    { timeout: 60_000 },
    async (scope) => {
      const { child, secrets } = await start(scope)
      await tell(child, 'work')
      const live = scanMemory(child.pid ?? 0, secrets)
      // Else nothing below would mean anything.
      expect(names(live)).toEqual(new Set(secrets.keys()))
      await tell(child, 'end')
      // At once: nothing waits for the garbage collector to be erased.
      expect(scanMemory(child.pid ?? 0, secrets)).toEqual([])
      await tell(child, 'collect')
      expect(scanMemory(child.pid ?? 0, secrets)).toEqual([])
    },
  )
})

if (process.platform !== 'linux') {
  describe('the memory of a process', () => {
    it(`is not searched on ${process.platform}: only Linux shows it`, () => {
      expect(process.platform).not.toBe('linux')
    })
  })
}
