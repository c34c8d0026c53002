/** What must be true of the types of each encrypted field in the rich models: written by hand, and not from the policy. */
export interface FieldCells {
  readonly name: string
  readonly kind: keyof typeof KINDS
  readonly optional: boolean
  /** What filters on it can be answered. `together`: only with the other fields of its index. */
  readonly answer: 'equality' | 'look-up' | 'null' | 'together'
  /** It identifies a row. */
  readonly unique?: true
}

/** A kind of value: its type in results and in inputs, a value that is one, and one that is not. */
interface Kind {
  readonly output: string
  readonly input: string
  readonly good: string
  readonly bad: string
  /** The column is Json, whose null has names. */
  readonly isJson?: true
  /** No smallest value of the column can be asked for. */
  readonly isBytes?: true
}

export const KINDS = {
  text: { output: 'string', input: 'string', good: "'x'", bad: '5' },
  DateTime: { output: 'Date', input: 'Date | string', good: 'day', bad: '5' },
  Decimal: {
    output: 'Prisma.Decimal',
    input: 'Prisma.Decimal | Prisma.DecimalJsLike | number | string',
    good: "'1.5'",
    bad: 'true',
  },
  Int: { output: 'number', input: 'number', good: '3', bad: "'3'" },
  BigInt: { output: 'bigint', input: 'bigint | number', good: '3n', bad: "'3'" },
  Float: { output: 'number', input: 'number', good: '0.5', bad: "'x'" },
  Boolean: { output: 'boolean', input: 'boolean', good: 'true', bad: "'x'" },
  'Json in text': { output: 'Prisma.JsonValue', input: 'Prisma.InputJsonValue', good: '{ a: [1] }', bad: 'Symbol()' },
  Ints: { output: 'number[]', input: 'number[]', good: '[1, 2]', bad: "['1']" },
  DateTimes: { output: 'Date[]', input: '(Date | string)[]', good: '[day]', bad: '[1]' },
  Json: { output: 'Prisma.JsonValue', input: 'Prisma.InputJsonValue', good: '{ a: 1 }', bad: 'Symbol()', isJson: true },
  Intake: { output: 'Intake', input: 'Intake', good: "{ source: 'web' }", bad: 'Symbol()', isJson: true },
  // What the client has for a column of bytes that is not encrypted.
  Bytes: { output: 'Bytes', input: 'BytesInput', good: 'bytes', bad: '5', isBytes: true },
  'Bytes in text': { output: "ReturnType<Uint8Array['slice']>", input: 'Uint8Array', good: 'bytes', bad: '5' },
} as const satisfies { readonly [name: string]: Kind }

export interface ModelCells {
  /** As the client calls it. */
  readonly delegate: string
  /** What a create must be given, and what a createMany must. */
  readonly least: string
  readonly leastOfMany: string
  /** A WhereUnique. */
  readonly unique: string
  readonly fields: readonly FieldCells[]
  readonly plainFields: readonly string[]
  readonly exposed: readonly string[]
}

function field(name: string, kind: FieldCells['kind'], answer: FieldCells['answer'] = 'null'): FieldCells {
  return { name, kind, answer, optional: true }
}

function required(...[name, kind, answer]: Parameters<typeof field>): FieldCells {
  return { ...field(name, kind, answer), optional: false }
}

export const MODELS: { readonly [model: string]: ModelCells } = {
  Client: {
    delegate: 'client',
    least: "{ name: 'Ada', ssn: '1', level: 3, about: {} }",
    leastOfMany: "{ name: 'Ada', ssn: '1', level: 3, about: {} }",
    unique: "id: '1'",
    plainFields: ['id', 'firmId', 'city', 'role', 'marks', 'createdAt', 'referrerId'],
    exposed: [],
    fields: [
      required('name', 'text'),
      { ...required('ssn', 'text', 'look-up'), unique: true },
      field('email', 'text', 'equality'),
      field('phone', 'text', 'equality'),
      field('code', 'text', 'equality'),
      field('badge', 'text', 'equality'),
      field('alias', 'text', 'look-up'),
      { ...field('login', 'text', 'equality'), unique: true },
      field('first', 'text', 'together'),
      field('last', 'text', 'together'),
      field('maker', 'text', 'together'),
      field('serial', 'text', 'together'),
      field('dob', 'DateTime'),
      { ...field('due', 'DateTime', 'equality'), unique: true },
      field('salary', 'Decimal'),
      required('level', 'Int'),
      field('total', 'BigInt'),
      field('ratio', 'Float'),
      field('active', 'Boolean'),
      field('extra', 'Json in text'),
      field('levels', 'Ints'),
      field('days', 'DateTimes'),
      required('nick', 'text'),
      field('intake', 'Intake'),
      required('about', 'Json'),
      field('scan', 'Bytes'),
      field('photo', 'Bytes in text'),
      field('thumb', 'Bytes', 'equality'),
    ],
  },
  ClientNote: {
    delegate: 'clientNote',
    least: "{ body: 'b', client: { connect: { id: '1' } } }",
    leastOfMany: "{ body: 'b', clientId: '1' }",
    unique: 'id: 1',
    plainFields: ['id', 'clientId'],
    exposed: [],
    fields: [required('body', 'text')],
  },
  Data: {
    delegate: 'data',
    least: "{ data: 'd' }",
    leastOfMany: "{ data: 'd' }",
    unique: 'id: 1',
    plainFields: ['id', 'update'],
    exposed: ['setIndex'],
    fields: [
      required('data', 'text'),
      field('where', 'DateTime'),
      { ...field('set', 'text', 'equality'), unique: true },
      field('select', 'text'),
      field('name', 'text'),
    ],
  },
}
