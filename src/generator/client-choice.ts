import { nearest } from '../policy/index.js'
import { clientLanguage } from './client-module.js'
import { type ConfigurationBlock, configurationBlocks } from './configuration.js'
import type { GeneratorRequest } from './generator-request.js'

/**
 * The client's block that our own goes with: the only one, or the one that `wanted` names. It is taken from the text of
 * the schema, since Prisma does not tell of generators that --generator leaves out.
 */
export function chooseClient(
  { generator, datamodel }: GeneratorRequest,
  wanted: string | undefined,
  report: (problem: string) => void,
): ConfigurationBlock | undefined {
  const clients = generatorsIn(datamodel).filter((block) => clientLanguage(block) !== undefined)
  const names = clients.map(({ name }) => name)
  if (wanted !== undefined) {
    const chosen = clients.find(({ name }) => name === wanted)
    if (chosen !== undefined) return chosen
    const meant = nearest(wanted, names)
    report(
      `the option client of the generator ${generator.name} names ${wanted}, which generates no Prisma client.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    )
    return undefined
  }
  const [first, ...others] = clients
  if (first === undefined) {
    report(
      'the schema generates no Prisma client. Add a generator block with provider = "prisma-client" or "prisma-client-js".',
    )
  } else if (others.length > 0) {
    report(
      `the schema generates several clients (${names.join(', ')}). Say which one the policy is for: client = "${first.name}" in the block of the generator ${generator.name}.`,
    )
    return undefined
  }
  return first
}

/** Whether Prisma runs our generator before the client's: it runs them in the order of their blocks. */
export function runsBefore(client: ConfigurationBlock, { generator, datamodel }: GeneratorRequest): boolean {
  const order = generatorsIn(datamodel).map(({ name }) => name)
  const own = order.indexOf(generator.name)
  return own !== -1 && own < order.indexOf(client.name)
}

function generatorsIn(datamodel: string): readonly ConfigurationBlock[] {
  return configurationBlocks(datamodel).filter(({ kind }) => kind === 'generator')
}
