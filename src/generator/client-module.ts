import { existsSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import type { ConfigurationBlock } from './configuration.js'
import type { GeneratorBlock } from './generator-request.js'

/** Prisma's client generators and the language each writes. */
const CLIENT_LANGUAGES = { 'prisma-client': 'ts', 'prisma-client-js': 'js' } as const
export type ClientLanguage = (typeof CLIENT_LANGUAGES)[keyof typeof CLIENT_LANGUAGES]

/** Extensions that the `prisma-client` generator can give its files. */
export const SOURCE_EXTENSIONS = ['.ts', '.mts', '.cts'] as const
export type SourceExtension = (typeof SOURCE_EXTENSIONS)[number]

/** The generated client, as a module beside it sees it. */
export interface ClientModule {
  /** What to import it by. */
  readonly specifier: string
  /** Extension of its source files; `.ts` if it is not TypeScript. */
  readonly extension: SourceExtension
}

/** A generated client on disk. */
export interface ClientFolder {
  readonly language: ClientLanguage
  readonly folder: string
}

/** Undefined if the block is not a client's. */
export function clientLanguage({ provider }: Pick<ConfigurationBlock, 'provider'>): ClientLanguage | undefined {
  return provider === 'prisma-client' || provider === 'prisma-client-js' ? CLIENT_LANGUAGES[provider] : undefined
}

/** The client that a block has generated, seen from the folder `from`; undefined if it is not there yet. */
export async function findClient(client: GeneratorBlock, from: string): Promise<ClientModule | undefined> {
  if (clientLanguage(client) === 'js' && !client.isCustomOutput) {
    return { specifier: '@prisma/client', extension: '.ts' }
  }
  if (client.output === null) return undefined
  if (clientLanguage(client) === 'js') {
    const entry = path.join(client.output, 'index.js')
    return existsSync(entry) ? { specifier: relativeSpecifier(from, entry), extension: '.ts' } : undefined
  }
  for (const extension of SOURCE_EXTENSIONS) {
    const entry = path.join(client.output, `client${extension}`)
    if (!existsSync(entry)) continue
    const stem = relativeSpecifier(from, path.join(client.output, 'client'))
    return { specifier: `${stem}${importExtension(await readFile(entry, 'utf8'))}`, extension }
  }
  return undefined
}

/** Where a block has generated its client's files. */
export async function clientFolder(client: GeneratorBlock): Promise<ClientFolder | undefined> {
  const language = clientLanguage(client)
  const { output } = client
  if (language === undefined || output === null) return undefined
  if (language === 'ts' || !DEFAULT_OUTPUT.test(output)) return { language, folder: output }
  // Prisma writes beside its package, which package managers may link into node_modules from elsewhere.
  const packages = [await realpath(output).catch(() => output), output]
  const folders = packages.map((folder) => path.join(folder, '../../.prisma/client'))
  return { language, folder: folders.find((folder) => existsSync(path.join(folder, 'index.d.ts'))) ?? output }
}

const DEFAULT_OUTPUT = /[\\/]node_modules[\\/]@prisma[\\/]client$/

/** What the client itself writes behind its own modules' names: it follows importFileExtension and the tsconfig. */
function importExtension(source: string): string {
  return /from\s*["']\.\/internal\/class(\.\w+)?["']/.exec(source)?.[1] ?? ''
}

export function relativeSpecifier(from: string, to: string): string {
  const relative = path.relative(from, to).split(path.sep).join('/')
  return relative.startsWith('.') ? relative : `./${relative}`
}
