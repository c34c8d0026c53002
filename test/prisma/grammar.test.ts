import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHANGES, COMBINATIONS, FILTERS, QUANTIFIERS } from '../../src/prisma/plan/operators.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareKinds } from '../support/kinds.js'
import type { SealedBench } from '../support/sealed-client.js'

/**
 * Prisma's argument grammar as the planner knows it. What the generated types of a Prisma version offer beyond these
 * lists must be planned or refused first, and be tested in the files beside this one.
 */
const OPERATIONS = [
  ...['findUnique', 'findUniqueOrThrow', 'findFirst', 'findFirstOrThrow', 'findMany', 'count', 'aggregate', 'groupBy'],
  ...['create', 'createMany', 'createManyAndReturn', 'update', 'updateMany', 'updateManyAndReturn', 'upsert'],
  ...['delete', 'deleteMany'],
]
const ARGUMENTS = [
  ...['where', 'data', 'create', 'update', 'select', 'include', 'omit', 'orderBy', 'cursor', 'take', 'skip'],
  ...['distinct', 'by', 'having', '_count', '_min', '_max', '_avg', '_sum', 'skipDuplicates', 'limit'],
]
const NESTED_WRITES = [
  ...['create', 'createMany', 'connect', 'connectOrCreate', 'disconnect', 'set', 'delete', 'deleteMany'],
  ...['update', 'updateMany', 'upsert'],
]

describe.each(databasesUnderTest())('the planner knows all that the generated types offer, on %s', (database) => {
  let bench: SealedBench
  let source: string

  beforeAll(async () => {
    bench = await prepareKinds(database)
    const client = path.join(bench.directory, 'client')
    const files = readdirSync(client, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const text = files.map((file) => readFileSync(path.join(client, file), 'utf8')).join('\n')
    // `prisma-client-js` declares its types within a namespace.
    source = text.includes('export namespace Prisma {') ? text.replace(/^ {2}/gm, '') : text
  })
  afterAll(() => bench?.dispose())

  /** Names of the members of every generated type whose name matches. */
  function membersOf(pattern: RegExp): string[] {
    const types = [...source.matchAll(/^export type (\w+)(?:<[^\n]*>)? = [^\n]*\{\n([\s\S]*?)^\}/gm)]
    const found = types.filter(([, name = '']) => pattern.test(name))
    expect(found.length).toBeGreaterThan(0)
    const members = found.flatMap(([, , body = '']) =>
      [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name = '']) => name),
    )
    return [...new Set(members)].sort()
  }

  const unknown = (found: readonly string[], ...known: (readonly string[])[]) =>
    found.filter((name) => !known.flat().includes(name))

  test('operations', () => {
    const [delegate = ''] = /export interface ClientDelegate[\s\S]*?^\}/m.exec(source) ?? []
    const methods = [...delegate.matchAll(/^ {2}(\w+)[<(]/gm)].map(([, name = '']) => name)
    expect(methods).toEqual(expect.arrayContaining(['findMany', 'upsert', 'groupBy', 'deleteMany']))
    expect(unknown(methods, OPERATIONS)).toEqual([])
  })

  test('arguments of operations', () => {
    const found = membersOf(
      /^Client(FindUnique|FindFirst|FindMany|Create|Update|Upsert|Delete|Aggregate|GroupBy)\w*Args$/,
    )
    expect(unknown(found, ARGUMENTS)).toEqual([])
  })

  test('conditions on fields that cells stand in', () => {
    const found = membersOf(/^(Nested)?(String|Bytes|Json)(Nullable)?Filter(Base)?$/)
    expect(found).toEqual(expect.arrayContaining(['equals', 'contains', 'path']))
    expect(unknown(found, Object.keys(FILTERS))).toEqual([])
  })

  test('conditions on relations', () => {
    const found = membersOf(/^(Client|Note|User)(List|Nullable\w*|Scalar)RelationFilter$/)
    expect(found).toEqual(expect.arrayContaining(['some', 'isNot']))
    expect(unknown(found, Object.keys(QUANTIFIERS))).toEqual([])
  })

  test('combinations of conditions', () => {
    const fields = Object.keys(bench.policy.models.Client?.fields ?? {})
    expect(unknown(membersOf(/^ClientWhereInput$/), fields, Object.keys(COMBINATIONS))).toEqual([])
  })

  test('changes of fields that cells stand in', () => {
    const found = membersOf(/^(Nullable)?(String|Bytes|Json)FieldUpdateOperationsInput$/)
    expect(found).toContain('set')
    expect(unknown(found, Object.keys(CHANGES))).toEqual([])
  })

  test('nested writes', () => {
    const found = membersOf(/^(Client|Note|User|Profile)(Create|Update)\w*Nested\w*Input$/)
    expect(found).toEqual(expect.arrayContaining(['connectOrCreate', 'upsert', 'createMany']))
    expect(unknown(found, NESTED_WRITES)).toEqual([])
  })
})
