import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { KmsConfigurationError } from '../errors/index.js'
import type { Verification, VerifyOptions } from '../prisma/index.js'

export interface VerifyCommandOptions {
  /** Module that exports an extended client. */
  readonly client: string
  /** Name of the export; by default the first that is an extended client. */
  readonly export?: string
  /** Cells of each column to open. */
  readonly sample?: number
  readonly json?: boolean
}

/** What the command prints, and whether every column is as it should be. */
export interface VerifyOutcome {
  readonly output: string
  readonly ok: boolean
}

interface SealedClient {
  readonly $fieldseal: { verify(options: VerifyOptions): Promise<Verification> }
  $disconnect?(): Promise<void>
}

/**
 * Verifies the database of a client: a gate before and after a deployment.
 * @throws KmsConfigurationError if the module exports no extended client.
 */
export async function verifyCommand(options: VerifyCommandOptions): Promise<VerifyOutcome> {
  const file = path.resolve(options.client)
  const module: Record<string, unknown> = await import(pathToFileURL(file).href)
  const client = findClient(module, options.export, options.client)
  try {
    const verification = await client.$fieldseal.verify(options.sample === undefined ? {} : { sample: options.sample })
    const output = options.json === true ? JSON.stringify(verification) : table(verification)
    return { output, ok: verification.ok }
  } finally {
    await client.$disconnect?.()
  }
}

function findClient(module: Record<string, unknown>, name: string | undefined, file: string): SealedClient {
  const candidates =
    name === undefined ? [...Object.values(module), ...Object.values(Object(module.default))] : [module[name]]
  const client = candidates.find(isSealedClient)
  if (client !== undefined) return client
  throw new KmsConfigurationError(
    `${file} exports no Prisma client that is extended with fieldseal${name === undefined ? '' : ` as ${name}`}. Export the client that $extends(fieldseal(...)) returns.`,
  )
}

function isSealedClient(value: unknown): value is SealedClient {
  if (typeof value !== 'object' || value === null || !('$fieldseal' in value)) return false
  const service = value.$fieldseal
  return typeof service === 'object' && service !== null && 'verify' in service && typeof service.verify === 'function'
}

const HEADINGS = ['column', 'values', 'plaintext', 'opened', 'failures']

function table({ columns, ok }: Verification): string {
  const rows = columns.map(({ model, field, values, plaintext, opened, failures }) => [
    `${model}.${field}`,
    String(values),
    String(plaintext),
    String(opened),
    Object.entries(failures)
      .map(([code, count]) => `${count} × ${code}`)
      .join(', ') || '0',
  ])
  const all = [HEADINGS, ...rows]
  const widths = HEADINGS.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  const lines = all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const verdict = ok
    ? 'Every stored value is a cell, and the sample opened.'
    : 'Not everything is encrypted and readable.'
  return [...lines, '', verdict].join('\n')
}
