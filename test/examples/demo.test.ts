import { Buffer } from 'node:buffer'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@libsql/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localKms } from '../../src/kms/local.js'
import { REPOSITORY } from '../support/prisma-versions.js'
import { bytesNeedle, createSearch, type Needle, textNeedle } from './plaintext-search.js'

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Shown {
  readonly ok: boolean
  readonly seconds: number
  readonly folder: string | null
  readonly steps: readonly { readonly name: string; readonly [shown: string]: unknown }[]
}

interface Client {
  readonly id: string
  readonly name: string
  readonly ssn: string
  readonly email: string
  readonly phone: string
  readonly dob: string
  readonly intake: object
  readonly notes: readonly string[]
}

interface Firm {
  readonly id: string
  readonly name: string
  readonly clients: readonly Client[]
}

const { firms }: { firms: readonly Firm[] } = JSON.parse(
  readFileSync(path.join(REPOSITORY, 'examples/data/clients.json'), 'utf8'),
)
const clients = firms.flatMap((firm) => firm.clients)

const DEMO = 'examples/demo.mjs'
const FIND = 'examples/law-firm/find.mjs'

function start(args: readonly string[], env: { readonly [name: string]: string } = {}): ChildProcess {
  const folders = { TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  return spawn(process.execPath, args, { cwd: REPOSITORY, env: { ...process.env, ...folders, ...env } })
}

async function finish(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  return { code, stdout, stderr }
}

/** Where the demo makes its folders; nobody else does. */
const temporary = mkdtempSync(path.join(tmpdir(), 'fieldseal-test-'))

let kept: Outcome
let shown: Shown
let folder = ''

beforeAll(async () => {
  if (!existsSync(path.join(REPOSITORY, 'dist'))) throw new Error('There is no dist: run the tests with `npm test`.')
  kept = await finish(start([DEMO, '--keep', '--json']))
  shown = JSON.parse(kept.stdout || '{}')
  folder = shown.folder ?? ''
}, 120_000)

afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

describe('the demo', () => {
  it('shows as JSON what it did, step by step, and that it was right', () => {
    expect(kept).toMatchObject({ code: 0, stderr: '' })
    expect(shown.ok).toBe(true)
    expect(shown.steps.map(({ name }) => name)).toEqual([
      'generate',
      'prepare',
      'import',
      'row',
      'search',
      'wall',
      'plaintext',
      'verify',
    ])
    expect(shown.seconds).toBeLessThan(60)
  })

  it('leaves a folder that a client can be found in by a number typed differently, by his own firm only', async () => {
    const [firm, other] = firms
    const client = firm?.clients[0]
    const ssn = String(client?.ssn).replaceAll('-', ' ')
    const found = await finish(start([FIND, folder, String(firm?.id), ssn]))
    expect(found).toMatchObject({ code: 0, stderr: '' })
    expect(found.stdout).toContain(String(client?.name))
    expect(await finish(start([FIND, folder, String(other?.id), ssn]))).toMatchObject({ code: 1, stderr: '' })
  }, 120_000)

  it('prints plain lines of at most 100 columns where there is no terminal, and leaves nothing behind', async () => {
    const { code, stdout } = await finish(start([DEMO]))
    expect(code).toBe(0)
    expect(stdout).not.toContain('\u001B')
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100)
    expect(readdirSync(temporary)).toEqual([path.basename(folder)])
  }, 120_000)

  it('says what went wrong and exits with 1', async () => {
    const { code, stderr } = await finish(start([DEMO], { NODE_ENV: 'production' }))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^The demo failed at step 3: .*production/)
    expect(readdirSync(temporary)).toEqual([path.basename(folder)])
  }, 120_000)
})

describe('the database of the demo', () => {
  let search: ReturnType<typeof createSearch>
  let control: ReturnType<typeof createSearch>

  beforeAll(async () => {
    search = createSearch([...sensitiveValues(), ...(await unwrappedKeys())])
    control = createSearch([textNeedle('a city', 'Fairview Heights'), textNeedle('a firm', 'Northgate Legal Group')])
  })

  it('has something to be searched for', async () => {
    expect(sensitiveValues().length).toBeGreaterThan(1000)
    expect(await unwrappedKeys()).toHaveLength(5)
    expect(search(Buffer.from(`some ${clients[0]?.ssn} text`))).toHaveLength(1)
  })

  it('holds no sensitive value and no key once the demo has ended', () => {
    const files = databaseFiles()
    expect(found(files, search)).toEqual([])
    expect(found(files, control)).toEqual(expect.arrayContaining(['law-firm.db: a city', 'law-firm.db: a firm']))
  })

  it('holds none while a client has it open either, nor does its write-ahead log', async () => {
    const holder = start(['test/examples/hold-open.mjs', folder])
    const ended = finish(holder)
    const written = new Promise((resolve) => holder.stdout?.once('data', resolve))
    await Promise.race([written, ended])
    const files = databaseFiles()
    expect(found(files, search)).toEqual([])
    expect(found(files, control)).toContain('law-firm.db-wal: a city')
    holder.stdin?.end()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    expect(found(databaseFiles(), search)).toEqual([])
  }, 120_000)
})

function databaseFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('law-firm.db'))
    .sort()
}

function found(files: readonly string[], search: (haystack: Buffer) => string[]): string[] {
  return files.flatMap((file) => search(readFileSync(path.join(folder, file))).map((name) => `${file}: ${name}`))
}

/** Every value of an encrypted column, or inside one, that is long enough not to occur by chance. */
function sensitiveValues(): Needle[] {
  const values = clients.flatMap(({ id, name, ssn, email, phone, dob, intake, notes }) =>
    textsIn({ name, ssn, email, phone, dob, intake, notes }).map((text) => [text, `a value of ${id}`] as const),
  )
  return [...new Map(values)]
    .filter(([text]) => Buffer.byteLength(text) >= 8)
    .map(([text, name]) => textNeedle(`${name}: ${text}`, text))
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** The master key, and both keys of both firms, unwrapped as the library does it. */
async function unwrappedKeys(): Promise<Needle[]> {
  const keyFile = path.join(folder, 'master.key')
  const kms = localKms({ keyFile })
  const database = createClient({ url: `file:${path.join(folder, 'law-firm.db')}` })
  try {
    const { rows } = await database.execute(
      'SELECT "keyId", "tenant", "purpose", "kekUri", "wrapped" FROM fieldseal_key',
    )
    const keys = rows.map(async ({ keyId, tenant, purpose, kekUri, wrapped }) => {
      if (!(wrapped instanceof ArrayBuffer)) throw new Error('The demo left a key without material')
      const context = {
        app: 'fieldseal',
        tenant: String(tenant),
        purpose: String(purpose),
        keyId: String(keyId),
        v: '1',
      } as const
      const key = await kms.unwrap({ kekUri: String(kekUri), wrapped: new Uint8Array(wrapped), context })
      return bytesNeedle(`the ${context.purpose} key of ${context.tenant}`, key)
    })
    const masterKey = Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'hex')
    return [bytesNeedle('the master key', masterKey), ...(await Promise.all(keys))]
  } finally {
    database.close()
  }
}
