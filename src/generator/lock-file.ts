import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { compareLock, type EncryptionPolicy, lockOf, parseLock, printLock } from '../policy/index.js'
import { definitionIdsOf, indexDefinitions } from './definition-ids.js'

/** Name of the lock, beside the schema's file or in the folder of its files. */
export const LOCK_FILE = 'fieldseal.lock'

/** What the lock beside a schema must become, or why it must not. */
export interface LockUpdate {
  /** Absolute. */
  readonly file: string
  /** Its new text; undefined if there is nothing to write. */
  readonly text: string | undefined
  readonly problems: readonly string[]
}

/**
 * Compares a policy with the lock that stands in the schema's folder. New identities are added; one that is gone or
 * means something else is a problem. Where nothing is encrypted and no lock exists, none is made.
 * @param base what the file's path is shown relative to in problems.
 * @throws LockFileError if the lock cannot be read.
 */
export async function updateLock(folder: string, policy: EncryptionPolicy, base: string): Promise<LockUpdate> {
  const file = path.join(folder, LOCK_FILE)
  const next = lockOf(policy, definitionIdsOf(indexDefinitions(policy)))
  const old = await readLock(file)
  if (old === undefined) {
    const isEmpty = next.fields.size === 0 && next.indexes.size === 0
    return { file, text: isEmpty ? undefined : printLock(next), problems: [] }
  }
  const problems = compareLock(parseLock(old, path.relative(base, file)), next).map(({ message }) => message)
  const text = printLock(next)
  // Line ends that version control has changed are no reason to write the file again.
  const isCurrent = text === old.replaceAll('\r\n', '\n')
  return { file, text: problems.length > 0 || isCurrent ? undefined : text, problems }
}

async function readLock(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
