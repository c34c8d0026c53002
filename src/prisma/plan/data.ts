import { ReservedFieldError } from '../../errors/index.js'
import type { ScalarFieldPolicy } from '../../policy/policy.js'
import { nullKind } from '../internals.js'
import { isFieldReference, requirePlainReferences } from './field-reference.js'
import { tagTenant } from './filter.js'
import type { Link, Pin } from './link.js'
import { CANNOT_CALCULATE, CHANGES } from './operators.js'
import { type Arguments, isArguments, isGiven, type Planning, refuse, requireArguments, tenantFor } from './planning.js'
import { planReferences } from './references.js'
import { planRelationWrite, type RowPlanner } from './relation-write.js'
import { type AnsweringIndex, fieldOf, type ModelShape } from './shape.js'
import { fillTenant, keepTenant } from './tenant-column.js'

/** What kind of write a data object is. */
export interface WriteKind {
  readonly verb: 'create' | 'update'
  /** `createMany`, `updateMany`: several rows, no relations. */
  readonly many: boolean
}

/**
 * Data of a new row: cells in place of values, tags beside them, the tenant filled in.
 * @param link the row it is nested in, if any.
 */
export function planCreate(
  planning: Planning,
  shape: ModelShape,
  given: unknown,
  many: boolean,
  link?: Link,
): Arguments {
  const kind: WriteKind = { verb: 'create', many }
  const data = withDefaults(shape, requireArguments(planning, shape.name, undefined, given))
  const pin: Pin = (filter) => isPassedBy(data, filter)
  const out = planData(planning, shape, data, kind, pin)
  fillTenant(planning, shape, data, out, many, link)
  planReferences(planning, shape, out, 'create', link)
  return out
}

/**
 * Changes to rows.
 * @param pin demands that the rows pass a filter; the caller adds that to its own.
 */
export function planUpdate(planning: Planning, shape: ModelShape, given: unknown, many: boolean, pin: Pin): Arguments {
  const data = requireArguments(planning, shape.name, undefined, given)
  const out = planData(planning, shape, data, { verb: 'update', many }, pin)
  keepTenant(planning, shape, data, out, many)
  planReferences(planning, shape, out, 'update')
  return out
}

const ROWS: RowPlanner = { create: planCreate, update: planUpdate }

function planData(planning: Planning, shape: ModelShape, data: Arguments, kind: WriteKind, pin: Pin): Arguments {
  const out: Arguments = {}
  for (const [key, value] of Object.entries(data)) {
    const field = fieldOf(shape, key)
    if (field === undefined) {
      throw refuse(
        planning,
        shape.name,
        key,
        'the policy has no such field',
        'Correct the name, or run prisma generate',
      )
    }
    if (!isGiven(value)) out[key] = value
    else if (field.kind === 'relation') {
      if (kind.many)
        throw refuse(planning, shape.name, key, 'relations cannot be written here', 'Write the rows one by one')
      out[key] = planRelationWrite(planning, shape, field, value, { verb: kind.verb, rows: ROWS, pin })
    } else if (field.encrypted !== undefined) planSealed(planning, shape, field, value, kind, out)
    else {
      requirePlainReferences(planning, shape, key, value)
      out[key] = requireUnreserved(planning, shape, key, value)
    }
  }
  for (const index of shape.indexes.values()) planIndex(planning, shape, index, data, kind, out)
  return out
}

function requireUnreserved(planning: Planning, shape: ModelShape, key: string, value: unknown): unknown {
  const index = shape.indexes.get(key)
  if (index === undefined) return value
  throw new ReservedFieldError(index.index.parts.map((part) => part.field).join(', '), {
    model: shape.name,
    field: key,
    operation: planning.operation,
  })
}

/** Prisma fills constant defaults after extensions, in plaintext: encrypted fields get theirs here. */
function withDefaults(shape: ModelShape, data: Arguments): Arguments {
  const missing = [...shape.sealed.keys()].flatMap((name) => {
    const field = shape.policy.fields[name]
    if (field?.kind !== 'scalar' || field.encrypted === undefined || field.encrypted.default === null) return []
    return isGiven(data[name]) ? [] : [[name, defaultValue(field, field.encrypted.default)] as const]
  })
  return missing.length === 0 ? data : { ...data, ...Object.fromEntries(missing) }
}

function defaultValue(field: ScalarFieldPolicy, text: string): unknown {
  if (field.type === 'Json') return JSON.parse(text)
  return field.type === 'Bytes' ? Uint8Array.from(Buffer.from(text, 'base64')) : text
}

function planSealed(
  planning: Planning,
  shape: ModelShape,
  field: ScalarFieldPolicy,
  given: unknown,
  kind: WriteKind,
  out: Arguments,
): void {
  const sealed = shape.sealed.get(field.name)
  if (sealed === undefined) return
  const value = plaintextOf(planning, shape, field.name, given, kind)
  if (value === SQL_NULL) {
    out[field.name] = given
    return
  }
  if (isFieldReference(value)) {
    throw refuse(planning, shape.name, field.name, 'another column cannot be written', 'Read the value, and set it')
  }
  if (sealed.type === 'Json') requireJson(planning, shape, field.name, value)
  // Until it is filled the slot holds null: a plan that is carried out by mistake stores nothing readable.
  out[field.name] = null
  planning.seals.push({
    item: { field: sealed, tenant: tenantFor(planning, shape), value },
    holder: out,
    key: field.name,
  })
}

/** `Prisma.JsonNull` and its like stand for a whole value: within one, JSON would make them `{}` without a word. */
function requireJson(planning: Planning, shape: ModelShape, name: string, value: unknown): void {
  const kind = nullKind(value)
  if (kind !== undefined) {
    throw refuse(planning, shape.name, name, `${kind} stands inside a Json value`, 'Write null in its place')
  }
  if (isFieldReference(value)) {
    throw refuse(planning, shape.name, name, 'a column stands inside a Json value', 'Read the value, and set it')
  }
  if (!Array.isArray(value) && !isArguments(value)) return
  for (const inner of Object.values(value)) requireJson(planning, shape, name, inner)
}

const SQL_NULL = Symbol('SQL NULL')

/** The value an argument sets: `{ set: value }` unwrapped, JSON null as null, and SQL NULL told apart from it. */
function plaintextOf(planning: Planning, shape: ModelShape, name: string, given: unknown, kind: WriteKind): unknown {
  const sealed = shape.sealed.get(name)
  if (given === null) return SQL_NULL
  const nullish = nullKind(given)
  if (nullish === 'JsonNull') return null
  if (nullish !== undefined) return SQL_NULL
  // A Json field has no operations: any object is a value.
  if (sealed?.type === 'Json' || kind.verb === 'create' || !isArguments(given)) return given
  const operations = Object.entries(given).filter(([, operand]) => isGiven(operand))
  const [only, more] = operations
  const rule = only !== undefined && Object.hasOwn(CHANGES, only[0]) ? CHANGES[only[0]] : undefined
  if (only === undefined || more !== undefined || rule?.support !== 'works') {
    throw refuse(
      planning,
      shape.name,
      name,
      `${operations.map(([operation]) => operation).join(', ') || 'an empty operation'} cannot be done on an encrypted field`,
      CANNOT_CALCULATE.note,
    )
  }
  return only[1] === null ? SQL_NULL : only[1]
}

/** Sets an index's column whenever one of its fields is written. */
function planIndex(
  planning: Planning,
  shape: ModelShape,
  { index }: AnsweringIndex,
  data: Arguments,
  kind: WriteKind,
  out: Arguments,
): void {
  const missing = index.parts.filter(({ field }) => !isGiven(data[field]))
  if (missing.length === index.parts.length) return
  if (kind.verb === 'update' && missing.length > 0) {
    throw refuse(
      planning,
      shape.name,
      index.column,
      `the compound index also covers ${missing.map(({ field }) => field).join(', ')}, which this update leaves out`,
      'Set all of its fields in one update',
    )
  }
  const values = index.parts.map(({ field }) => {
    const value = isGiven(data[field]) ? plaintextOf(planning, shape, field, data[field], kind) : null
    return value === SQL_NULL ? null : value
  })
  out[index.column] = null
  if (values.includes(null)) return
  planning.tags.push({
    item: { index, tenant: tagTenant(planning, shape, index.scope), values },
    holder: out,
    key: index.column,
  })
}

/** Whether a row being created is given every value that a filter asks for. */
function isPassedBy(data: Arguments, filter: Arguments): boolean {
  return Object.entries(filter).every(
    ([column, value]) => !isArguments(value) && isGiven(data[column]) && String(data[column]) === String(value),
  )
}
