import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { REPOSITORY } from '../prisma-versions.js'
import type { Provider } from '../schema.js'
import { mysqlDdl } from './mysql.js'

export interface Ddl {
  readonly sql: string
  /** Changes with the statements: names a template database. */
  readonly digest: string
}

/** The statements that create a schema's tables in an empty database; kept in `.tmp/ddl`. */
export async function ddlFor(schema: string, provider: Provider): Promise<Ddl> {
  const hash = createHash('sha256').update(`${provider}\n${schema}`)
  for (const maker of await makersOf(provider)) hash.update(maker)
  const key = hash.digest('hex').slice(0, 16)
  const file = path.join(REPOSITORY, '.tmp/ddl', `${key}.sql`)
  const cached = await readFile(file, 'utf8').catch(() => undefined)
  const sql = cached ?? (await makeDdl(schema, provider))
  if (cached === undefined) {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(`${file}.${process.pid}`, sql)
    await rename(`${file}.${process.pid}`, file)
  }
  return { sql, digest: createHash('sha256').update(sql).digest('hex').slice(0, 12) }
}

/** What changes the statements when it changes. */
async function makersOf(provider: Provider): Promise<readonly string[]> {
  if (provider === 'mysql') return [await readFile(path.join(import.meta.dirname, 'mysql.ts'), 'utf8')]
  const engine = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'))
  return [
    await readFile(path.join(import.meta.dirname, 'schema-engine.ts'), 'utf8'),
    await readFile(path.join(engine, 'package.json'), 'utf8'),
  ]
}

// The engine is started where it is imported.
async function makeDdl(schema: string, provider: Provider): Promise<string> {
  if (provider === 'mysql') return mysqlDdl(schema)
  const { prismaDdl } = await import('./schema-engine.js')
  return prismaDdl(schema, provider)
}
