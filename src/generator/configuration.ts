import type { DatabaseProvider } from '../policy/schema.js'
import { tokenise } from '../policy/source-lexer.js'
import { GenerateError } from './generate-error.js'

/** A `datasource` or `generator` block. */
export interface ConfigurationBlock {
  readonly kind: 'datasource' | 'generator'
  readonly name: string
  readonly provider: string
}

/** The datasources and generators of schema text that say their provider as plain text. */
export function configurationBlocks(schema: string): readonly ConfigurationBlock[] {
  const blocks: ConfigurationBlock[] = []
  let header = ''
  let open: Pick<ConfigurationBlock, 'kind' | 'name'> | undefined
  for (const token of tokenise(schema)) {
    if (token.kind === 'open') open = readHeader(header)
    else if (token.kind === 'close') open = undefined
    else if (token.kind === 'code') {
      header = token.text
      const provider = /^provider\s*=\s*("(?:[^"\\]|\\.)*")$/.exec(token.text)?.[1]
      if (open !== undefined && provider !== undefined) blocks.push({ ...open, provider: unquote(provider) })
    }
  }
  return blocks
}

const PROVIDERS: readonly DatabaseProvider[] = ['sqlite', 'postgresql', 'mysql', 'cockroachdb', 'sqlserver', 'mongodb']

/**
 * The `provider` of a schema's datasource; the DMMF does not name it.
 * @throws GenerateError if there is none that Prisma knows.
 */
export function providerOf(schema: string): DatabaseProvider {
  const said = configurationBlocks(schema).find(({ kind }) => kind === 'datasource')?.provider
  // Prisma takes "postgres" for "postgresql".
  const provider = PROVIDERS.find((known) => known === (said === 'postgres' ? 'postgresql' : said))
  if (provider !== undefined) return provider
  throw new GenerateError([
    `the schema has no datasource with a provider that is known here. Known are: ${PROVIDERS.join(', ')}.`,
  ])
}

function readHeader(header: string): Pick<ConfigurationBlock, 'kind' | 'name'> | undefined {
  const [, kind, name] = /^(datasource|generator)\s+(\S+)$/.exec(header) ?? []
  return (kind === 'datasource' || kind === 'generator') && name !== undefined ? { kind, name } : undefined
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, '$1')
}
