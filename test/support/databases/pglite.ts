import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PGlite, types } from '@electric-sql/pglite'
import type { Ddl } from '../ddl/index.js'
import { makeOnce } from '../make-once.js'
import { REPOSITORY } from '../prisma-versions.js'
import { newAdapter } from './adapter.js'
import type { TestDatabase } from './database.js'

/** PostgreSQL in WebAssembly, in memory, started from a kept image of a server with the empty tables. */
export async function pgliteDatabase(ddl: Ddl): Promise<TestDatabase> {
  const server = await started(await imageFile(ddl))
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

const IMAGES = path.join(REPOSITORY, '.tmp/ddl')

function imageFile(ddl: Ddl): Promise<string> {
  return makeOnce(path.join(IMAGES, `pglite-${ddl.digest}.tar`), async (draft) => {
    // To initialise a server takes seconds, so it is done once for all tables.
    const server = await started(await makeOnce(path.join(IMAGES, 'pglite-empty.tar'), saveEmpty))
    await server.exec(ddl.sql)
    await save(server, draft)
  })
}

async function saveEmpty(file: string): Promise<void> {
  await save(await PGlite.create(), file)
}

async function save(server: PGlite, file: string): Promise<void> {
  const image = await server.dumpDataDir('none')
  await server.close()
  await writeFile(file, Buffer.from(await image.arrayBuffer()))
}

async function started(image: string): Promise<PGlite> {
  return PGlite.create({ loadDataDir: new Blob([await readFile(image)]) })
}
