import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EncryptionPolicy } from '../../policy/index.js'
import type { ClientFolder } from '../client-module.js'
import { GenerateError } from '../generate-error.js'
import { writeIfChanged } from '../output-files.js'
import { typingOf } from './field-typing.js'
import type { ClientNames } from './member-rules.js'
import { namedTypes } from './named-types.js'
import { requireAllKinds, retypeText } from './retype-model.js'

/** First line of every file that was typed. */
const MARK = '// Typed by fieldseal from the policy '

/**
 * Types a generated client: encrypted fields have their logical types, filters offer what indexes can answer, and the
 * columns of blind indexes are out of sight. Nothing is written unless all of it can be.
 * @throws GenerateError if the client's text is not as this release knows it, naming what is not.
 */
export async function typeClient(
  policy: EncryptionPolicy,
  client: ClientFolder,
  schemaFileOf: (model: string, field: string) => string,
): Promise<void> {
  const models = typingOf(policy)
  if (models.length === 0) return
  const mark = `${MARK}${policy.digest}.`
  const texts = await readClient(client)
  const marks = new Set([...texts.values()].flatMap((text) => (text.startsWith(MARK) ? text.split('\n', 1) : [])))
  if (marks.size === 1 && marks.has(mark)) return
  if (marks.size > 0) {
    throw new GenerateError([
      `the client in ${client.folder} was typed for another schema. Run prisma generate for all generators.`,
    ])
  }
  const names = namesOf(client, texts, await namedTypes(models, client, schemaFileOf))
  const typed = [...texts].map(([file, text]) => ({
    file,
    before: text,
    ...retypeText(text, file, models, Object.keys(policy.models), names),
  }))
  requireAllKinds(models, mergeAll(typed.map(({ met }) => met)))
  const declarations = new Map(typed.flatMap(({ declarations: own }) => [...own]))
  for (const { file, before, text } of typed) {
    const whole = file === names.home ? withDeclarations(text, client.language, [...declarations.values()]) : text
    if (whole !== before) await writeIfChanged(path.join(client.folder, file), `${mark}\n${whole}`)
  }
}

/** Files of the client that name its models' fields, by their path within it. */
async function readClient({ language, folder }: ClientFolder): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder, { recursive: true })
  const wanted = language === 'ts' ? TYPESCRIPT_FILES : JAVASCRIPT_FILES
  const files = names.map((name) => name.split(path.sep).join('/')).filter((name) => wanted.test(name))
  const texts = await Promise.all(
    files.sort().map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')] as const),
  )
  return new Map(texts)
}

const TYPESCRIPT_FILES = /^(?:models\/[^/]+|commonInputTypes|internal\/prismaNamespace(?:Browser)?)\.[mc]?ts$/
const JAVASCRIPT_FILES = /^(?:index\.d\.ts|(?:index|edge|wasm|index-browser|query_engine_bg)\.js)$/

interface ClientForm extends ClientNames {
  /** The file that filter types are added to. */
  readonly home: string
}

function namesOf(
  { language, folder }: ClientFolder,
  texts: ReadonlyMap<string, string>,
  named: ReadonlyMap<string, string>,
): ClientForm {
  const isTypescript = language === 'ts'
  const home = [...texts.keys()].find((file) => (isTypescript ? /^commonInputTypes\./ : /^index\.d\.ts$/).test(file))
  const all = [...texts.values()]
  if (home === undefined) {
    throw new GenerateError([`${folder} is no Prisma client that this release of fieldseal can type.`])
  }
  const typeOf: ClientForm['typeOf'] = ({ model, name }) => named.get(`${model}.${name}`)
  const namespaced = isTypescript ? 'Prisma.' : ''
  const skipType = isTypescript ? ' | runtime.Types.Skip' : ' | $Types.Skip'
  const skip = all.some((text) => text.includes(skipType)) ? skipType : ''
  const hasModes = all.some((text) => /^ *export type QueryMode = /m.test(text))
  return { prisma: namespaced, skip, hasModes, home, typeOf }
}

/** Adds filter types: at the end of a module, or at the beginning of the Prisma namespace. */
function withDeclarations(text: string, language: 'ts' | 'js', declarations: readonly string[]): string {
  if (language === 'ts') return `${text.trimEnd()}\n\n${declarations.join('\n\n')}\n`
  const opening = 'export namespace Prisma {\n'
  const at = text.indexOf(opening)
  if (at === -1) {
    throw new GenerateError(['the generated client has no namespace Prisma. Its types were left as they are.'])
  }
  const inside = at + opening.length
  const indented = declarations.map((declaration) => declaration.replace(/^/gm, '  '))
  return `${text.slice(0, inside)}${indented.join('\n\n')}\n\n${text.slice(inside)}`
}

function mergeAll<T>(maps: readonly ReadonlyMap<string, ReadonlySet<T>>[]): ReadonlyMap<string, ReadonlySet<T>> {
  const merged = new Map<string, ReadonlySet<T>>()
  for (const map of maps) {
    for (const [key, values] of map) merged.set(key, new Set([...(merged.get(key) ?? []), ...values]))
  }
  return merged
}
