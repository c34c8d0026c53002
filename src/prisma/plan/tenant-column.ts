import type { RelationFieldPolicy } from '../../policy/policy.js'
import { isChecked, type Link, takesTenantFrom } from './link.js'
import { type Arguments, isArguments, isGiven, type Planning, refuse, shapeOf, tenantFor } from './planning.js'
import type { ModelShape } from './shape.js'
import { holdersOf, requireOwnHolder } from './tenant-holder.js'
import { andFilters, pathFilter, requireTenantValue, tenantValue } from './wall.js'

/**
 * Puts a new row into the context's tenant: fills its tenant column, as the scalar or as `connect` (Prisma refuses the
 * mix), or makes sure that the row it takes its tenant from is the tenant's. Changes the planned `out` in place, as
 * slots point into it.
 */
export function fillTenant(
  planning: Planning,
  shape: ModelShape,
  data: Arguments,
  out: Arguments,
  many: boolean,
  link: Link | undefined,
): void {
  const rule = shape.policy.tenant
  if (rule.kind === 'none') return
  tenantFor(planning, shape)
  if (rule.kind === 'context') return
  if (link !== undefined && takesTenantFrom(planning, link, shape)) return
  const [head = '', ...rest] = rule.path
  if (rest.length === 0) {
    const byRelation = !many && (link?.besideChecked === true || isChecked(shape, data))
    fillColumn(planning, shape, head, data, out, byRelation)
  } else alongRelation(planning, shape, head, rest, data, out, { verb: 'create', many })
}

/** Refuses to move rows to another tenant. Changes the planned `out` in place. */
export function keepTenant(
  planning: Planning,
  shape: ModelShape,
  data: Arguments,
  out: Arguments,
  many: boolean,
): void {
  const rule = shape.policy.tenant
  if (rule.kind !== 'path') return
  tenantFor(planning, shape)
  const [head = '', ...rest] = rule.path
  if (rest.length === 0) {
    const given = data[head]
    if (isGiven(given)) requireTenantValue(planning, shape, head, isArguments(given) ? given.set : given)
    for (const relation of holdersOf(shape, head)) {
      if (isGiven(data[relation.name])) requireOwnHolder(planning, shape, relation, head, data[relation.name])
    }
    return
  }
  const scalars = relationNamed(shape, head)?.fromFields ?? []
  if (!isGiven(data[head]) && !scalars.some((scalar) => isGiven(data[scalar]))) return
  alongRelation(planning, shape, head, rest, data, out, { verb: 'update', many })
}

function fillColumn(
  planning: Planning,
  shape: ModelShape,
  column: string,
  data: Arguments,
  out: Arguments,
  byRelation: boolean,
): void {
  if (isGiven(data[column])) {
    requireTenantValue(planning, shape, column, data[column])
    return
  }
  const holders = holdersOf(shape, column)
  const given = holders.filter(({ name }) => isGiven(data[name]))
  for (const relation of given) requireOwnHolder(planning, shape, relation, column, data[relation.name])
  if (given.length > 0) return
  const tenant = tenantValue(planning, shape, column)
  const [holder] = holders
  if (!byRelation || holder === undefined) {
    out[column] = tenant
    return
  }
  const single = holders.find(({ toFields }) => toFields.length === 1)
  if (single === undefined) {
    throw refuse(
      planning,
      shape.name,
      holder.name,
      'it refers by several columns, so the tenant alone does not name its row',
      'Connect it',
    )
  }
  out[single.name] = { connect: { [single.toFields[0] ?? '']: tenant } }
}

/** The tenant comes from a related row: that row must be connected through the wall, or created in the tenant. */
function alongRelation(
  planning: Planning,
  shape: ModelShape,
  head: string,
  rest: readonly string[],
  data: Arguments,
  out: Arguments,
  { verb, many }: { readonly verb: 'create' | 'update'; readonly many: boolean },
): void {
  const relation = relationNamed(shape, head)
  if (relation === undefined) return
  if (relation.fromFields.some((scalar) => isGiven(data[scalar]))) {
    if (many) {
      throw refuse(
        planning,
        shape.name,
        relation.fromFields.join(', '),
        `the tenant of the row comes from ${head}, and whose ${relation.model} the scalar names cannot be told here`,
        `Write the rows one by one, or below their ${relation.model}`,
      )
    }
    requireNoNumber(planning, shape, relation, out, verb)
    connectByScalars(planning, shape, out, verb)
  }
  const write = out[head]
  if (!isArguments(write)) {
    throw refuse(
      planning,
      shape.name,
      head,
      'it says which tenant the row belongs to, and is missing',
      `Connect a ${relation.model}`,
    )
  }
  const target = shapeOf(planning, relation.model)
  if (target.policy.tenant.kind === 'none') {
    throughWall(planning, shape, relation, write, pathFilter(planning, target, rest))
  }
}

/** Adds a wall to the look-ups of a relation whose model has none of its own, in place. */
function throughWall(
  planning: Planning,
  shape: ModelShape,
  relation: RelationFieldPolicy,
  write: Arguments,
  wall: Arguments,
): void {
  for (const [verb, operand] of Object.entries(write)) {
    if (!isGiven(operand)) continue
    if (verb !== 'connect' || !isArguments(operand)) {
      throw refuse(
        planning,
        shape.name,
        relation.name,
        `it says which tenant the row belongs to, and ${verb} does not`,
        `Connect a ${relation.model} that exists`,
      )
    }
    andFilters(operand, wall)
  }
}

/** Beside `connect`, which the foreign key is about to become, Prisma takes no number that the database gives. */
function requireNoNumber(
  planning: Planning,
  shape: ModelShape,
  { name, model }: RelationFieldPolicy,
  out: Arguments,
  verb: 'create' | 'update',
): void {
  const numbered = Object.values(shape.policy.fields).find(
    (field) => field.kind === 'scalar' && field.autoincrement === true && isGiven(out[field.name]),
  )
  if (numbered === undefined) return
  throw refuse(
    planning,
    shape.name,
    numbered.name,
    `the tenant of the row comes from ${name}, which must be connected, and a number that the database gives cannot be set beside that`,
    verb === 'create' ? `Leave it out, or create the row below its ${model}` : 'Set it in an update of its own',
  )
}

/** Foreign-key scalars as `connect`: only so can the look-up carry the wall. Prisma takes one form or the other. */
function connectByScalars(planning: Planning, shape: ModelShape, out: Arguments, verb: 'create' | 'update'): void {
  for (const relation of shape.relations) {
    if (!relation.fromFields.some((scalar) => isGiven(out[scalar]))) continue
    const values = relation.fromFields.map((scalar) => settingOf(out[scalar]))
    for (const scalar of relation.fromFields) delete out[scalar]
    if (values.every((value) => value === null)) {
      if (verb === 'update') out[relation.name] = { disconnect: true }
      continue
    }
    const target = shapeOf(planning, relation.model)
    out[relation.name] = { connect: uniqueBy(planning, shape, relation, target, values) }
  }
}

function uniqueBy(
  planning: Planning,
  shape: ModelShape,
  relation: RelationFieldPolicy,
  target: ModelShape,
  values: readonly unknown[],
): Arguments {
  const key = Object.fromEntries(relation.toFields.map((field, i) => [field, values[i]]))
  const wall =
    target.policy.tenant.kind === 'path' ? pathFilter(planning, target, target.policy.tenant.path) : undefined
  if (relation.toFields.length === 1) return andFilters(key, wall)
  const group = [...target.uniqueNames.values()].find(
    ({ fields }) =>
      fields.length === relation.toFields.length && fields.every((field) => relation.toFields.includes(field)),
  )
  if (group === undefined || values.some((value) => value === undefined || value === null)) {
    throw refuse(
      planning,
      shape.name,
      relation.name,
      'its foreign key is given in part',
      `Connect the ${relation.model}`,
    )
  }
  return andFilters({ [group.name]: key }, wall)
}

function relationNamed(shape: ModelShape, name: string): RelationFieldPolicy | undefined {
  return shape.relations.find((relation) => relation.name === name)
}

function settingOf(given: unknown): unknown {
  return isArguments(given) && 'set' in given ? given.set : given
}
