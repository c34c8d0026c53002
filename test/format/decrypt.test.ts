import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { cellFile, keyFile, malformedFile, tagFile } from './vector-files.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const PROGRAMS = ['decrypt.mjs', 'tags.mjs', 'keys.mjs']

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script with Node and nothing else: no loader, no settings from the environment. */
function run(script: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: root, env: { NODE_ENV: 'test' } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
  })
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'format-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Runs one program of docs/format from a folder where there is nothing else. */
function runAlone(program: string, ...args: string[]): Promise<Run> {
  return inFolder(async (folder) => {
    await copyFile(join(root, 'docs/format', program), join(folder, program))
    return await run(join(folder, program), ...args)
  })
}

/** Runs a program over a file of vectors after one change to its text. */
function runChanged(program: string, name: string, change: (text: string) => string): Promise<Run> {
  return inFolder(async (folder) => {
    const text = await readFile(join(root, 'test/vectors', name), 'utf8')
    const changed = change(text)
    expect(changed).not.toBe(text)
    await writeFile(join(folder, name), changed)
    return await run(join('docs/format', program), join(folder, name))
  })
}

const keyArguments = ({ key = '01'.repeat(32), tenant = 'firm_1', field = 'Client.ssn' } = {}): string[] => [
  ...['--key', key, '--tenant', tenant],
  ...['--field', field],
]
const firstCell = cellFile.cells[0]?.cell ?? ''

describe('the stand-alone programs', () => {
  it.each(PROGRAMS)(
    '%s is one file of at most 60 lines of the house width that imports nothing but Node',
    async (name) => {
      const text = await readFile(join(root, 'docs/format', name), 'utf8')
      const lines = text.trimEnd().split('\n')
      expect(lines.length).toBeLessThanOrEqual(60)
      expect(lines.filter((line) => line.length > 120)).toEqual([])
      const loaded = [...text.matchAll(/\b(?:from|import|require)\b\s*\(?\s*['"`]([^'"`]+)/g)].map(([, from]) => from)
      expect(loaded).not.toEqual([])
      expect(loaded.filter((from) => from?.startsWith('node:') !== true)).toEqual([])
    },
  )

  it.each([
    ['opens every cell', 'decrypt.mjs', 'cells.json', `${cellFile.cells.length} opened, 0 refused`],
    [
      'refuses every malformed cell',
      'decrypt.mjs',
      'malformed.json',
      `0 opened, ${malformedFile.malformed.length} refused`,
    ],
    ['recomputes every tag', 'tags.mjs', 'tags.json', `${tagFile.tags.length} tags`],
    [
      'recomputes every key check value and context',
      'keys.mjs',
      'keys.json',
      `${Object.keys(keyFile.keys).length} keys, ${keyFile.kmsContexts.length} contexts`,
    ],
  ])('%s: %s alone, given %s', async (_, program, name, said) => {
    const { code, stdout, stderr } = await runAlone(program, join(root, 'test/vectors', name))
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${said}\n`, stderr: '' })
  })

  it.each([
    [
      'a value differs',
      'decrypt.mjs',
      'cells.json',
      (text: string) => text.replace('"value":"123-45-6789"', '"value":"123-45-6780"'),
    ],
    ['a cell is altered', 'decrypt.mjs', 'cells.json', (text: string) => text.replace('.AwMDAwMD', '.AwMDAwME')],
    [
      'a cell that should be refused opens',
      'decrypt.mjs',
      'malformed.json',
      (text: string) => text.replace('enc::01.', 'enc::1.'),
    ],
    [
      "the key named is another tenant's",
      'decrypt.mjs',
      'cells.json',
      (text: string) => text.replace('"tenant":"firm_1","kcv"', '"tenant":"firm_2","kcv"'),
    ],
    [
      'the key named is an index key',
      'decrypt.mjs',
      'cells.json',
      (text: string) => text.replace('"purpose":"data"', '"purpose":"index"'),
    ],
    ['a tag differs', 'tags.mjs', 'tags.json', (text: string) => text.replace('.n80tilbuu5', '.n80tilbuu6')],
    ['a key check value differs', 'keys.mjs', 'keys.json', (text: string) => text.replace(/"kcv":"./, '"kcv":"x')],
    ['a KMS context differs', 'keys.mjs', 'keys.json', (text: string) => text.replace(/"bytes":"./, '"bytes":"x')],
  ])('fail when %s', async (_, program, name, change) => {
    expect((await runChanged(program, name, change)).code).toBe(1)
  })
})

describe('the decryptor, given a data key', () => {
  it('prints one value', async () => {
    const printed = await runAlone('decrypt.mjs', ...keyArguments(), firstCell)
    expect(printed).toEqual({ code: 0, stdout: '123-45-6789\n', stderr: '' })
  })

  it.each([
    ['another key', { key: '02'.repeat(32) }, firstCell],
    ["another tenant's key", { tenant: 'firm_2' }, firstCell],
    ['another field', { field: 'Client.f' }, firstCell],
    ['an altered cell', {}, firstCell.replace('.AwMDAwMD', '.AwMDAwME')],
    ['the same bytes with stray bits in their last character', {}, firstCell.replace(/Q$/, 'R')],
    ['the same bytes with padding', {}, `${firstCell}==`],
    ['what is no cell', {}, '123-45-6789'],
    ['a file of vectors', {}, 'test/vectors/cells.json'],
  ])('refuses %s, and prints nothing', async (_, place, cell) => {
    const { code, stdout, stderr } = await runAlone('decrypt.mjs', ...keyArguments(place), cell)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/unable to authenticate data|refused/)
  })

  it('prints values of every type without being told the type, also of Bytes columns, given in hexadecimal', async () => {
    const own = { tenant: 'firm_1', fieldId: 'Client.f' }
    const vectors = cellFile.cells.filter(
      ({ tenant, fieldId, row, cell }) =>
        tenant === own.tenant && fieldId === own.fieldId && row === undefined && !cell.includes('k00000000007'),
    )
    expect(new Set(vectors.map(({ type }) => type)).size).toBe(9)
    expect(vectors.some(({ column }) => column === 'Bytes')).toBe(true)
    const cells = vectors.map(({ cell }) => cell)
    const { stdout } = await runAlone('decrypt.mjs', ...keyArguments({ field: own.fieldId }), ...cells)
    expect(stdout).toBe(vectors.map(({ value }) => `${value}\n`).join(''))
  })
})

describe('the committed vectors', () => {
  it('are what the built library makes', async () => {
    expect(await run('scripts/make-vectors.mjs', '--check')).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
