import fc from 'fast-check'
import type { Args } from '../../support/client-types.js'
import { type Model, modelNamed, relationOf } from '../models.js'
import type { Step } from '../step.js'
import { LABELS, valuesOf } from '../values.js'
import { newRow, written } from './data.js'
import { stepOf, takesScalarsAlone } from './operations.js'
import { idsOf, tenantColumn, type World } from './world.js'

/** A write to start with: rows that later operations find, of which none is refused as a double. */
export function seeding(world: World, model: Model, filled: ReadonlySet<string>): fc.Arbitrary<Step> {
  if (takesScalarsAlone(model)) {
    return stepOf(
      world,
      model,
      'createMany',
      seeds(world, model, filled).map((data) => ({ data })),
    )
  }
  const [name = ''] = [model.tenant ?? []].flat()
  const relation = relationOf(model, name)
  const parent = modelNamed(relation.model)
  const isList = parent.relations[relation.inverse]?.many === true
  const [id] = idsOf(world, parent, 1)
  const below = seeds(world, model, filled, name).map((data) =>
    isList ? { createMany: { data } } : { create: data[0] },
  )
  return stepOf(
    world,
    parent,
    'update',
    below.map((written) => ({ where: { id }, data: { [relation.inverse]: written } })),
  )
}

/** Links between rows that stand in no table of their own. */
export function linking(world: World, model: Model): fc.Arbitrary<Step>[] {
  return Object.entries(model.relations).flatMap(([name, relation]) => {
    const child = modelNamed(relation.model)
    const isFirst = model.name < child.name
    if (relation.many !== true || child.relations[relation.inverse]?.many !== true || !isFirst) return []
    const [id] = idsOf(world, model, 1)
    const connect = idsOf(world, child, 2).map((other) => ({ id: other }))
    return [stepOf(world, model, 'update', fc.constant({ where: { id }, data: { [name]: { connect } } }))]
  })
}

function seeds(world: World, model: Model, filled: ReadonlySet<string>, via = ''): fc.Arbitrary<Args[]> {
  const row = newRow(world, model, { many: true, depth: 0, via })
  const most = model.key === undefined ? 3 : 2
  return fc
    .array(row, { minLength: 2, maxLength: most })
    .map((rows) =>
      rows.map((data, at) => ({ ...apart(world, model, data, at, via), ...references(world, model, filled, at) })),
    )
}

/** The row with values of its own wherever they have to be unique, and without references that may lead nowhere. */
function apart(world: World, model: Model, data: Args, at: number, via: string): Args {
  const optional = Object.values(model.relations).flatMap((relation) =>
    relation.optional ? (relation.fields ?? []) : [],
  )
  const unwanted = new Set([...optional, ...(at === 0 ? [] : optionalUniques(model))])
  const kept = Object.entries(data).filter(([name]) => !unwanted.has(name.replace('…', '')))
  const parents = Object.entries(model.relations).flatMap(([name, { fields = [], optional: isOptional }]) =>
    name !== via && isOptional !== true && fields.length === 1 && fields[0] !== tenantColumn(model) ? fields : [],
  )
  const own = Object.entries(model.fields).map(([name, field]): Args => {
    if (field.id === true) return { [name]: idsOf(world, model, 3)[at] }
    if (parents.includes(name)) return { [name]: idsOf(world, model, 1)[0] }
    if (NUMBERED.has(name)) return { [name]: name === 'slot' ? 1 : model.name === 'Entry' ? 1 + (at % 2) : at + 1 }
    if (field.unique === true && field.type === 'String') return { [name]: LABELS[at] }
    if (field.index?.unique !== true || field.optional === true) return {}
    const values = valuesOf(field, `${world.tenant} `)
    return written(name, field, values[(at * 4) % values.length])
  })
  return Object.assign(Object.fromEntries(kept), ...own)
}

/** References that may be missing, to rows that are there: those of the model's own first row alone are. */
function references(world: World, model: Model, filled: ReadonlySet<string>, at: number): Args {
  const given = Object.values(model.relations).map(({ model: other, fields = [], optional }): Args => {
    const [column, second] = fields
    const isThere = filled.has(other) || (other === model.name && at > 0)
    if (column === undefined || second !== undefined || optional !== true || !isThere) return {}
    return { [column]: idsOf(world, modelNamed(other), 1)[0] }
  })
  return Object.assign({}, ...given)
}

/** Columns of keys that hold small numbers. */
const NUMBERED = new Set(['number', 'shelf', 'slot'])

function optionalUniques(model: Model): string[] {
  const members = [...Object.values(model.uniques ?? {}).flat(), ...(model.compound?.fields ?? [])]
  return Object.entries(model.fields).flatMap(([name, { optional, index }]) =>
    optional === true && (index?.unique === true || members.includes(name)) ? [name] : [],
  )
}
