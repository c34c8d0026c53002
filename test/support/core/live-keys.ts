import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { deriveIndexKey } from '../../../src/blind-index/index.js'
import { fileKeyStore } from '../../../src/keys/file-store.js'
import { type KeyPurpose, tenantRefOf } from '../../../src/keys/index.js'
import { kmsFromConfig, type ProviderConfig } from '../../../src/kms/config/index.js'
import type { Kms } from '../../../src/kms/kms.js'
import { deriveFieldKey } from '../../../src/message/index.js'
import { createCatalog } from '../../../src/sealer/index.js'
import { type Sighting, scanMemory } from './memory-scan.js'
import { policy } from './policy.js'
import { temporaryFolder } from './temporary-folder.js'

const script = fileURLToPath(new URL('live-keys.mjs', import.meta.url))
/** Several, so that what is left behind once in many times is found. */
const TENANTS = Array.from({ length: 10 }, (_, i) => `firm_${i + 1}`)

/** How the C library treats freed memory. In its lists of small pieces, the last one freed is overwritten first: luck. */
const ALLOCATORS = {
  'as it is': '',
  'without lists of freed memory': 'glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0',
}
export type Allocator = keyof typeof ALLOCATORS

export interface LiveKeysOptions {
  /** Where the keys are wrapped. */
  readonly config: ProviderConfig
  readonly scope: 'request' | 'process'
  readonly allocator: Allocator
}

/** A process that works with keys of several tenants, and what is found of them in its memory. */
export interface LiveKeys {
  readonly names: ReadonlySet<string>
  /** `work` begins contexts that stay open until `end`, after which `collect` collects garbage. */
  tell(message: 'work' | 'end' | 'collect'): Promise<void>
  /** Everything that lies in its memory of any of its keys. */
  find(): Sighting[]
}

/** Starts the process, which makes its keys and has used them. It ends with the running test. */
export async function startLiveKeys({ config, scope, allocator }: LiveKeysOptions): Promise<LiveKeys> {
  const directory = temporaryFolder()
  const env = { ...process.env, GLIBC_TUNABLES: ALLOCATORS[allocator] }
  const args = [JSON.stringify({ directory, policy, tenants: TENANTS, scope, config })]
  const child = fork(script, args, { execArgv: ['--expose-gc'], serialization: 'json', env })
  onTestFinished(() => void child.kill('SIGKILL'))
  await tell(child, 'provision')
  const [kms] = await kmsFromConfig(config)
  const secrets = new Map((await Promise.all(TENANTS.map((tenant) => keysIn(directory, tenant, kms)))).flat())
  kms.dispose?.()
  return {
    names: new Set(secrets.keys()),
    tell: (message) => tell(child, message),
    find: () => scanMemory(child.pid ?? 0, secrets),
  }
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
async function keysIn(directory: string, tenant: string, kms: Kms): Promise<[string, Uint8Array][]> {
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
