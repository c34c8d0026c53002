import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PGlite, types } from '@electric-sql/pglite'
import type { Ddl } from '../ddl/index.js'
import { REPOSITORY } from '../prisma-versions.js'
import { newAdapter } from './adapter.js'
import type { TestDatabase } from './database.js'

/** PostgreSQL in WebAssembly, in memory, started from a kept image of a server with the empty tables. */
export async function pgliteDatabase(ddl: Ddl): Promise<TestDatabase> {
  const image = await readFile(await imageFile(ddl))
  const server = await PGlite.create({ loadDataDir: new Blob([image]) })
  const text = (value: string) => value
  const parsers = Object.fromEntries(
    [types.JSON, types.JSONB, types.DATE, types.TIMESTAMP, types.TIMESTAMPTZ, types.NUMERIC].map((oid) => [oid, text]),
  )
  return {
    adapter: ({ prisma }) => newAdapter(prisma, 'pglite-prisma-adapter', ['PrismaPGlite'], server),
    async sql(statement, parameters = []) {
      const { rows } = await server.query<{ [column: string]: unknown }>(statement, [...parameters], { parsers })
      return rows
    },
    async dispose() {
      await server.close()
    },
  }
}

async function imageFile(ddl: Ddl): Promise<string> {
  const file = path.join(REPOSITORY, '.tmp/ddl', `pglite-${ddl.digest}.tar`)
  if (existsSync(file)) return file
  const server = await PGlite.create()
  await server.exec(ddl.sql)
  const image = await server.dumpDataDir('none')
  await server.close()
  await mkdir(path.dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}-${Date.now()}`
  await writeFile(draft, Buffer.from(await image.arrayBuffer()))
  await rename(draft, file)
  return file
}
