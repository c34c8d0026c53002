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
/** Several, so that what is left behind once in many times is found. */
const TENANTS = Array.from({ length: 10 }, (_, i) => `firm_${i + 1}`)
/** How the C library treats freed memory. In its lists of small pieces, the last one freed is overwritten first: luck. */
const ALLOCATORS = {
  'as it is': '',
  'without lists of freed memory': 'glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0',
}
type Allocator = keyof typeof ALLOCATORS
/** Processes of each kind. `MEMORY_REPEATS=50` looks harder. */
const REPEATS = Number(process.env['MEMORY_REPEATS'] ?? 1)

/** A process with keys in its store, and a function that has it do something and waits until it has. */
async function start(scope: 'request' | 'process', allocator: Allocator) {
  const directory = temporaryFolder()
  const args = [directory, MASTER_KEY, JSON.stringify(policy), scope, JSON.stringify(TENANTS)]
  const env = { ...process.env, GLIBC_TUNABLES: ALLOCATORS[allocator] }
  const child = fork(script, args, { execArgv: ['--expose-gc'], serialization: 'json', env })
  onTestFinished(() => void child.kill('SIGKILL'))
  await tell(child, 'provision')
  const secrets = new Map((await Promise.all(TENANTS.map((tenant) => keysIn(directory, tenant)))).flat())
  return { child, secrets }
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
async function keysIn(directory: string, tenant: string): Promise<[string, Uint8Array][]> {
  const kms = localKms({ key: MASTER_KEY })
  const { rows } = await fileKeyStore(directory).load(tenantRefOf(tenant))
  const unwrap = async (purpose: KeyPurpose) => {
    const row = rows.find((each) => each.purpose === purpose)
    if (row?.wrapped == null) throw new Error(`the process made no ${purpose} key`)
    const { keyId, kekUri, wrapped } = row
    const context = { app: 'fieldseal', tenant, purpose, keyId, v: '1' } as const
    return { keyId, key: await kms.unwrap({ kekUri, context, wrapped }) }
  }
  const [data, index] = [await unwrap('data'), await unwrap('index')]
  const ssnIndex = createCatalog(policy).index('Client.ssnIndex')
  return [
    [`data key of ${tenant}`, data.key],
    [`field key of ${tenant}`, deriveFieldKey(data.key, { keyId: data.keyId, tenant, fieldId: 'Client.ssn' })],
    [`index root of ${tenant}`, index.key],
    [`index key of ${tenant}`, deriveIndexKey(index.key, index.keyId, tenant, ssnIndex)],
  ]
}

const names = (sightings: readonly Sighting[]) => new Set(sightings.map(({ secret }) => secret))

describe.runIf(process.platform === 'linux')('the memory of a process', () => {
  describe.each(Array.from({ length: REPEATS }, (_, i) => i + 1))('(process %i)', () => {
    it.each([
      ['request', 'as it is'],
      ['process', 'as it is'],
      ['request', 'without lists of freed memory'],
      ['process', 'without lists of freed memory'],
    ] as const)(
      'holds every key while a context is open, and none of them, nor a part or a spelling of one, after it has ended (scope %s, allocator %s)',
      { timeout: 60_000 },
      async (scope, allocator) => {
        const { child, secrets } = await start(scope, allocator)
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
})

if (process.platform !== 'linux') {
  describe('the memory of a process', () => {
    it(`is not searched on ${process.platform}: only Linux shows it`, () => {
      expect(process.platform).not.toBe('linux')
    })
  })
}
