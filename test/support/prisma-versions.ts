import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** Prisma versions the library is tested with. */
export const PRISMA_VERSIONS = ['7', '6.19', '6.16'] as const
export type PrismaVersion = (typeof PRISMA_VERSIONS)[number]

/** Root of the repository. */
export const REPOSITORY = path.resolve(import.meta.dirname, '../..')

/**
 * The folder whose node_modules hold that Prisma: the repository's own for 7, an npm workspace for 6.x. A generated
 * client imports `@prisma/client/runtime/…`, so it must be written below this folder.
 */
export function homeOf(version: PrismaVersion): string {
  return version === '7' ? REPOSITORY : path.join(REPOSITORY, 'test/support', `prisma-${version}`)
}

/** Loads a package as code of that Prisma version would. */
export function requireFrom(version: PrismaVersion): NodeJS.Require {
  return createRequire(path.join(homeOf(version), 'package.json'))
}

/** The exact version installed, e.g. `6.19.3`. */
export function installedVersion(version: PrismaVersion): string {
  const manifest: unknown = JSON.parse(readFileSync(requireFrom(version).resolve('prisma/package.json'), 'utf8'))
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new Error(`prisma ${version} has no version in its package.json`)
  }
  return String(manifest.version)
}
