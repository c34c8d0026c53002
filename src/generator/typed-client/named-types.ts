import path from 'node:path'
import { type ClientFolder, relativeSpecifier } from '../client-module.js'
import { type ModuleSystem, moduleSystemOf } from '../module-system.js'
import type { FieldTyping, ModelTyping } from './field-typing.js'

/** How the files of a client name the types of Json fields: an import of each, by `Model.field`. */
export async function namedTypes(
  models: readonly ModelTyping[],
  client: ClientFolder,
  schemaFileOf: (model: string, field: string) => string,
): Promise<ReadonlyMap<string, string>> {
  const fields = models.flatMap(({ encrypted }) => [...encrypted.values()])
  const texts = await Promise.all(
    fields.map(async (field) => {
      const text = await importOf(field, client, schemaFileOf(field.model, field.name))
      return text === undefined ? [] : [[`${field.model}.${field.name}`, text] as const]
    }),
  )
  return new Map(texts.flat())
}

async function importOf(
  { named }: FieldTyping,
  { language, folder }: ClientFolder,
  schemaFile: string,
): Promise<string | undefined> {
  if (named === undefined) return undefined
  const { module, name } = named
  if (!/^\.\.?\//.test(module)) return `import(${JSON.stringify(module)}).${name}`
  // Every file of a TypeScript client that uses such a type is as deep as this one.
  const from = path.join(folder, language === 'ts' ? 'models' : '')
  const found = path.resolve(path.dirname(schemaFile), module)
  const system = language === 'js' ? await systemOf(found) : 'cjs'
  // The declarations of a client in JavaScript are CommonJS: to name a type of an ES module they must say so.
  const attributes = system === 'esm' ? ', { with: { "resolution-mode": "import" } }' : ''
  return `import(${JSON.stringify(relativeSpecifier(from, found))}${attributes}).${name}`
}

async function systemOf(module: string): Promise<ModuleSystem> {
  if (/\.m[jt]s$/.test(module)) return 'esm'
  return /\.c[jt]s$/.test(module) ? 'cjs' : moduleSystemOf(path.dirname(module))
}
