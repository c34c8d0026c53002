import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { register } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@libsql/client'
import { getDMMF } from '@prisma/get-dmmf'
import pg from 'pg'
import { HASHED_MODELS, SEALED_MODELS } from './models.mjs'

// What starts servers and makes tables and clients is the tests' own, and is TypeScript.
register('../test/fuzz/loader.mjs', import.meta.url)

/**
 * Databases, generated clients, policy and the peer's DMMF, written to a file that every measuring process reads: they
 * themselves load none of this.
 * @param wanted `sqlite`, `postgresql`; a PostgreSQL server of its own is started, or TEST_POSTGRES_URL used
 */
export async function prepare(wanted) {
  const folder = await mkdtemp(path.join(tmpdir(), 'fieldseal-bench-'))
  const ends = [() => rm(folder, { recursive: true, force: true })]
  const end = async () => {
    for (const each of ends.reverse()) await each()
  }
  try {
    const databases = {}
    for (const name of wanted) databases[name] = await PREPARATIONS[name](folder, ends)
    const dmmf = getDMMF({ datamodel: `datasource db {\n  provider = "sqlite"\n}\n${HASHED_MODELS}` })
    const file = path.join(folder, 'prepared.json')
    await writeFile(file, JSON.stringify({ databases, dmmf: { datamodel: dmmf.datamodel } }))
    return { file, end }
  } catch (error) {
    await end()
    throw error
  }
}

const PREPARATIONS = {
  async sqlite(folder) {
    const { sql, ...made } = await make('sqlite')
    const file = path.join(folder, 'bench.db')
    const database = createClient({ url: `file:${file}` })
    await database.execute('PRAGMA journal_mode = WAL')
    await database.executeMultiple(sql)
    database.close()
    return { ...made, url: `file:${file}` }
  },
  async postgresql(_folder, ends) {
    const { sql, ...made } = await make('postgresql')
    const url = process.env.TEST_POSTGRES_URL || (await ownServer(ends))
    const name = `fieldseal_bench_${process.pid}`
    const asAdmin = (statement) => run(url, statement)
    await asAdmin(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
    ends.push(() => asAdmin(`DROP DATABASE ${name} WITH (FORCE)`))
    const own = new URL(url)
    own.pathname = `/${name}`
    await run(own.href, sql)
    return { ...made, url: own.href }
  },
}

async function ownServer(ends) {
  const { startPostgresql } = await import('../test/support/servers/postgresql.ts')
  const server = await startPostgresql()
  ends.push(() => server.stop())
  return server.url
}

async function run(url, sql) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The generated client, its policy, and the statements that make the tables. */
async function make(provider) {
  const { generateClient } = await import('../test/support/generate-client.ts')
  const { renderTables } = await import('../test/support/schema.ts')
  const { ddlFor } = await import('../test/support/ddl/index.ts')
  const keyModels = await readFile(new URL(`../prisma/fieldseal/${provider}.prisma`, import.meta.url), 'utf8')
  const models = SEALED_MODELS + keyModels
  const { entry, schema } = await generateClient({ provider, prisma: '7', generator: 'prisma-client-js', models })
  const { policyOf } = await import('../dist/generator/policy-of.js')
  const policy = policyOf({ dmmf: getDMMF({ datamodel: schema }), datamodel: schema })
  const { sql } = await ddlFor(renderTables({ provider, models }), provider)
  return { entry, policy, sql }
}
