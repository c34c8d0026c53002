import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { homeOf } from './prisma-versions.js'
import type { SchemaOptions } from './schema.js'

/** The folder below which that client is generated: its imports of `@prisma/client` are resolved from there. */
export async function clientHome(options: SchemaOptions): Promise<string> {
  const home = homeOf(options.prisma)
  if (options.prisma === '6.16' && options.generator === 'prisma-client') return separateRuntime(home, options.provider)
  return path.join(home, '.tmp')
}

// The runtime of 6.16 keeps the first query compiler it loads for the whole process, whatever the database. Clients of
// `prisma-client` share that runtime, so each database gets a copy; `prisma-client-js` copies it by itself.
async function separateRuntime(home: string, provider: string): Promise<string> {
  const target = path.join(home, '.tmp', provider)
  const copy = path.join(target, 'node_modules/@prisma/client')
  if (existsSync(copy)) return target
  const source = path.join(home, 'node_modules/@prisma/client')
  const draft = path.join(home, '.tmp', `.runtime-${process.pid}-${Date.now()}`)
  await mkdir(path.join(draft, 'runtime'), { recursive: true })
  const files = await readdir(path.join(source, 'runtime'))
  const needed = files.filter((file) => file.startsWith('client.') || file.includes(`_bg.${provider}.`))
  for (const file of ['package.json', ...needed.map((name) => path.join('runtime', name))]) {
    await copyFile(path.join(source, file), path.join(draft, file))
  }
  await mkdir(path.dirname(copy), { recursive: true })
  await rename(draft, copy).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  })
  return target
}
