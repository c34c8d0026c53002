import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRISMA_VERSIONS } from '../../support/prisma-versions.js'
import { CLIENT_GENERATORS, type ClientGenerator, type SchemaOptions } from '../../support/schema.js'
import { INDEX_COLUMNS, richModels } from './rich-schema.js'
import { type ClientCopy, copyClient } from './typed-copy.js'

const CASES: readonly SchemaOptions[] = CLIENT_GENERATORS.flatMap((generator) => [
  ...PRISMA_VERSIONS.map((prisma) => ({ provider: 'sqlite' as const, prisma, generator })),
  { provider: 'mysql', prisma: '7', generator },
  {
    provider: 'postgresql',
    prisma: '7',
    generator,
    // fullTextSearchPostgres brings orderBy _relevance, strictUndefinedChecks adds a type to everything optional.
    previewFeatures: ['strictUndefinedChecks', 'fullTextSearchPostgres'],
  },
])

describe.each(CASES)('a typed client ($generator of Prisma $prisma, $provider)', (options) => {
  let copy: ClientCopy | undefined
  let before: ReadonlyMap<string, string>
  let after: ReadonlyMap<string, string>
  beforeAll(async () => {
    copy = await copyClient(options)
    before = await copy.texts()
    await copy.type()
    after = await copy.texts()
  })
  afterAll(() => copy?.remove())

  it('has the column of no blind index in its types or in the names of its fields', () => {
    const names = new RegExp(`\\b(?:${INDEX_COLUMNS.join('|')})\\b`)
    const found = [...after].flatMap(([file, text]) => {
      if (/(?:^|\/)(?:class|runtime)\b/.test(file)) return []
      const lines = text.split('\n').filter((line) => names.test(line))
      // The schema that the client carries within itself stays as it is: the extension compares the policy with it.
      return lines
        .filter((line) => !/inlineSchema|runtimeDataModel|strings: JSON/.test(line))
        .map((line) => `${file}: ${line}`)
    })
    expect(found).toEqual([])
  })

  it('leaves the types of models without anything encrypted or a tenant as they were', () => {
    const file = options.generator === 'prisma-client' ? 'models/Firm.ts' : undefined
    if (file === undefined) {
      const firm = (text = '') => text.slice(text.indexOf('* Model Firm\n'), text.indexOf('* Model Client\n'))
      expect(firm(after.get('index.d.ts'))).not.toContain('Sealed')
      return
    }
    const text = before.get(file)
    expect(text).toContain('FirmWhereInput')
    expect(after.get(file)).toBe(text)
  })

  it('is the same when it is typed once more', async () => {
    await copy?.type()
    expect(await copy?.texts()).toEqual(after)
  })

  it('takes out the comments of members that it takes out', () => {
    for (const text of after.values()) expect(text).not.toMatch(/\*\/\n\s*\*\/|\/\*\*\n\s*\}/)
  })
})

describe('a client whose text is not as it is known', () => {
  // As nothing of a client is written when it cannot be typed, one copy of each serves all tests.
  const copies = new Map<ClientGenerator, ClientCopy>()
  beforeAll(async () => {
    for (const generator of CLIENT_GENERATORS) {
      copies.set(generator, await copyClient({ provider: 'sqlite', prisma: '7', generator }))
    }
  })
  afterAll(() => Promise.all([...copies.values()].map((copy) => copy.remove())))

  async function failureAfter(generator: ClientGenerator, edit: (text: string) => string) {
    const copy = copies.get(generator)
    if (copy === undefined) throw new Error('there is no client')
    const file = generator === 'prisma-client' ? 'models/Client.ts' : 'index.d.ts'
    const known = (await copy.texts()).get(file) ?? ''
    await copy.change(file, edit)
    const before = await copy.texts()
    const message = await copy.type().then(
      () => 'it was typed',
      (error: unknown) => String(error),
    )
    expect(await copy.texts()).toEqual(before)
    await copy.change(file, () => known)
    return message
  }

  const RENAMED = [
    ['ClientWhereInput', 'ClientFilterInput'],
    ['ClientWhereUniqueInput', 'ClientIdentityInput'],
    ['ClientScalarWhereWithAggregatesInput', 'ClientHavingInput'],
    ['ClientScalarWhereInput', 'ClientScalarFilter'],
    ['ClientOrderByWithRelationInput', 'ClientSortInput'],
    ['ClientOrderByWithAggregationInput', 'ClientGroupSortInput'],
    ['ClientCountOrderByAggregateInput', 'ClientCountSortInput'],
    ['ClientMaxOrderByAggregateInput', 'ClientMaxSortInput'],
    ['ClientCreateInput', 'ClientInsertInput'],
    ['ClientUncheckedCreateInput', 'ClientUncheckedInsertInput'],
    ['ClientCreateManyInput', 'ClientInsertManyInput'],
    ['ClientCreateWithoutNotesInput', 'ClientInsertWithoutNotes'],
    ['ClientUpdateInput', 'ClientChangeInput'],
    ['ClientUncheckedUpdateManyInput', 'ClientUncheckedChangeManyInput'],
    ['ClientUpdateManyMutationInput', 'ClientUpdateManyChangeInput'],
    ['ClientGroupByOutputType', 'ClientGroupOutput'],
    ['ClientMinAggregateOutputType', 'ClientSmallest'],
    ['ClientMinAggregateInputType', 'ClientSmallestInput'],
    ['ClientCountAggregateOutputType', 'ClientCounts'],
    ['ClientSelect', 'ClientChoice'],
    ['ClientSelectCreateManyAndReturn', 'ClientChoiceCreateMany'],
    ['ClientFieldRefs', 'ClientReferences'],
    ['ClientFirmIdPhoneIndexCompoundUniqueInput', 'ClientFirmIdPhoneIndexTogether'],
  ] as const

  it.each(RENAMED)('%s, renamed to %s, is named in the error, and no file is changed', async (name, other) => {
    const message = await failureAfter('prisma-client', (text) =>
      text.replace(new RegExp(`^(export (?:type|interface) )${name}\\b`, 'm'), `$1${other}`),
    )
    expect(message).toMatch(new RegExp(`has \\w+ in ${other}, a type that this release does not know`))
    expect(message).toContain('(models/Client.ts). Its types were left as they are.')
  })

  it.each([
    ['ClientOmit', 'omission'],
    ['ClientGroupByArgs', 'group arguments'],
  ])('%s that is not there is missed by its kind', async (name, kind) => {
    const message = await failureAfter('prisma-client', (text) =>
      text.replace(new RegExp(`^(export type )${name}\\b`, 'm'), '$1ClientBogus'),
    )
    expect(message).toContain(`has no ${kind} of the model Client`)
  })

  it.each([
    [
      '  name?: Prisma.StringFilter<"Client"> | string',
      '  name?: Prisma.TextFilter<"Client"> | string',
      'ClientWhereInput.name the type Prisma.TextFilter',
    ],
    ['  level: string\n', '  level: Text\n', '.level the type Text'],
    [
      '    intake: runtime.JsonValue | null',
      '    intake: runtime.JsonData | null',
      '$ClientPayload.intake the type runtime.JsonData',
    ],
    ['  name?: Prisma.SortOrder\n', '  name?: Prisma.Order\n', '.name the type Prisma.Order'],
    ['}, "id" | "ssnIndex"', '}, ClientKeys, "id" | "ssnIndex"', 'ends ClientWhereUniqueInput with }, ClientKeys'],
    ['  level?: Prisma.StringFilter<"Client"> | string\n', '', 'does not show level in ClientWhereInput'],
  ])('with %j, the error says what is strange', async (known, strange, said) => {
    const message = await failureAfter('prisma-client', (text) => text.replace(known, strange))
    expect(message).toContain(said)
  })

  it('also in the JavaScript client, where a new declaration has an encrypted field in it', async () => {
    const planted = '  export type ClientUpsertManyInput = {\n    id?: string\n    level: string\n  }\n\n'
    const message = await failureAfter('prisma-client-js', (text) =>
      text.replace('  export type ClientWhereInput = {', `${planted}  export type ClientWhereInput = {`),
    )
    expect(message).toContain('has level in ClientUpsertManyInput, a type that this release does not know (index.d.ts)')
  })

  it('of another schema is refused, as two generators cannot type one client differently', async () => {
    const copy = await copyClient({ provider: 'sqlite', prisma: '7', generator: 'prisma-client' })
    try {
      await copy.type()
      await copy.change('models/Client.ts', (text) => text.replace(/^(.* policy )\w{4}/, '$10000'))
      await expect(copy.type()).rejects.toThrow('was typed for another schema')
    } finally {
      await copy.remove()
    }
  })
})

it('a schema with nothing encrypted leaves the client alone', async () => {
  const models = 'model Firm {\n  id String @id\n}\n'
  const copy = await copyClient({ provider: 'sqlite', prisma: '7', generator: 'prisma-client', models })
  try {
    const before = await copy.texts()
    await copy.type()
    expect(await copy.texts()).toEqual(before)
  } finally {
    await copy.remove()
  }
})

it('the rich models have what the tests of their types speak of', () => {
  for (const column of INDEX_COLUMNS) expect(richModels('sqlite')).toContain(`  ${column} `)
})
