import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ConfigurationBlock } from './configuration.js'
import type { GeneratorBlock } from './generator-request.js'
import type { ClientFolder } from './typed-client/type-client.js'

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
export function clientFolder(client: GeneratorBlock): ClientFolder | undefined {
  const language = clientLanguage(client)
  if (language === undefined || client.output === null) return undefined
  return { language, folder: client.output }
}

/** What the client itself writes behind its own modules' names: it follows importFileExtension and the tsconfig. */
function importExtension(source: string): string {
  return /from\s*["']\.\/internal\/class(\.\w+)?["']/.exec(source)?.[1] ?? ''
}

export function relativeSpecifier(from: string, to: string): string {
  const relative = path.relative(from, to).split(path.sep).join('/')
  return relative.startsWith('.') ? relative : `./${relative}`
}
