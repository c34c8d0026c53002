import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

const POLL_MS = 50
/** Nothing takes longer, even on a busy machine: the lock of a process whose id has gone to another. */
const ABANDONED_AFTER_MS = 180_000

/**
 * Makes a file or folder that many test files want, and keeps it: the first process that wants it makes it, and those
 * that come meanwhile wait. If that process dies, the next one makes it.
 *
 * @param make writes it to the path it is given, which becomes `target` when it is done
 */
export async function makeOnce(target: string, make: (draft: string) => Promise<void>): Promise<string> {
  const lock = `${target}.lock`
  while (!existsSync(target)) {
    await mkdir(path.dirname(target), { recursive: true })
    if (!(await take(lock))) {
      if (await isAbandoned(lock)) await rm(lock, { force: true })
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      continue
    }
    const draft = path.join(path.dirname(target), `.draft-${process.pid}-${path.basename(target)}`)
    try {
      if (!existsSync(target)) {
        await make(draft)
        await rename(draft, target)
      }
    } finally {
      await rm(draft, { recursive: true, force: true })
      await rm(lock, { force: true })
    }
  }
  return target
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'EEXIST') return false
    throw error
  }
}

/** Whether the process that took it is gone. */
async function isAbandoned(lock: string): Promise<boolean> {
  const made = await stat(lock).catch(() => undefined)
  if (made === undefined) return false
  if (Date.now() - made.mtimeMs > ABANDONED_AFTER_MS) return true
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''))
  // It is empty for a moment after it was made.
  if (!Number.isInteger(owner) || owner <= 0) return false
  try {
    process.kill(owner, 0)
    return false
  } catch (error) {
    return Reflect.get(Object(error), 'code') === 'ESRCH'
  }
}
