import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { cellFile, malformedFile, tagFile } from './vector-files.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const FILES = ['cells.json', 'malformed.json', 'tags.json', 'keys.json']

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script with Node and nothing else: no loader, no environment. */
function run(script: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: root, env: {} }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
  })
}

const decrypt = (...args: string[]): Promise<Run> => run('docs/format/decrypt.mjs', ...args)

/** Runs the decryptor over a file of vectors after one change to its text. */
async function decryptChanged(name: string, change: (text: string) => string): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'vectors-'))
  try {
    const text = await readFile(join(root, 'test/vectors', name), 'utf8')
    const changed = change(text)
    expect(changed).not.toBe(text)
    await writeFile(join(folder, name), changed)
    return await decrypt(join(folder, name))
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('the stand-alone decryptor', () => {
  it('opens every cell, refuses every malformed one for the same reason as the library, recomputes every tag', async () => {
    const { code, stdout, stderr } = await decrypt(...FILES.map((name) => `test/vectors/${name}`))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      `${cellFile.cells.length} opened, 0 refused, 0 tags`,
      `0 opened, ${malformedFile.malformed.length} refused, 0 tags`,
      `0 opened, 0 refused, ${tagFile.tags.length} tags`,
      '0 opened, 0 refused, 0 tags',
    ])
  })

  it.each([
    ['a value differs', 'cells.json', (text: string) => text.replace('"value":"123-45-6789"', '"value":"123-45-6780"')],
    ['a cell is altered', 'cells.json', (text: string) => text.replace('.AwMDAwMD', '.AwMDAwME')],
    ['a cell that should be refused opens', 'malformed.json', (text: string) => text.replace('enc::01.', 'enc::1.')],
    ['a refusal has another reason', 'malformed.json', (text: string) => text.replace('CODEC_MISMATCH', 'UNKNOWN_KEY')],
    ['a tag differs', 'tags.json', (text: string) => text.replace('.n80tilbuu5', '.n80tilbuu6')],
    ['a key check value differs', 'keys.json', (text: string) => text.replace(/"kcv":"./, '"kcv":"x')],
    ['a KMS context differs', 'keys.json', (text: string) => text.replace(/"bytes":"./, '"bytes":"x')],
  ])('fails when %s', async (_, name, change) => {
    expect((await decryptChanged(name, change)).code).toBe(1)
  })

  it('prints one value to a person who has the data key', async () => {
    const vector = cellFile.cells[0]
    const place = ['--key', '01'.repeat(32), '--tenant', 'firm_1', '--field', 'Client.ssn']
    expect(await decrypt(...place, vector?.cell ?? '')).toEqual({ code: 0, stdout: '123-45-6789\n', stderr: '' })
    const other = await decrypt(
      '--key',
      '01'.repeat(32),
      '--tenant',
      'firm_1',
      '--field',
      'Client.f',
      vector?.cell ?? '',
    )
    expect(other.code).toBe(1)
    expect(other.stderr).toContain('AUTHENTICATION_FAILED')
  })

  it('prints the value of a Bytes column given in hexadecimal', async () => {
    const vector = cellFile.cells.find(({ name }) => name === 'Bytes column: Int')
    const place = ['--key', '01'.repeat(32), '--tenant', 'firm_1', '--field', 'Client.f']
    expect((await decrypt(...place, vector?.cell ?? '')).stdout).toBe('42\n')
  })

  it('stays small, and uses nothing but Node and the files beside it', async () => {
    const names = ['decrypt.mjs', 'bytes.mjs', 'tags.mjs', 'values.mjs']
    for (const name of names) {
      const text = await readFile(join(root, 'docs/format', name), 'utf8')
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
      const imported = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
        ([, from, lazy]) => from ?? lazy,
      )
      const allowed = [
        ...names.map((other) => `./${other}`),
        'node:crypto',
        'node:fs',
        'node:util',
        'node:assert/strict',
      ]
      expect(allowed).toEqual(expect.arrayContaining(imported))
    }
  })
})

describe('the committed vectors', () => {
  it('are what the built library makes', async () => {
    expect(await run('scripts/make-vectors.mjs', '--check')).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
