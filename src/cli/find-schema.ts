import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { GenerateError } from '../generator/generate-error.js'
import { isObject } from '../generator/json.js'

/**
 * The schema of a project: the file or folder given, else `prisma.schema` of package.json, else `schema.prisma` or
 * `prisma/schema.prisma`. `prisma.config.ts` is a program, and is not run.
 * @throws GenerateError if there is none.
 */
export async function findSchema(folder: string, given: string | undefined): Promise<string> {
  const named = given ?? (await schemaOfManifest(folder))
  const candidates = named === undefined ? ['schema.prisma', 'prisma/schema.prisma'] : [named]
  const found = candidates.map((name) => path.resolve(folder, name)).find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new GenerateError([
    `there is no schema at ${candidates.join(' or ')}. Give its file or folder: --schema <path>.`,
  ])
}

async function schemaOfManifest(folder: string): Promise<string | undefined> {
  let manifest: unknown
  try {
    manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
  const settings = isObject(manifest) && isObject(manifest.prisma) ? manifest.prisma : {}
  return typeof settings.schema === 'string' ? settings.schema : undefined
}
