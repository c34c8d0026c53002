import type { RelationFieldPolicy } from '../../policy/policy.js'
import { leaveOutIndexes } from './index-columns.js'
import { planListArguments } from './list-arguments.js'
import {
  type Arguments,
  isArguments,
  isGiven,
  type Planning,
  refuse,
  requireArguments,
  shapeOf,
  tenantFor,
} from './planning.js'
import { fieldOf, type ModelShape } from './shape.js'
import { inheritsTenant, wallOf } from './wall.js'
import { planWalledWhere, planWhere } from './where.js'

/** What comes back for one model: how rows are opened, checked and stripped. */
export interface Selection {
  readonly shape: ModelShape
  /** Fields the planner selected for itself. */
  readonly strip: Set<string>
  /** The same, where a result extension may compute a field from them: it does so after this one. */
  readonly hide: Set<string>
  /** Path from the row to a tenant column that must hold the context's tenant; set by an enclosing to-one relation. */
  check?: readonly string[]
  readonly relations: Map<string, Selection>
}

/** The selection of rows of which nothing special is known. */
export function emptySelection(shape: ModelShape): Selection {
  return { shape, strip: new Set(), hide: new Set(), relations: new Map() }
}

/** Names of fields that the client omits everywhere, by model: Prisma's `omit` option. */
export type GlobalOmit = { readonly [model: string]: { readonly [field: string]: boolean } | undefined }

/** A node of the argument tree: what is asked of a model, and of the models around it. */
export interface SelectionNode {
  readonly args: Arguments
  readonly selection: Selection
}

/**
 * Plans `select`, `include` and `omit`, with the arguments of relations inside them.
 * @param args arguments of which these three are read; the others are copied.
 */
export function planSelection(
  planning: Planning,
  shape: ModelShape,
  args: Arguments,
  omitted: GlobalOmit,
): SelectionNode {
  const selection: Selection = emptySelection(shape)
  const out = leaveOutIndexes(planning, shape, args)
  for (const mode of ['select', 'include'] as const) {
    const given = args[mode]
    if (given === null || !isGiven(given)) continue
    out[mode] = planFields(
      planning,
      shape,
      requireArguments(planning, shape.name, undefined, given),
      selection,
      omitted,
    )
  }
  if (readsSealed(shape, out, omitted)) tenantFor(planning, shape)
  return { args: out, selection }
}

/** Whether a row of this node carries an encrypted field. */
function readsSealed(shape: ModelShape, { select, omit }: Arguments, omitted: GlobalOmit): boolean {
  const names = [...shape.sealed.keys()]
  if (isArguments(select)) return names.some((name) => select[name] === true)
  const local = isArguments(omit) ? omit : {}
  return names.some((name) => !(local[name] ?? omitted[shape.name]?.[name] ?? false))
}

function planFields(
  planning: Planning,
  shape: ModelShape,
  given: Arguments,
  selection: Selection,
  omitted: GlobalOmit,
): Arguments {
  const out: Arguments = {}
  for (const [key, value] of Object.entries(given)) {
    const field = fieldOf(shape, key)
    if (key === '_count') out[key] = planCount(planning, shape, value)
    // A result extension's computed field is in no schema; any other unknown name Prisma refuses itself.
    else if (field === undefined && typeof value === 'boolean') out[key] = value
    else if (field === undefined) {
      throw refuse(
        planning,
        shape.name,
        key,
        'the policy has no such field',
        'Correct the name, or run prisma generate',
      )
    } else if (field.kind === 'scalar' || value === false || !isGiven(value)) out[key] = value
    else out[key] = planRelation(planning, shape, field, value, selection, omitted)
  }
  return out
}

function planRelation(
  planning: Planning,
  shape: ModelShape,
  relation: RelationFieldPolicy,
  given: unknown,
  parent: Selection,
  omitted: GlobalOmit,
): unknown {
  const child = shapeOf(planning, relation.model)
  const inherited = inheritsTenant(shape, relation, child)
  const { where, ...args } = given === true ? {} : requireArguments(planning, shape.name, relation.name, given)
  const rule = child.policy.tenant
  const isWalled = rule.kind !== 'none' && !inherited
  const isListWalled = isWalled && relation.list
  const filter = isListWalled
    ? planWalledWhere(planning, child, where)
    : isGiven(where)
      ? planWhere(planning, child, where)
      : undefined
  const node = planSelection(planning, child, planListArguments(planning, child, args, filter), omitted)
  parent.relations.set(relation.name, node.selection)
  if (relation.list || !isWalled) return simplest(given, node.args)
  tenantFor(planning, child)
  if (rule.kind === 'context') {
    throw refuse(
      planning,
      shape.name,
      relation.name,
      `whose ${child.name} is included cannot be told: it has no tenant column`,
      'Query it by itself',
    )
  }
  // Prisma filters no to-one relation: the row's tenant is read along with it and checked afterwards.
  node.selection.check = rule.path
  return simplest(given, selectPath(planning, child, node, rule.path, omitted))
}

function simplest(given: unknown, args: Arguments): unknown {
  return given === true && Object.keys(args).length === 0 ? true : args
}

/** `_count` counts rows of the tenant only. */
function planCount(planning: Planning, shape: ModelShape, given: unknown): unknown {
  if (given === false || !isGiven(given)) return given
  const lists = shape.relations.filter(({ list }) => list)
  const select =
    given === true
      ? Object.fromEntries(lists.map(({ name }) => [name, true]))
      : requireArguments(
          planning,
          shape.name,
          '_count',
          requireArguments(planning, shape.name, '_count', given).select ?? {},
        )
  const planned = Object.entries(select).map(([name, value]) => {
    const relation = lists.find((candidate) => candidate.name === name)
    if (relation === undefined || value === false || !isGiven(value)) return [name, value]
    const child = shapeOf(planning, relation.model)
    const where = isArguments(value) ? value.where : undefined
    const inherited = inheritsTenant(shape, relation, child)
    if (
      where === undefined &&
      (inherited || wallOf(planning, child) === undefined) &&
      child.policy.tenant.kind !== 'context'
    )
      return [name, value]
    return [name, { where: planWalledWhere(planning, child, where, inherited) }]
  })
  return { select: Object.fromEntries(planned) }
}

/** Makes sure that the path's column comes back, without changing what the caller sees. */
export function selectPath(
  planning: Planning,
  shape: ModelShape,
  { args, selection }: SelectionNode,
  path: readonly string[],
  omitted: GlobalOmit,
): Arguments {
  const [head = '', ...rest] = path
  const field = shape.policy.fields[head]
  if (field?.kind !== 'relation') return selectColumn(shape, { args, selection }, head, omitted)
  const mode = isArguments(args.select) ? 'select' : 'include'
  const fields = isArguments(args[mode]) ? args[mode] : {}
  const child = shapeOf(planning, field.model)
  const known = fields[head]
  const isAsked = known !== false && isGiven(known)
  const inner: SelectionNode = {
    args: isAsked ? (isArguments(known) ? known : {}) : { select: {} },
    selection: selection.relations.get(head) ?? emptySelection(child),
  }
  if (!isAsked) selection.strip.add(head)
  selection.relations.set(head, inner.selection)
  return { ...args, [mode]: { ...fields, [head]: simplest(known, selectPath(planning, child, inner, rest, omitted)) } }
}

/** Makes sure that a scalar comes back. */
export function selectColumn(
  shape: ModelShape,
  { args, selection }: SelectionNode,
  column: string,
  omitted: GlobalOmit,
): Arguments {
  const { select, omit } = args
  if (isArguments(select)) {
    if (select[column] === true) return args
    const isComputed = Object.keys(select).some((key) => key !== '_count' && fieldOf(shape, key) === undefined)
    selection[isComputed ? 'hide' : 'strip'].add(column)
    return { ...args, select: { ...select, [column]: true } }
  }
  const local = isArguments(omit) ? omit : {}
  if (!(local[column] ?? omitted[shape.name]?.[column] ?? false)) return args
  selection.hide.add(column)
  return { ...args, omit: { ...local, [column]: false } }
}
