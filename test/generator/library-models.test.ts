import { getDMMF } from '@prisma/get-dmmf'
import { describe, expect, it } from 'vitest'
import { libraryModelProblems } from '../../src/generator/library-models.js'
import { policyOf } from '../../src/generator/policy-of.js'
import { keyModels } from './project.js'

const SECRET = 'model Secret {\n  id Int @id\n  text String @db.LongText /// @encrypted\n}\n'

async function problems(models: string, provider = 'sqlite', secret = SECRET): Promise<readonly string[]> {
  const annotated = provider === 'mysql' ? secret : secret.replace('@db.LongText', '')
  const datamodel = `datasource db {\n  provider = "${provider}"\n}\n${annotated}${models}`
  const policy = policyOf({ dmmf: await getDMMF({ datamodel }), datamodel })
  return libraryModelProblems(policy).map(({ message }) => message)
}

const MODELS = keyModels('sqlite')

describe('the models for wrapped keys', () => {
  it.each(['sqlite', 'postgresql', 'mysql'] as const)('as shipped for %s are all that is needed', async (provider) => {
    expect(await problems(keyModels(provider), provider)).toEqual([])
  })

  it('are missed with the command that prints them', async () => {
    const missing = await problems('', 'postgresql')
    expect(missing).toHaveLength(2)
    expect(missing[0]).toContain('FieldsealKey, where wrapped keys are kept: the schema has no such model')
    expect(missing[0]).toContain('npx fieldseal models --provider postgresql')
    expect(missing[1]).toContain('FieldsealTenant')
  })

  it('are not needed where nothing is encrypted', async () => {
    expect(await problems('', 'sqlite', SECRET.replace('/// @encrypted', ''))).toEqual([])
  })

  it.each([
    [/ {2}kekUri .*\n/, '', 'it has no field kekUri String'],
    [/(version +)Int/, '$1String', 'version is String and must be Int'],
    [/(wrapped +)Bytes\?/, '$1Bytes ', 'wrapped is Bytes and must be Bytes?'],
    [/(keyId +String) +@id/, '$1 @unique', 'its @id must be keyId'],
    [/(activeRef .*)@unique/, '$1', 'activeRef needs @unique'],
    [/ {2}@@unique.*\n/, '', '@@unique([tenantRef, purpose, version]) is missing'],
    [/(kekUri .*)/, '$1 /// @encrypted', 'kekUri must not be annotated'],
    [/(model FieldsealKey)/, '/// @tenant(tenant)\n$1', '@tenant must not stand on it'],
    [/(kekUri .*)/, '$1\n  mine String', 'mine would stay empty: make it optional'],
  ])('are refused with %s replaced by %j', async (found, replacement, message) => {
    expect(MODELS).toMatch(found)
    expect(await problems(MODELS.replace(found, replacement))).toEqual([expect.stringContaining(message)])
  })

  it('may have fields of the user, and unique groups written otherwise', async () => {
    const own = MODELS.replace(/(kekUri .*)/, '$1\n  mine String?')
      .replace(/(stateSince .*)/, '$1 @default(now())')
      .replace('[tenantRef, purpose, version]', '[purpose, tenantRef, version]')
    expect(await problems(own)).toEqual([])
  })
})
