import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { models } from '../../src/cli/models.js'
import { keyModels } from '../generator/project.js'

describe('fieldseal models', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'models-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it.each(['sqlite', 'postgresql', 'mysql'] as const)('prints the models for %s', async (provider) => {
    expect(await models({ provider }, folder)).toBe(keyModels(provider))
  })

  it('takes the provider from the schema', async () => {
    await writeFile(path.join(folder, 'schema.prisma'), 'datasource db {\n  provider = "mysql"\n}\n')
    expect(await models({}, folder)).toBe(keyModels('mysql'))
  })

  it('refuses other databases, and a folder without a schema', async () => {
    await expect(models({ provider: 'postgres' }, folder)).rejects.toThrow('Did you mean postgresql?')
    await expect(models({ provider: 'mongodb' }, folder)).rejects.toThrow('Use one of sqlite, postgresql, mysql.')
    await expect(models({}, folder)).rejects.toThrow('there is no schema at schema.prisma or prisma/schema.prisma')
  })
})
