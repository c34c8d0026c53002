import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { POLICY_FILES, POLICY_HEADER, type PolicyFile } from './policy-module.js'

/**
 * Writes a file so that a reader sees its old text or its new one, never a part. A file that has that text already is
 * not touched: watchers and builds do not run again.
 */
export async function writeIfChanged(file: string, text: string): Promise<void> {
  if ((await readIfThere(file)) === text) return
  const folder = path.dirname(file)
  await mkdir(folder, { recursive: true })
  const draft = path.join(folder, `.${path.basename(file)}.${process.pid}.${process.hrtime.bigint()}.tmp`)
  try {
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Files of policy modules that earlier runs wrote into a folder; a user's file of that name is not one. */
export async function writtenPolicyFiles(folder: string): Promise<readonly PolicyFile[]> {
  const written = await Promise.all(
    POLICY_FILES.map(async (name) => (await readIfThere(path.join(folder, name)))?.startsWith(POLICY_HEADER)),
  )
  return POLICY_FILES.filter((_, position) => written[position])
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
