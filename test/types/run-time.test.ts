import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FieldsealError } from '../../src/errors/index.js'
import { richModels } from '../generator/typed-client/rich-schema.js'
import type { ClientCopy } from '../generator/typed-client/typed-copy.js'
import { isAvailable } from '../support/prepare-client.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'
import { writePrograms } from './program.js'

interface Shapes {
  readonly [title: string]: (prisma: SealedClient) => PromiseLike<unknown>
}

// The modes of filters are PostgreSQL's, so the programs are compiled and run for it.
describe.runIf(isAvailable('pglite', '7'))('at run time', async () => {
  const copy: ClientCopy = await writePrograms({ provider: 'postgresql', prisma: '7', generator: 'prisma-client' })
  const allowed: Shapes = (await load('allowed')).allowed
  const refused: Shapes = (await load('refused')).refused
  let bench: SealedBench
  beforeAll(async () => {
    bench = await prepareSealed({
      database: 'pglite',
      prisma: '7',
      generator: 'prisma-client',
      models: richModels('postgresql'),
    })
    await bench.base.firm.create({ data: { id: 'firm_1', name: 'One' } })
  })
  afterAll(async () => {
    await bench.dispose()
    await copy.remove()
  })

  function load(name: string) {
    return import(/* @vite-ignore */ pathToFileURL(path.join(copy.directory, `${name}.ts`)).href)
  }

  describe('what the types allow runs:', () => {
    it.each(Object.entries(allowed))('%s', async (_, shape) => {
      await bench.sealed.$fieldseal.withTenant('firm_1', () => shape(bench.sealed))
    })
  })

  describe('what the types refuse is refused:', () => {
    it.each(Object.entries(refused))('%s', async (_, shape) => {
      const error: unknown = await bench.sealed.$fieldseal
        .withTenant('firm_1', async () => shape(bench.sealed))
        .then(
          () => undefined,
          (reason: unknown) => reason,
        )
      expect(error, 'the types refuse what works').toBeDefined()
      const { name } = Object(error)
      expect(error instanceof FieldsealError || name === 'PrismaClientValidationError', String(error)).toBe(true)
    })
  })
})
