import type { LogicalType } from '../../policy/index.js'
import type { FieldTyping } from './field-typing.js'

/** How a client's text names what its types are made of. */
export interface Names {
  /** Before the names of the Prisma namespace: `Prisma.`, or nothing within the namespace itself. */
  readonly prisma: string
  /** The text that `strictUndefinedChecks` puts behind the type of everything optional; empty without it. */
  readonly skip: string
  /** The text of the type that the schema names for a field's values. */
  readonly typeOf: (field: FieldTyping) => string | undefined
}

/** What a value is read as, and what may be given for it. */
const VALUE_TYPES: { readonly [type in LogicalType]: readonly [output: string, input: readonly string[]] } = {
  Int: ['number', ['number']],
  BigInt: ['bigint', ['bigint', 'number']],
  Float: ['number', ['number']],
  Decimal: ['{Prisma}Decimal', ['{Prisma}Decimal', '{Prisma}DecimalJsLike', 'number', 'string']],
  Boolean: ['boolean', ['boolean']],
  DateTime: ['Date', ['Date', 'string']],
  Json: ['{Prisma}JsonValue', ['{Prisma}InputJsonValue']],
  // What Prisma's own Bytes is: with TypeScript 5.7 and later, an array over an ArrayBuffer.
  Bytes: ["ReturnType<Uint8Array['slice']>", ['Uint8Array']],
  String: ['string', ['string']],
}

/** Whether values of a field have another type than its column. */
export function hasOwnType({ column, type, list, named }: FieldTyping): boolean {
  return list || type !== column || named !== undefined
}

/** The type a field's values have in results, without null. */
export function outputType(field: FieldTyping, names: Names): string {
  const [output] = typesOf(field, names)
  return `${output}${field.list ? '[]' : ''}`
}

/** The type of what may be given for a field's value, without null. */
export function inputType(field: FieldTyping, names: Names): string {
  const [, inputs] = typesOf(field, names)
  const all = inputs.join(' | ')
  if (!field.list) return all
  return inputs.length > 1 ? `(${all})[]` : `${all}[]`
}

function typesOf(field: FieldTyping, { prisma, typeOf }: Names): readonly [output: string, input: readonly string[]] {
  const named = typeOf(field)
  if (named !== undefined) return [named, [named]]
  const [output, inputs] = VALUE_TYPES[field.type]
  return [output.replaceAll('{Prisma}', prisma), inputs.map((input) => input.replaceAll('{Prisma}', prisma))]
}
