import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { fileKeyStore } from '../../src/keys/file-store.js'
import { tenantRefOf } from '../../src/keys/index.js'
import { requireKeyRow } from '../../src/keys/key-row.js'
import { localKms } from '../../src/kms/local.js'
import { createFieldseal } from '../../src/service/index.js'
import { policy } from '../support/core/policy.js'
import { temporaryFolder } from '../support/core/temporary-folder.js'

const KEY = '5a'.repeat(32)
const ROUNDS = 20
const KILLS = 8

const script = (name: string): string => fileURLToPath(new URL(`../support/core/${name}`, import.meta.url))

async function message(child: ChildProcess): Promise<unknown> {
  const [sent]: unknown[] = await once(child, 'message')
  return sent
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

function cellOf(report: unknown): string {
  if (typeof report === 'object' && report !== null && 'cell' in report) return String(report.cell)
  throw new Error('the process did not report a cell')
}

describe('two processes on one file store', () => {
  it('that need the first key of a tenant at once agree on one, and each opens what the other sealed', async () => {
    const directory = join(temporaryFolder(), 'keys')
    const children = [0, 1].map(() => fork(script('first-key.mjs'), [directory, KEY, JSON.stringify(policy)]))
    try {
      await Promise.all(children.map(message))
      const reader = () => createFieldseal({ policy, kms: localKms({ key: KEY }), store: fileKeyStore(directory) })
      for (let round = 0; round < ROUNDS; round++) {
        const tenant = `firm_${round}`
        const reports = children.map(message)
        for (const child of children) child.send({ tenant })
        const cells = (await Promise.all(reports)).map(cellOf)
        const { rows } = await fileKeyStore(directory).load(tenantRefOf(tenant))
        expect(rows.filter(({ state }) => state === 'active')).toHaveLength(1)
        const opened = await reader().decryptMany('Client.ssn', cells, { tenant })
        expect(opened).toEqual(children.map(({ pid }) => `by ${pid}`))
      }
    } finally {
      for (const child of children) await stop(child, 'SIGTERM')
    }
  })
})

describe('a process killed while it inserts', () => {
  it('leaves a store that loads, with every key it had reported and nothing half-written', async () => {
    const directory = join(temporaryFolder(), 'keys')
    const store = fileKeyStore(directory)
    const reported = new Set<string>()
    for (let kill = 0; kill < KILLS; kill++) {
      const child = fork(script('insert-forever.mjs'), [directory, 'firm_1'])
      child.on('message', (keyId) => reported.add(String(keyId)))
      // Killed at another point of its work each time: some inserts, and some turns of the event loop, after it began.
      for (let inserts = 0; inserts <= kill % 3; inserts++) await message(child)
      for (let turn = 0; turn < kill * 7; turn++) await new Promise((resolve) => setImmediate(resolve))
      await stop(child, 'SIGKILL')
      const { state, rows } = await store.load(tenantRefOf('firm_1'))
      expect(state).toBe('normal')
      for (const row of rows) {
        requireKeyRow(row, 'firm_1')
        expect(row.wrapped).toHaveLength(61)
      }
      const stored = new Set(rows.map(({ keyId }) => keyId))
      expect([...reported].filter((keyId) => !stored.has(keyId))).toEqual([])
      expect(new Set(rows.map(({ version }) => version)).size).toBe(rows.length)
    }
    expect(reported.size).toBeGreaterThanOrEqual(KILLS)
  })
})
