import type { DatabaseProvider } from '../policy/schema.js'
import { tokenise } from '../policy/source-lexer.js'
import { GenerateError } from './generate-error.js'

const PROVIDERS: readonly DatabaseProvider[] = ['sqlite', 'postgresql', 'mysql', 'cockroachdb', 'sqlserver', 'mongodb']

/**
 * The `provider` of a schema's datasource; the DMMF does not name it.
 * @throws GenerateError if there is none that Prisma knows.
 */
export function providerOf(datamodel: string): DatabaseProvider {
  let header = ''
  let inDatasource = false
  for (const token of tokenise(datamodel)) {
    if (token.kind === 'open') inDatasource = /^datasource\b/.test(header)
    else if (token.kind === 'close') inDatasource = false
    else if (token.kind === 'code') {
      header = token.text
      const said = inDatasource ? /^provider\s*=\s*"([^"]*)"$/.exec(token.text)?.[1] : undefined
      // Prisma takes "postgres" for "postgresql".
      const provider = PROVIDERS.find((known) => known === (said === 'postgres' ? 'postgresql' : said))
      if (provider !== undefined) return provider
    }
  }
  throw new GenerateError([
    `the schema has no datasource with a provider that is known here. Known are: ${PROVIDERS.join(', ')}.`,
  ])
}
