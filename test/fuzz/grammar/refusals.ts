import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Field, isShared, type Model, modelNamed } from '../models.js'
import type { Step } from '../step.js'
import { valuesOf } from '../values.js'
import { negatable } from './conditions.js'
import { newRow } from './data.js'
import { comparable } from './selection.js'
import { unique } from './unique.js'
import { where } from './where.js'
import { fieldsOf, isInherited, newId, TENANTS, tenantColumn, type World } from './world.js'

/** What fieldseal refuses by design: the rule's name, the code of the error, and calls that break it. */
interface Rule {
  readonly name: string
  readonly code: 'UNSUPPORTED_OPERATION' | 'RESERVED_FIELD' | 'TENANT_MISMATCH' | 'TENANT_REQUIRED'
  /** Calls on this model; none if the rule says nothing of it. */
  readonly calls: (world: World, model: Model) => fc.Arbitrary<Call>[]
}

type Call = Pick<Step, 'operation' | 'args'> & { readonly outside?: true }

/** A call that fieldseal has to refuse. */
export function refusal(world: World, models: readonly string[]): fc.Arbitrary<Step> {
  const rules = RULES.flatMap((one) => {
    const calls = models.flatMap((name) => callsOf(world, one, name))
    return calls.length === 0 ? [] : [fc.oneof(...calls)]
  })
  return fc.oneof(...rules)
}

function callsOf(world: World, { name: rule, code, calls }: Rule, model: string): fc.Arbitrary<Step>[] {
  return calls(world, modelNamed(model)).map((call) =>
    call.map(({ operation, args, outside }) => ({
      model,
      operation,
      args,
      tenant: outside === true ? undefined : world.tenant,
      refused: { rule, code },
    })),
  )
}

/** Names of all rules, in order. */
export function refusalRules(): string[] {
  return RULES.map(({ name }) => name)
}

const RULES: readonly Rule[] = [
  rule('a comparison without an index', (_, model) =>
    sealed(model, ({ index, type }) => index === undefined && type !== 'Json').flatMap(([name, field]) => {
      if (model.compound?.fields.includes(name) === true) return []
      const [value] = valuesOf(field)
      return [value, { equals: value }, { in: [value] }, { not: value }, { notIn: [value] }].map((given) => ({
        [name]: given,
      }))
    }),
  ),
  rule('an operator that reads the value', (_, model) =>
    sealed(model, ({ type }) => type === 'String').flatMap(([name, field]) => {
      const [value] = valuesOf(field)
      return ['contains', 'startsWith', 'endsWith', 'lt', 'gte'].map((operator) => ({ [name]: { [operator]: value } }))
    }),
  ),
  rule('a negation by an index that folds', (_, model) =>
    sealed(model, ({ index }) => index !== undefined && !negatable(index)).flatMap(([name, field]) => {
      const [value] = valuesOf(field)
      return [{ [name]: { not: value } }, { [name]: { notIn: [value] } }, { NOT: { [name]: value } }]
    }),
  ),
  rule('part of a compound index in a filter', (_, { compound }) =>
    compound === undefined ? [] : compound.fields.map((name) => ({ [name]: 'plain one' })),
  ),
  rule('null in a list', (_, model) =>
    sealed(model, ({ index }) => index !== undefined).map(([name]) => ({ [name]: { in: [null] } })),
  ),
  rule('mode: insensitive without an index that folds case', (_, model) =>
    sealed(model, ({ index, folded, type }) => {
      const folds = folded !== undefined || index?.normalise === 'lowercase' || index?.normalise === 'email'
      return type === 'String' && index !== undefined && !folds
    }).map(([name, field]) => ({ [name]: { equals: valuesOf(field)[0], mode: 'insensitive' } })),
  ),
  rule(
    'a filter on the column of an index',
    (_, model) =>
      sealed(model, ({ index }) => index !== undefined).map(([, { index }]) => ({ [index?.column ?? '']: 'x' })),
    'RESERVED_FIELD',
  ),
  calling('order by an encrypted field', (_, model) =>
    sealed(model, () => true).map(([name]) => call('findMany', { orderBy: { [name]: 'asc' } })),
  ),
  calling('distinct by what no index tells apart', (world, model) =>
    incomparable(world, model, 'distinct').map((name) => call('findMany', { distinct: [name] })),
  ),
  calling('groupBy by what no index tells apart', (world, model) =>
    incomparable(world, model, 'groupBy').map((name) => call('groupBy', { by: [name], _count: true })),
  ),
  calling('the least or greatest of an encrypted field', (_, model) =>
    sealed(model, ({ type }) => type === 'String' || type === 'Int').flatMap(([name]) =>
      ['_min', '_max'].map((key) => call('aggregate', { [key]: { [name]: true } })),
    ),
  ),
  calling('a change that needs the old value', (world, model) =>
    sealed(model, ({ type }) => type === 'String' || type === 'Int').map(([name]) =>
      onRow(world, model, (found) => call('update', { where: found, data: { [name]: { increment: 1 } } })),
    ),
  ),
  calling('a change of part of a compound index', (world, model) =>
    (model.compound?.fields ?? []).map((name) =>
      onRow(world, model, (found) => call('update', { where: found, data: { [name]: 'plain one' } })),
    ),
  ),
  calling('rows written together whose tenant a relation says', (world, model) =>
    tenantIsRelated(model)
      ? [
          newRow(world, model, { many: true, depth: 0 }).map(
            (data): Call => ({ operation: 'createMany', args: { data: [data] } }),
          ),
        ]
      : [],
  ),
  calling('a nested write that would reach other tenants’ rows', (world, model) =>
    Object.entries(model.relations).flatMap(([name, relation]) => {
      const child = modelNamed(relation.model)
      if (relation.many !== true || isShared(child) || isInherited(model, name, relation)) return []
      const verbs: Args[] = [
        { set: [] },
        ...(tenantIsRelated(child)
          ? [{ createMany: { data: { clientId: 1 } } }, { deleteMany: {} }, { updateMany: { where: {}, data: {} } }]
          : []),
      ]
      return verbs.map((verb) =>
        onRow(world, model, (found) => call('update', { where: found, data: { [name]: verb } })),
      )
    }),
  ),
  calling('rows of a model that has no tenant column', (_, model) =>
    model.tenant === 'context'
      ? ['findMany', 'count', 'deleteMany'].map((operation) => call(operation, { where: { label: 'London' } }))
      : [],
  ),
  calling(
    'the column of an index in data',
    (world, model) =>
      sealed(model, ({ index }) => index !== undefined).map(([, { index }]) =>
        onRow(world, model, (found) => call('update', { where: found, data: { [index?.column ?? '']: 'x' } })),
      ),
    'RESERVED_FIELD',
  ),
  calling(
    'another tenant’s row to be written',
    (world, model) => {
      const column = tenantColumn(model)
      if (column === undefined) return []
      const other = TENANTS.find((tenant) => tenant !== world.tenant)
      return [
        newRow(world, model, { many: true, depth: 0 }).map(
          (data): Call => ({
            operation: 'createMany',
            args: { data: [{ ...data, [column]: other, [`…${column}`]: undefined }] },
          }),
        ),
        onRow(world, model, (found) => call('update', { where: found, data: { [column]: other } })),
      ]
    },
    'TENANT_MISMATCH',
  ),
  calling(
    'a tenant’s rows without a tenant',
    (world, model) =>
      isShared(model)
        ? []
        : [
            where(world, model, { depth: 1 }).map(
              (found): Call => ({ operation: 'findMany', args: { where: found }, outside: true }),
            ),
            newRow(world, model, { depth: 0 }).map(
              (data): Call => ({ operation: 'create', args: { data }, outside: true }),
            ),
          ].filter((_, at) => !hasGlobalIndex(model) || at > 0),
    'TENANT_REQUIRED',
  ),
]

/** A rule about filters: each may stand at any depth of any operation. */
function rule(
  name: string,
  filters: (world: World, model: Model) => Args[],
  code: Rule['code'] = 'UNSUPPORTED_OPERATION',
): Rule {
  return {
    name,
    code,
    calls: (world, model) => {
      const broken = filters(world, model)
      if (broken.length === 0) return []
      const other = where(world, model, { depth: 1 })
      const wrapped = fc
        .tuple(fc.constantFrom(...broken), other)
        .chain(([one, beside]) =>
          fc.constantFrom<Args>(
            one,
            { AND: [beside, one] },
            { OR: [one, beside] },
            { NOT: one },
            { AND: { OR: [beside, { AND: one }] } },
          ),
        )
      return [fc.tuple(wrapped, placeOf(world, model)).map(([found, place]) => place(found))]
    },
  }
}

/** A rule about whole calls. */
function calling(
  name: string,
  calls: (world: World, model: Model) => fc.Arbitrary<Call>[],
  code: Rule['code'] = 'UNSUPPORTED_OPERATION',
): Rule {
  return { name, code, calls }
}

function call(operation: string, args: Args): fc.Arbitrary<Call> {
  return fc.constant({ operation, args })
}

function onRow(world: World, model: Model, make: (found: Args) => fc.Arbitrary<Call>): fc.Arbitrary<Call> {
  return unique(world, model, 0).chain(make)
}

/** Where a filter may stand. */
function placeOf(world: World, model: Model): fc.Arbitrary<(found: Args) => Call> {
  const lists = Object.entries(model.relations).filter(([, { fields }]) => fields !== undefined)
  const operations = ['findMany', 'findFirst', 'count', 'deleteMany', 'aggregate'].map(
    (operation) =>
      (found: Args): Call => ({
        operation,
        args: { where: found, ...(operation === 'aggregate' ? { _count: true } : {}) },
      }),
  )
  const changes = (found: Args): Call => ({ operation: 'updateMany', args: { where: found, data: {} } })
  const related = lists.map(([name, { inverse, model: other }]) => (found: Args): Call => {
    const isMany = modelNamed(other).relations[inverse]?.many === true
    return {
      operation: 'findMany',
      args: { where: { [name]: { is: { [inverse]: { [isMany ? 'some' : 'is']: found } } } } },
    }
  })
  return newId(world, model).chain((id) =>
    fc.constantFrom(
      ...operations,
      changes,
      ...related,
      ...(model.key === undefined
        ? [(found: Args): Call => ({ operation: 'findUnique', args: { where: { id, AND: found } } })]
        : []),
    ),
  )
}

function sealed(model: Model, wanted: (field: Field) => boolean): [string, Field][] {
  return Object.entries(model.fields).filter(([, field]) => field.encrypted === true && wanted(field))
}

function incomparable(world: World, model: Model, feature: 'distinct' | 'groupBy'): string[] {
  const known = new Set(
    comparable(world, model, feature).map((one) => (typeof one === 'string' ? one : String(one.sealed))),
  )
  return fieldsOf(world, model).flatMap(([name, { encrypted }]) =>
    encrypted === true && !known.has(name) ? [name] : [],
  )
}

function tenantIsRelated({ tenant }: Model): boolean {
  return Array.isArray(tenant) && tenant.length > 1
}

function hasGlobalIndex(model: Model): boolean {
  return Object.values(model.fields).some(({ index }) => index?.scope === 'global')
}
