import { readFile } from 'node:fs/promises'
import { providerOf } from '../generator/configuration.js'
import { GenerateError } from '../generator/generate-error.js'
import { readSchemaFiles } from '../generator/schema-files.js'
import { nearest } from '../policy/index.js'
import { findSchema } from './find-schema.js'

export interface ModelsOptions {
  /** sqlite, postgresql or mysql; that of the schema if absent. */
  readonly provider?: string
  /** Schema file or folder, to take the provider from. */
  readonly schema?: string
}

const PROVIDERS = ['sqlite', 'postgresql', 'mysql'] as const

/**
 * The models that a schema needs for wrapped keys, in Prisma's language.
 * @throws GenerateError for a database that is not supported, or if no schema tells which it is.
 */
export async function models({ provider, schema }: ModelsOptions, folder: string): Promise<string> {
  const wanted = provider ?? (await providerOfSchema(folder, schema))
  const known = PROVIDERS.find((candidate) => candidate === wanted)
  if (known !== undefined) return readFile(new URL(`../../prisma/fieldseal/${known}.prisma`, import.meta.url), 'utf8')
  const meant = nearest(wanted, PROVIDERS, 4)
  throw new GenerateError([
    `the provider ${JSON.stringify(wanted)} is not supported. ${meant === undefined ? `Use one of ${PROVIDERS.join(', ')}.` : `Did you mean ${meant}?`}`,
  ])
}

async function providerOfSchema(folder: string, schema: string | undefined): Promise<string> {
  const files = await readSchemaFiles(await findSchema(folder, schema), folder)
  return providerOf(files.map(({ text }) => text).join('\n'))
}
