import { conditionsOn } from './conditions.js'
import { type FieldCells, KINDS, MODELS, type ModelCells } from './fields.js'

/**
 * A program that asserts every cell of the typed client: each encrypted field, in each type of input of its model, in
 * what each operation takes, and in what each gives back. It is compiled and never run.
 * @param inputs names of all types of input that the client declares.
 * @param takesAnyJson arguments of an extended client may hold anything where a Json value is asked for.
 */
export function cellsProgram(inputs: readonly string[], takesAnyJson: boolean): string {
  const models = Object.entries(MODELS)
  return [
    HEAD,
    ...models.flatMap(([model, cells]) => inputCells(model, cells, inputs)),
    ...models.flatMap(([model, cells]) => filterCells(model, cells)),
    'export async function calls(prisma: Extended): Promise<void> {',
    ...models.flatMap(([, cells]) => [...writeCells(cells, takesAnyJson), ...whereCells(cells), ...otherCells(cells)]),
    ...models.flatMap(([model, cells]) => outputCells(model, cells)),
    '}',
    '',
  ].join('\n')
}

/** Types of input that the text of a client declares. */
export function inputsIn(text: string): string[] {
  return [...text.matchAll(/^ *export type (\w+Input) = /gm)].map(([, name = '']) => name)
}

const HEAD = `import type { Intake } from './named.js'
import { type Extended, Prisma, type Same } from './extended.js'

type IsAny<T> = 0 extends 1 & T ? true : false
type Alike<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
/** Compiles if the member is not any, and takes and gives just the values of the other type. */
function cell<T, Name extends keyof T, Value>(
  _alike: IsAny<T[Name]> extends true ? never : Alike<Exclude<T[Name], undefined>, Value>,
): void {}
/** Compiles if the type has these members and no others. */
function members<T, Names>(_same: Same<keyof T, Names>): void {}
function without<T, Names>(_none: Extract<keyof T, Names> extends never ? true : false): void {}
function takes<T>(_value: T): void {}
type Row<T> = NonNullable<T extends readonly (infer One)[] ? One : T>

type Bytes = Prisma.FieldsealKeyGetPayload<{}>['kcv']
type BytesInput = Prisma.FieldsealKeyCreateInput['kcv']
declare const day: Date
declare const bytes: ReturnType<Uint8Array['slice']>
`

function refused(line: string): string[] {
  return ['  // @ts-expect-error', line]
}

function orNull({ optional }: FieldCells): string {
  return optional ? ' | null' : ''
}

/** Every declared input of the model: one of creates, of updates, of filters, or without its fields. */
function inputCells(model: string, { fields, exposed }: ModelCells, inputs: readonly string[]): string[] {
  const names = fields.map(({ name }) => `'${name}'`).join(' | ')
  const columns = [...INDEX_COLUMNS, ...exposed].map((name) => `'${name}'`).join(' | ')
  const others = Object.keys(MODELS).filter((other) => other !== model && other.startsWith(model))
  return inputs
    .filter((input) => input.startsWith(model) && !others.some((other) => input.startsWith(other)))
    .filter((input) => !/^ClientPaper/.test(input))
    .flatMap((input) => {
      const type = `Prisma.${input}`
      const hidden = `without<${type}, ${columns}>(true)`
      const rest = input.slice(model.length)
      if (CREATES.test(rest))
        return [hidden, ...fields.map((one) => `cell<${type}, '${one.name}', ${created(one)}>(true)`)]
      if (UPDATES.test(rest))
        return [hidden, ...fields.map((one) => `cell<${type}, '${one.name}', ${updated(one)}>(true)`)]
      if (SORTED.test(rest)) {
        // Of Json no database tells the smallest.
        const sorted = fields.filter(({ kind }) => /^OrderBy/.test(rest) || !('isJson' in KINDS[kind]))
        return [hidden, ...sorted.map((one) => `cell<${type}, '${one.name}', never>(true)`)]
      }
      // Fields of Data are named as arguments are.
      if (FILTERED.test(rest) || COUNTED.test(rest) || model === 'Data') return [hidden]
      if (COMPOUND.test(rest)) return [`without<${type}, ${columns}>(true)`]
      return [hidden, `without<${type}, ${names}>(true)`]
    })
}

const CREATES = /^(?:Unchecked)?Create(?:Without(?!\w*Nested)\w+)?Input$|^CreateMany(?!\w*Nested)\w*Input$/
const UPDATES = /^(?:Unchecked)?Update(?:Without\w+(?<!Nested)|ManyMutation|Many|ManyWithout\w+(?<!Nested))?Input$/
const SORTED = /^(?:OrderByWith(?:Relation|Aggregation)|(?:Min|Max)OrderByAggregate)Input$/
const FILTERED = /^(?:Scalar)?Where(?:Unique|WithAggregates)?Input$|^ScalarWhereWithAggregatesInput$/
const COUNTED = /^CountOrderByAggregateInput$/
const COMPOUND = /CompoundUniqueInput$/

const INDEX_COLUMNS: readonly string[] = [
  ...['ssnIndex', 'emailIndex', 'phoneIndex', 'codeIndex', 'badgeIndex', 'aliasIndex', 'loginIndex', 'loginExact'],
  ...['fullIndex', 'deviceIndex', 'dueIndex', 'thumbIndex'],
]

function created(field: FieldCells): string {
  const kind = KINDS[field.kind]
  if (!('isJson' in kind)) return `${kind.input}${orNull(field)}`
  return `Prisma.${field.optional ? 'Nullable' : ''}JsonNullValueInput | ${kind.input}`
}

function updated(field: FieldCells): string {
  const value = created(field)
  return 'isJson' in KINDS[field.kind] ? value : `{ set?: ${value} } | ${value}`
}

function filterCells(model: string, { fields, unique }: ModelCells): string[] {
  return ['WhereInput', 'ScalarWhereInput', 'WhereUniqueInput'].flatMap((type) =>
    type === 'ScalarWhereInput' && model === 'Data'
      ? []
      : fields.flatMap((field) =>
          conditionsOn(field).flatMap(([condition, answered]) => {
            const isUnique = type === 'WhereUniqueInput'
            const line = `takes<Prisma.${model}${type}>({ ${isUnique ? `${unique}, ` : ''}${field.name}: ${condition} })`
            // What identifies a row takes a value and nothing else.
            const allowed = answered && !(isUnique && field.unique === true && condition !== KINDS[field.kind].good)
            return allowed ? [line] : refused(line)
          }),
        ),
  )
}

/** A value of each field in every operation that writes, and one of another type. */
function writeCells({ delegate, least, leastOfMany, unique, fields }: ModelCells, takesAnyJson: boolean): string[] {
  const calls: readonly ((value: string) => string)[] = [
    (value) => `create({ data: { ...${least}, ${value} } })`,
    (value) => `createMany({ data: [{ ...${leastOfMany}, ${value} }] })`,
    (value) => `createManyAndReturn({ data: { ...${leastOfMany}, ${value} } })`,
    (value) => `update({ where: { ${unique} }, data: { ${value} } })`,
    (value) => `updateMany({ data: { ${value} } })`,
    (value) => `updateManyAndReturn({ data: { ${value} } })`,
    (value) => `upsert({ where: { ${unique} }, create: { ...${least}, ${value} }, update: {} })`,
    (value) => `upsert({ where: { ${unique} }, create: ${least}, update: { ${value} } })`,
  ]
  return fields.flatMap(({ name, kind }) =>
    calls.flatMap((call) => [
      `  await prisma.${delegate}.${call(`${name}: ${KINDS[kind].good}`)}`,
      ...('isJson' in KINDS[kind] && takesAnyJson
        ? []
        : refused(`  await prisma.${delegate}.${call(`${name}: ${KINDS[kind].bad}`)}`)),
    ]),
  )
}

/** A condition that is answered and one that is not, in every operation that has a filter. */
function whereCells({ delegate, least, unique, fields }: ModelCells): string[] {
  const many = ['findFirst', 'findFirstOrThrow', 'findMany', 'count', 'aggregate', 'deleteMany']
  const one = ['findUnique', 'findUniqueOrThrow', 'delete']
  const calls: readonly ((condition: string) => string)[] = [
    ...many.map((operation) => (condition: string) => `${operation}({ where: { ${condition} } })`),
    ...one.map((operation) => (condition: string) => `${operation}({ where: { ${unique}, ${condition} } })`),
    (condition) => `groupBy({ by: ['id'], where: { ${condition} } })`,
    (condition) => `update({ where: { ${unique}, ${condition} }, data: {} })`,
    (condition) => `updateMany({ where: { ${condition} }, data: {} })`,
    (condition) => `updateManyAndReturn({ where: { ${condition} }, data: {} })`,
    (condition) => `upsert({ where: { ${unique}, ${condition} }, create: ${least}, update: {} })`,
  ]
  return fields.flatMap((field) => {
    const allowed = conditionsOn(field).find(([, isAllowed]) => isAllowed)?.[0]
    return calls.flatMap((call) => [
      ...(allowed === undefined ? [] : [`  await prisma.${delegate}.${call(`${field.name}: ${allowed}`)}`]),
      ...refused(`  await prisma.${delegate}.${call(`${field.name}: { contains: ${KINDS[field.kind].good} }`)}`),
    ])
  })
}

/** Arguments that compare or sort what is stored. */
function otherCells({ delegate, fields }: ModelCells): string[] {
  return fields.flatMap((field) => {
    const { name, answer, kind } = field
    const isGrouped = answer === 'equality' && !('isBytes' in KINDS[kind])
    const cells: readonly (readonly [call: string, allowed: boolean])[] = [
      [`findMany({ orderBy: { ${name}: 'asc' } })`, false],
      [`findFirst({ orderBy: [{ ${name}: 'desc' }] })`, false],
      [`findMany({ distinct: ['${name}'] })`, answer === 'equality'],
      [`groupBy({ by: ['${name}'] })`, isGrouped],
      [`groupBy({ by: ['${name}'], having: { ${name}: { in: [${KINDS[kind].good}] } } })`, isGrouped],
      [`aggregate({ _count: { ${name}: true } })`, true],
      [`count({ select: { ${name}: true } })`, true],
      ...['_min', '_max', '_sum', '_avg'].map((one) => [`aggregate({ ${one}: { ${name}: true } })`, false] as const),
      [`findMany({ select: { ${name}: true } })`, true],
      [`findMany({ omit: { ${name}: true } })`, true],
    ]
    return cells.flatMap(([call, allowed]) => {
      const line = `  await prisma.${delegate}.${call}`
      return allowed ? [line] : refused(line)
    })
  })
}

/** What each operation gives back. */
function outputCells(
  model: string,
  { delegate, least, leastOfMany, unique, fields, plainFields, exposed }: ModelCells,
) {
  const where = `where: { ${unique} }`
  const calls: readonly (readonly [operation: string, args: string])[] = [
    ['findUnique', `{ ${where} }`],
    ['findUniqueOrThrow', `{ ${where} }`],
    ['findFirst', '{}'],
    ['findFirstOrThrow', '{}'],
    ['findMany', '{}'],
    ['create', `{ data: ${least} }`],
    ['createManyAndReturn', `{ data: [${leastOfMany}] }`],
    ['update', `{ ${where}, data: {} }`],
    ['updateManyAndReturn', '{ data: {} }'],
    ['upsert', `{ ${where}, create: ${least}, update: {} }`],
    ['delete', `{ ${where} }`],
  ]
  const names = [...plainFields, ...exposed, ...fields.map(({ name }) => name)].map((name) => `'${name}'`).join(' | ')
  const typeOf = (field: FieldCells) => `${KINDS[field.kind].output}${orNull(field)}`
  const cellsOf = (row: string) => [
    `  members<${row}, ${names}>(true)`,
    ...fields.map((field) => `  cell<${row}, '${field.name}', ${typeOf(field)}>(true)`),
  ]
  const rows = calls.flatMap(([operation, args]) => {
    const row = `${delegate}_${operation}`
    return [
      `  const ${row} = await prisma.${delegate}.${operation}(${args})`,
      ...cellsOf(`Row<typeof ${row}>`),
      ...cellsOf(`Row<Prisma.Result<Extended['${delegate}'], { select?: null }, '${operation}'>>`).slice(0, 1),
    ]
  })
  const selected = fields.map((field) => {
    const payload = `Prisma.${model}GetPayload<{ select: { ${field.name}: true } }>`
    return `  cell<${payload}, '${field.name}', ${typeOf(field)}>(true); members<${payload}, '${field.name}'>(true)`
  })
  const payload = `Prisma.Payload<Extended['${delegate}'], 'findMany'>['scalars']`
  return [...rows, ...selected, ...cellsOf(`Prisma.${model}GetPayload<{}>`), ...cellsOf(payload)]
}
