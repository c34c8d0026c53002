import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { PreparedClient } from './prepare-client.js'

/** `Prisma.skip` of the very runtime that a generated client uses: Prisma knows its own alone. */
export function skipOf({ directory }: Pick<PreparedClient, 'directory'>): unknown {
  const client = path.join(directory, 'client')
  const require = createRequire(path.join(client, 'index.js'))
  const copied = path.join(client, 'runtime/client.js')
  const runtime: unknown = require(existsSync(copied) ? copied : '@prisma/client/runtime/client')
  return Reflect.get(Object(runtime), 'skip')
}
