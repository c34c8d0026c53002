import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeIfChanged, writtenPolicyFiles } from '../../src/generator/output-files.js'
import { POLICY_HEADER } from '../../src/generator/policy-module.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'output-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('writing a file', () => {
  it('makes its folder', async () => {
    const file = path.join(folder, 'a/b/c.txt')
    await writeIfChanged(file, 'text')
    expect(await readFile(file, 'utf8')).toBe('text')
  })

  it('replaces it by renaming: a file that is open keeps its old text', async () => {
    const file = path.join(folder, 'c.txt')
    await writeIfChanged(file, 'old')
    const before = (await stat(file)).ino
    await writeIfChanged(file, 'new')
    expect(await readFile(file, 'utf8')).toBe('new')
    expect((await stat(file)).ino).not.toBe(before)
    expect(await readdir(folder)).toEqual(['c.txt'])
  })

  it('does not touch it if it has that text already', async () => {
    const file = path.join(folder, 'c.txt')
    await writeIfChanged(file, 'same')
    const before = await stat(file, { bigint: true })
    await writeIfChanged(file, 'same')
    const after = await stat(file, { bigint: true })
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs])
  })

  it('leaves no draft behind when it fails', async () => {
    await writeIfChanged(path.join(folder, 'd/inner.txt'), 'x')
    await expect(writeIfChanged(path.join(folder, 'd'), 'text')).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['d'])
  })

  it('of many writers at once leaves the whole text of one', async () => {
    const file = path.join(folder, 'c.txt')
    const texts = Array.from({ length: 20 }, (_, n) => String(n).repeat(50_000))
    await Promise.all(texts.map((text) => writeIfChanged(file, text)))
    expect(texts).toContain(await readFile(file, 'utf8'))
    expect(await readdir(folder)).toEqual(['c.txt'])
  })
})

it('policy modules are told from files of the user by their first line', async () => {
  await writeFile(path.join(folder, 'policy.ts'), `${POLICY_HEADER}\n`)
  await writeFile(path.join(folder, 'policy.js'), 'export const policy = {}\n')
  await writeFile(path.join(folder, 'other.ts'), `${POLICY_HEADER}\n`)
  expect(await writtenPolicyFiles(folder)).toEqual(['policy.ts'])
})
