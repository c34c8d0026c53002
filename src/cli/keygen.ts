import { open } from 'node:fs/promises'
import { randomKey } from '../crypto/index.js'
import { KmsConfigurationError } from '../errors/index.js'
import { LOCAL_KEY_VARIABLE } from '../kms/local.js'

export interface KeygenOptions {
  /** File to create, mode 0600; never overwritten. Without it the key is printed. */
  readonly out?: string
  readonly json?: boolean
}

/** Makes a master key for the local KMS. Returns what goes to standard output. */
export async function keygen({ out, json = false }: KeygenOptions): Promise<string> {
  const key = randomKey()
  const text = key.toString('hex')
  key.fill(0)
  if (out === undefined) return json ? JSON.stringify({ variable: LOCAL_KEY_VARIABLE, key: text }) : text
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(out, 'wx', 0o600)
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new KmsConfigurationError(
      exists
        ? `${out} exists already, and a master key is never overwritten. Choose another file.`
        : `${out} cannot be written. Check its folder and permissions.`,
    )
  }
  try {
    await file.writeFile(`${text}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return json
    ? JSON.stringify({ keyFile: out })
    : `Wrote a new master key to ${out} (mode 0600). Back it up: without it the data is lost.`
}
