import { describe, expect, test } from 'vitest'
import { DATABASES } from '../support/databases/database.js'
import { configurations } from '../support/matrix.js'
import { cellsFor } from './bench.js'
import { expectationOf, PRISMA_REFUSALS, REFUSALS } from './expectations.js'
import { TypeReader } from './generated-types.js'
import { TENANCIES } from './models.js'
import { uncovered } from './samples.js'

const reader = new TypeReader()

// cells.test.ts says the same of the client that it calls; the other generator's declarations have another form.
describe.each(configurations({ databases: ['sqlite'], prisma: ['7'] }))(
  'the generated types of $title',
  ({ database, ...combination }) => {
    test('have the cells that the matrix covers', async () => {
      const [cells, others] = await Promise.all([cellsFor(database, combination), cellsFor(database, { reader })])
      expect(uncovered(cells)).toEqual([])
      expect(cells.map(({ name }) => name)).toEqual(others.map(({ name }) => name))
    })
  },
)

describe('a client whose types have grown', () => {
  const PLANTED = [
    {
      what: 'a nested write',
      find: /(export type \w*LeafUpdateManyWithoutHasManyHubNestedInput = \{)/,
      add: 'replace?: LeafWhereUniqueInput | LeafWhereUniqueInput[]',
      cell: 'update data: { hasMany: { replace: { id } } } is not covered: replace is not known to the conformance tests',
    },
    {
      what: 'a part of a nested write',
      find: /(export type LeafCreateOrConnectWithoutHasOneHubInput = \{)/,
      add: 'otherwise?: LeafWhereUniqueInput',
      cell: 'create data: { hasOne: { connectOrCreate: { where: { id }, create: new row, otherwise: { id } } } } is not covered: otherwise',
    },
    {
      what: 'a filter operator',
      find: /(export type StringNullableFilter<[^>]*> = \{)/,
      add: 'soundsLike?: string',
      cell: 'findFirst where: { exact: { soundsLike: value } } is not covered: soundsLike',
    },
    {
      what: 'a condition on relations',
      find: /(export type LeafListRelationFilter = \{)/,
      add: 'most?: LeafWhereInput',
      cell: 'findFirst where: { hasMany: { most: where by exact } } is not covered: most',
    },
    {
      what: 'an argument',
      find: /(export type HubFindManyArgs<[^\n]*> = \{)/,
      add: 'sample?: number',
      cell: 'findMany sample: value is not covered: sample',
    },
    {
      what: 'an argument of an include',
      find: /(export type Hub\$hasManyArgs<[^\n]*> = \{)/,
      add: 'sample?: number',
      cell: 'findUnique include: { hasMany: { sample: value } } is not covered: sample',
    },
    {
      what: 'a change of a scalar',
      find: /(export type NullableStringFieldUpdateOperationsInput = \{)/,
      add: 'append?: string',
      cell: 'update data: { exact: { append: value } } is not covered: append',
    },
    {
      what: 'an operation',
      find: /(export interface HubDelegate<[^\n]*\{)/,
      add: 'findLast<T extends HubFindLastArgs>(args: HubFindLastArgs): Promise<T>',
      also: '\nexport type HubFindLastArgs = { where?: HubWhereInput }\n',
      cell: undefined,
    },
  ] as const

  test.each(PLANTED)('by $what fails', async ({ find, add, cell, ...rest }) => {
    let planted = 0
    const patch = (source: string): string => {
      const grown = source.replace(find, (head) => {
        planted++
        return `${head}\n  ${add}\n`
      })
      return grown === source ? source : `${grown}${'also' in rest ? rest.also : ''}`
    }
    const cells = await cellsFor('sqlite', { patch, reader })
    expect(planted).toBe(1)
    expect(uncovered(cells)).toEqual(expect.arrayContaining([expect.stringContaining(cell ?? 'findLast')]))
  })

  test('by a form that the reader does not understand fails', async () => {
    const patch = (source: string): string =>
      source.replace(/export type StringNullableFilter<[^>]*> = \{/, '$&\n  like?: Pattern<string>\n')
    await expect(cellsFor('sqlite', { patch, reader })).rejects.toThrow('refers to Pattern, which is not understood')
  })
})

test('every refusal that is expected is one of some cell, and every cell of every database is covered', async () => {
  const cells = await Promise.all(DATABASES.map((database) => cellsFor(database, { reader })))
  expect(uncovered(cells.flat())).toEqual([])
  const names = cells.flat().map(({ name }) => name)
  const unused = [...REFUSALS, ...PRISMA_REFUSALS].filter(({ cells }) => !names.some((name) => cells.test(name)))
  expect(unused).toEqual([])
})

test('most cells are not refused', async () => {
  const cells = await cellsFor('pglite', { reader })
  for (const tenancy of TENANCIES) {
    const refused = cells.filter((cell) => expectationOf(cell, tenancy, 'pglite').outcome === 'refused')
    expect(refused.length).toBeLessThan(cells.length / 3)
  }
})
