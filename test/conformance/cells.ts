import type { Form, GeneratedTypes, ObjectForm } from './generated-types.js'
import { INDEX_OF } from './models.js'

/** One thing a caller can say in one argument of one operation on `Hub`: a cell of the matrix. */
export interface Cell {
  /** Reads like code: `update data: { hasMany: { connect: [{ id }] } }`. */
  readonly name: string
  readonly operation: string
  readonly argument: string
  readonly shape: Shape
  /** The relation of the fluent API that the operation is continued with. */
  readonly fluent?: string
}

/** What stands in an argument, without values. */
export type Shape =
  /** Any value, `Prisma.DbNull` and its like, null, or true. */
  | { readonly kind: 'value' | 'null' | 'true' }
  | { readonly kind: 'field reference' }
  | { readonly kind: 'constant'; readonly name: string }
  /** An input that is made up of a model's fields, with a plain or an encrypted one in it. */
  | { readonly kind: 'sample'; readonly of: Sampled; readonly by: 'plain' | 'exact' }
  /** The key of a WhereUnique. */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'new row' | 'changes' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Shape> }

type Sampled = 'where' | 'order' | 'select' | 'include' | 'omit'

/** Relations below which the rows of a nested write are looked into once more. */
const LOOKED_INTO: ReadonlySet<string> = new Set(['selfParent', 'selfChildren'])

/** Columns that are, to Prisma and to the planner, what another column is: one of them is enough. */
const LIKE_OTHERS: ReadonlySet<string> = new Set([
  ...['firm', 'belongsToOneId', 'selfParentId', 'selfTwinId', 'hasOneHubId', 'hasManyHubId', 'hubId'],
])

/** Arithmetic on a number that refers to a row, or names it, breaks the reference; `number` stands for it. */
const ARITHMETIC_ON_KEYS = /\b(id|\w+Id): \{ (increment|decrement|multiply|divide):/

/** Of two directions one is enough. */
const OPPOSITES: ReadonlySet<string> = new Set(['desc', 'last'])

/** Every cell the generated types have: all operations, all arguments, all their forms. */
export function cellsOf(types: GeneratedTypes): Cell[] {
  const operations = types.methods('HubDelegate')
  const apart = new Set<string>()
  const cells = operations.flatMap((operation) =>
    [...types.members(argumentsOf(operation))].flatMap(([argument, { forms }]) =>
      shapesOfArgument(forms, apart).map((shape) => cell(operation, argument, shape)),
    ),
  )
  const all = [...cells, ...fluentCells(types)].filter(({ name }) => !ARITHMETIC_ON_KEYS.test(name))
  return [...new Map(all.map((one) => [one.name, one])).values()]
}

/** A type is taken apart in the first argument that has it; elsewhere samples stand for it, but rows always are. */
function shapesOfArgument(forms: readonly Form[], apart: Set<string>): Shape[] {
  const names = objectNames(forms)
  const isNew = !names.every((name) => apart.has(name))
  for (const name of names) apart.add(name)
  const isRows = forms.some((form) => form.kind === 'object' && sampledAs(form) === 'row')
  return shapesOf(forms, { inside: [], depth: isNew ? 'all' : isRows ? 'relations' : 'samples' })
}

function objectNames(forms: readonly Form[]): string[] {
  return forms.flatMap((form) => {
    if (form.kind === 'list') return objectNames(form.of)
    return form.kind === 'object' ? [form.name] : []
  })
}

function argumentsOf(operation: string): string {
  return `Hub${operation.charAt(0).toUpperCase()}${operation.slice(1)}Args`
}

function cell(operation: string, argument: string, shape: Shape): Cell {
  return { name: `${operation} ${argument}: ${textOf(shape)}`, operation, argument, shape }
}

const NOT_RELATIONS: ReadonlySet<string> = new Set(['then', 'catch', 'finally'])
const SINGLE = [
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'create',
  'update',
  'upsert',
  'delete',
]

/** The fluent API: a relation called on the promise of one row. */
function fluentCells(types: GeneratedTypes): Cell[] {
  const relations = types.methods('Prisma__HubClient').filter((method) => !NOT_RELATIONS.has(method))
  const operations = types.methods('HubDelegate').filter((operation) => SINGLE.includes(operation))
  return operations.flatMap((operation) =>
    relations.map((fluent) => ({
      ...cell(operation, 'fluent', { kind: 'constant', name: fluent }),
      name: `${operation}().${fluent}()`,
      fluent,
    })),
  )
}

interface Position {
  /** Declared types around this one. */
  readonly inside: readonly string[]
  /**
   * How inputs that are made up of a model's fields are taken apart: `all`, and below some relations the relations of
   * their rows once more; only what is at this level; or not at all, so that samples stand for them.
   */
  readonly depth: 'all' | 'relations' | 'samples'
  /** Within rows that are looked into once more: each type of row once. */
  readonly again?: RowTypes | undefined
}

/** Types of rows, those with foreign keys and those with relations told apart by their names alone. */
class RowTypes {
  readonly #names = new Set<string>()

  /** Whether it was not there before. */
  add(name: string): boolean {
    const size = this.#names.size
    return this.#names.add(name.replace('Unchecked', '')).size > size
  }
}

function shapesOf(forms: readonly Form[], position: Position): Shape[] {
  const shapes = forms.flatMap((form) => shapesOfForm(form, position))
  return [...new Map(shapes.map((shape) => [textOf(shape), shape])).values()]
}

function shapesOfForm(form: Form, position: Position): Shape[] {
  switch (form.kind) {
    case 'null':
      return [{ kind: 'null' }]
    case 'value':
      if (form.name === 'boolean') return [{ kind: 'true' }]
      if (form.name !== 'field reference') return [{ kind: 'value' }]
      return position.inside.length > 2 ? [] : [{ kind: 'field reference' }]
    case 'constant':
      return LIKE_OTHERS.has(form.name) || OPPOSITES.has(form.name) ? [] : [{ kind: 'constant', name: form.name }]
    case 'list': {
      // What may stand alone and in a list is listed once, or with the first and the last of many forms.
      const shapes = shapesOf(form.of, position)
      const told = position.inside.length === 0 ? shapes : [...new Set([...shapes.slice(0, 1), ...shapes.slice(-1)])]
      return told.map((of) => ({ kind: 'list', of }))
    }
    case 'object':
      return shapesOfObject(form, position)
  }
}

function shapesOfObject(form: ObjectForm, position: Position): Shape[] {
  const { keys = [], name } = form
  const sampled = sampledAs(form)
  const isApart = position.depth !== 'samples'
  if (keys.length > 0) {
    const single = keys.flatMap(namesOfKey).map((key): Shape => ({ kind: 'key', key }))
    return isApart ? [...single, ...variants(form, position)] : single
  }
  if (sampled === 'row' && !isApart) {
    const row: Shape = { kind: name.includes('Update') ? 'changes' : 'new row' }
    return position.again?.add(name) === true ? [row, ...variants(form, position)] : [row]
  }
  if (sampled !== undefined && sampled !== 'row' && !isApart) {
    return (['plain', 'exact'] as const).map((by) => ({ kind: 'sample', of: sampled, by }))
  }
  return position.inside.includes(name) ? [] : variants(form, position)
}

/** At run time a field stands where the types have the column of its unique index. */
function namesOfKey(key: string): string[] {
  const field = INDEX_OF.get(key)
  if (LIKE_OTHERS.has(key) || key === 'plainUnique') return []
  return field === undefined ? [key] : [key, field]
}

/** What must be given; and that, with each of what may be given beside it. */
function variants(form: ObjectForm, position: Position): Shape[] {
  const isRow = sampledAs(form) === 'row'
  const onlyRelations = isRow && (position.again !== undefined || position.depth === 'relations')
  const rows = new RowTypes()
  const members = [...form.members].filter(
    ([name, { forms }]) => !LIKE_OTHERS.has(name) && (!onlyRelations || forms.some(isVerbs)),
  )
  const at = (name: string): Position => ({
    inside: [...position.inside, form.name],
    depth: 'samples',
    again: isRow ? (position.depth === 'all' && LOOKED_INTO.has(name) ? rows : undefined) : position.again,
  })
  // A row is what a sample is, and the keys of a WhereUnique are taken one at a time.
  const required = isRow || form.keys !== undefined ? [] : members.filter(([, { optional }]) => !optional)
  const base = new Map(required.map(([name, { forms }]) => [name, firstOf(shapesOf(forms, at(name)))]))
  return members.flatMap(([name, { forms }]) => {
    const shapes = shapesOf(forms, at(name))
    const told = AGGREGATES.has(name) && position.inside.length > 0 ? shapes.slice(0, 1) : shapes
    return told.map((shape): Shape => ({ kind: 'object', members: new Map([...base, [name, shape]]) }))
  })
}

/** Below a field, filters of these are filters of a plain number or value. */
const AGGREGATES: ReadonlySet<string> = new Set(['_count', '_min', '_max', '_avg', '_sum'])

function firstOf(shapes: readonly Shape[]): Shape {
  const [first] = shapes
  if (first === undefined) throw new Error('A member that must be given has no form')
  return first
}

/** The verbs of a nested write. */
function isVerbs(form: Form): boolean {
  return form.kind === 'object' && form.members.has('connect')
}

function sampledAs({ name, members }: ObjectForm): Sampled | 'row' | undefined {
  if (members.has('AND')) return 'where'
  if (/OrderByWith(Relation|Aggregation)/.test(name)) return 'order'
  if (/Select(CreateManyAndReturn|UpdateManyAndReturn)?$/.test(name) && !name.includes('OutputType')) return 'select'
  if (/Include(CreateManyAndReturn|UpdateManyAndReturn)?$/.test(name)) return 'include'
  if (/Omit$/.test(name)) return 'omit'
  return members.has('exact') && /(Create|Update)/.test(name) ? 'row' : undefined
}

/** A shape as a reader would write it. */
export function textOf(shape: Shape): string {
  switch (shape.kind) {
    case 'constant':
      return shape.name
    case 'key':
      return `{ ${shape.key} }`
    case 'sample':
      return `${shape.of} by ${shape.by}`
    case 'list':
      return `[${textOf(shape.of)}]`
    case 'object':
      return `{ ${[...shape.members].map(([name, inner]) => `${name}: ${textOf(inner)}`).join(', ')} }`
    default:
      return shape.kind
  }
}
