import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ARGUMENTS,
  CHANGES,
  COMBINATIONS,
  FILTERS,
  QUANTIFIERS,
  type Rules,
  type Support,
} from '../../src/prisma/plan/operators.js'
import { type Call, run } from '../support/calls.js'
import type { Args } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { keyModels } from '../support/key-models.js'
import { providerOf } from '../support/kinds.js'
import { REPOSITORY } from '../support/prisma-versions.js'
import { type WatchedClient, watchedClient } from '../support/query-log.js'
import { prepareSealed, type SealedBench } from '../support/sealed-client.js'

const MODELS = `
model Item {
  id         Int     @id
  bare       String? /// @encrypted(maxBytes: 99)
  digits     String? /// @encrypted(maxBytes: 99)
  digitsTag  String? /// @blindIndex(digits, normalize: [digits])
  folded     String? /// @encrypted(maxBytes: 99)
  foldedTag  String? /// @blindIndex(folded, normalize: [lowercase])
  classes    String? /// @encrypted(maxBytes: 99)
  classesTag String? /// @blindIndex(classes, normalize: [trim], equivalence: true)
  exact      String? /// @encrypted(maxBytes: 99)
  exactTag   String? @unique /// @blindIndex(exact)
  parentId   Int?
  parent     Item?   @relation("tree", fields: [parentId], references: [id], onDelete: NoAction, onUpdate: NoAction)
  children   Item[]  @relation("tree")
}
`

const FIELDS = ['bare', 'digits', 'folded', 'classes', 'exact'] as const
type Field = (typeof FIELDS)[number]

/** The fields on which what needs this works. */
const SERVED: { readonly [S in Support]: readonly Field[] } = {
  works: FIELDS,
  index: ['digits', 'folded', 'classes', 'exact'],
  'case-folding index': ['folded'],
  'unique index': ['exact'],
  'exact index': ['classes', 'exact'],
  refused: [],
}

const find = (where: Args): Call => ({ model: 'item', operation: 'findMany', args: { where } })
const item = (operation: string, args: Args): Call => ({ model: 'item', operation, args })
const update = (data: Args): Call => item('update', { where: { id: 1 }, data })
const filtered = (operand: unknown) => (operator: string, field: Field) => find({ [field]: { [operator]: operand } })
const calculated = (calculation: string, field: Field) => item('aggregate', { [calculation]: { [field]: true } })

/** An operation for each row of the table: what the operator is called, on which field. */
type Examples = { readonly [operator: string]: (operator: string, field: Field) => Call }

const LISTS: {
  readonly [list: string]: { readonly rules: Rules; readonly examples: Examples; readonly holds?: Support }
} = {
  FILTERS: {
    rules: FILTERS,
    examples: {
      ...Object.fromEntries(Object.keys(FILTERS).map((operator) => [operator, filtered('x')])),
      in: filtered(['x']),
      notIn: filtered(['x']),
      path: filtered(['x']),
      array_contains: filtered(['x']),
      hasSome: filtered(['x']),
      hasEvery: filtered(['x']),
      isEmpty: filtered(true),
      isSet: filtered(true),
      mode: (_, field) => find({ [field]: { equals: 'x', mode: 'insensitive' } }),
    },
  },
  COMBINATIONS: {
    rules: COMBINATIONS,
    holds: 'index',
    examples: {
      AND: (operator, field) => find({ [operator]: [{ [field]: 'x' }] }),
      OR: (operator, field) => find({ [operator]: [{ [field]: 'x' }] }),
      NOT: (operator, field) => find({ [operator]: { [field]: 'x' } }),
    },
  },
  QUANTIFIERS: {
    rules: QUANTIFIERS,
    holds: 'index',
    examples: {
      some: (operator, field) => find({ children: { [operator]: { [field]: 'x' } } }),
      every: (operator, field) => find({ children: { [operator]: { [field]: 'x' } } }),
      none: (operator, field) => find({ children: { [operator]: { [field]: 'x' } } }),
      is: (operator, field) => find({ parent: { [operator]: { [field]: 'x' } } }),
      isNot: (operator, field) => find({ parent: { [operator]: { [field]: 'x' } } }),
    },
  },
  CHANGES: {
    rules: CHANGES,
    examples: Object.fromEntries(
      Object.keys(CHANGES).map((change) => [change, (operator, field) => update({ [field]: { [operator]: 'x' } })]),
    ),
  },
  ARGUMENTS: {
    rules: ARGUMENTS,
    examples: {
      cursor: (operator, field) => item('findMany', { [operator]: { [field]: 'x' } }),
      distinct: (operator, field) => item('findMany', { [operator]: [field] }),
      by: (operator, field) => item('groupBy', { [operator]: [field], _count: true }),
      having: (operator, field) => item('groupBy', { by: [field], [operator]: { [field]: 'x' }, _count: true }),
      orderBy: (operator, field) => item('findMany', { [operator]: { [field]: 'asc' } }),
      _count: calculated,
      _min: calculated,
      _max: calculated,
      _sum: calculated,
      _avg: calculated,
    },
  },
}

const rows = Object.entries(LISTS).flatMap(([list, { rules, holds }]) =>
  Object.entries(rules).map(([operator, { support }]) => ({ list, operator, support, holds })),
)

test('the page of operators says what the planner decides by', async () => {
  const script = path.join(REPOSITORY, 'scripts/operators-table.mjs')
  await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toEqual({ stdout: '', stderr: '' })
})

describe.each(databasesUnderTest())('the table of operators is true on %s', (database) => {
  let bench: SealedBench
  let watched: WatchedClient

  beforeAll(async () => {
    bench = await prepareSealed({ database, models: `${MODELS}\n${keyModels(providerOf(database))}` })
    watched = watchedClient(bench)
    await run(watched.client, item('create', { data: { id: 1, bare: 'x', digits: 'x', exact: 'x' } }))
  })
  afterAll(() => bench?.dispose())

  test.each(rows)('$list: $operator – $support', async ({ list, operator, support, holds }) => {
    const example = LISTS[list]?.examples[operator] ?? expect.fail('the table has a row without an example')
    for (const field of FIELDS) {
      const isServed = SERVED[support].includes(field) && (holds === undefined || SERVED[holds].includes(field))
      const { statements, error } = await watched.during((client) => run(client, example(operator, field)))
      if (isServed) expect([field, error]).toEqual([field, undefined])
      else {
        expect([field, statements]).toEqual([field, []])
        // Of a cursor that is not unique Prisma itself complains.
        if (operator !== 'cursor') expect(error).toMatchObject({ code: 'UNSUPPORTED_OPERATION', model: 'Item', field })
        else expect(error).toBeDefined()
      }
    }
  })
})
