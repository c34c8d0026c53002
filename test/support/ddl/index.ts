import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
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
  const key = createHash('sha256').update(`2\n${provider}\n${schema}`).digest('hex').slice(0, 16)
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

// The engine is started where it is imported.
async function makeDdl(schema: string, provider: Provider): Promise<string> {
  if (provider === 'mysql') return mysqlDdl(schema)
  const { prismaDdl } = await import('./schema-engine.js')
  return prismaDdl(schema, provider)
}
