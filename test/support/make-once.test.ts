import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from './core/temporary-folder.js'
import { makeOnce } from './make-once.js'

/** Makes a file slowly, and counts how often. */
function slowMaker() {
  let made = 0
  const make = async (draft: string): Promise<void> => {
    made++
    await new Promise((resolve) => setTimeout(resolve, 100))
    await writeFile(draft, 'made')
  }
  return { make, made: () => made }
}

it('makes a thing once for all who want it at the same time', async () => {
  const target = join(temporaryFolder(), 'deep', 'thing')
  const { make, made } = slowMaker()
  const paths = await Promise.all([makeOnce(target, make), makeOnce(target, make), makeOnce(target, make)])
  expect(paths).toEqual([target, target, target])
  expect(await readFile(target, 'utf8')).toBe('made')
  await makeOnce(target, make)
  expect(made()).toBe(1)
  expect(readdirSync(join(target, '..'))).toEqual(['thing'])
})

it('leaves nothing of a thing that could not be made, and tries again for the next', async () => {
  const folder = temporaryFolder()
  const target = join(folder, 'thing')
  const failing = makeOnce(target, async (draft) => {
    await writeFile(draft, 'half')
    throw new Error('no room')
  })
  await expect(failing).rejects.toThrow('no room')
  expect(readdirSync(folder)).toEqual([])
  await makeOnce(target, slowMaker().make)
  expect(existsSync(target)).toBe(true)
})

it('takes over from a process that died', async () => {
  const target = join(temporaryFolder(), 'thing')
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  await writeFile(`${target}.lock`, String(pid))
  await makeOnce(target, slowMaker().make)
  expect(existsSync(target)).toBe(true)
})

it('takes over when it has waited too long, whoever has the number of that process now', async () => {
  const target = join(temporaryFolder(), 'thing')
  await writeFile(`${target}.lock`, String(process.pid))
  const longAgo = Date.now() / 1000 - 600
  await utimes(`${target}.lock`, longAgo, longAgo)
  await makeOnce(target, slowMaker().make)
  expect(existsSync(target)).toBe(true)
})
