import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'

/**
 * The DDL that Prisma itself would run for a schema on an empty SQLite or PostgreSQL database. The WebAssembly build
 * of its schema engine needs no binary, no network and no database; it knows no MySQL.
 */
export async function prismaDdl(schema: string, provider: 'sqlite' | 'postgresql'): Promise<string> {
  const file = { path: 'schema.prisma', content: schema }
  const engine = await bindings.SchemaEngine.new(
    { datamodels: [[file.path, file.content]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(stubFactory(provider === 'sqlite' ? 'sqlite' : 'postgres')),
  )
  const comparison = engine.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files: [file] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  const { stdout } = await Promise.race([comparison, panicked])
  if (typeof stdout !== 'string') throw new Error('The schema engine made no script')
  return stdout
}

// Node has it; its type declarations do not.
declare const WebAssembly: {
  Module: new (binary: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: { [name: string]: unknown } }
}

// A call that panics never settles; the message goes to this registry.
const panicked = new Promise<never>((_, reject) => {
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message: (message: string) => reject(new Error(`The schema engine panicked: ${message}`)),
    },
  })
})

const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
const binary = readFileSync(path.join(path.dirname(file), 'schema_engine_bg.wasm'))
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { './schema_engine_bg.js': bindings })
bindings.__wbg_set_wasm(exports)
if (typeof exports.__wbindgen_start === 'function') exports.__wbindgen_start()

// The engine connects before it compares; this is all it asks.
function stubFactory(provider: 'sqlite' | 'postgres') {
  const connection = {
    provider,
    adapterName: 'stub',
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
      rows: [[true, 'PostgreSQL 16.0', 160000]],
    }),
    executeRaw: async () => 0,
    executeScript: async () => {},
    startTransaction: async () => {
      throw new Error('A comparison starts no transaction')
    },
    dispose: async () => {},
  }
  return { provider, adapterName: 'stub', connect: async () => connection, connectToShadowDb: async () => connection }
}
