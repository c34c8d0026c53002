import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { SourceFile } from '../policy/index.js'

/**
 * The files of a schema: the one named, or every `.prisma` file in the folder named and below it, in the order of their
 * paths. Paths are relative to `base`.
 */
export async function readSchemaFiles(schemaPath: string, base: string): Promise<readonly SourceFile[]> {
  const paths = await schemaFilesAt(schemaPath)
  return Promise.all(
    paths.map(async (file) => ({ path: path.relative(base, file) || file, text: await readFile(file, 'utf8') })),
  )
}

/** The folder that holds the schema: the place of `fieldseal.lock`. */
export async function schemaFolderOf(schemaPath: string): Promise<string> {
  return (await stat(schemaPath)).isDirectory() ? schemaPath : path.dirname(schemaPath)
}

async function schemaFilesAt(schemaPath: string): Promise<readonly string[]> {
  if (!(await stat(schemaPath)).isDirectory()) return [schemaPath]
  return filesBelow(schemaPath, new Set())
}

/** Links are followed, as Prisma does; a folder that is met again is not entered again. */
async function filesBelow(folder: string, visited: Set<string>): Promise<readonly string[]> {
  const real = await realpath(folder)
  if (visited.has(real)) return []
  visited.add(real)
  const found: string[] = []
  for (const name of (await readdir(folder)).sort()) {
    const entry = path.join(folder, name)
    // A link may point nowhere; Prisma does not read that either.
    const kind = await stat(entry).catch(() => undefined)
    if (kind?.isDirectory()) found.push(...(await filesBelow(entry, visited)))
    else if (kind?.isFile() && name.endsWith('.prisma')) found.push(entry)
  }
  return found
}
