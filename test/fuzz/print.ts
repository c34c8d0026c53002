import { delegateName, modelNamed } from './models.js'
import { Made, type PrismaNamespace, render, type Side } from './sides.js'
import { isTransaction, type Program, type Step } from './step.js'

/** A program as code to paste into a test: `sealed` and `plain` are clients, `Prisma` is of the generated one. */
export function asCode(program: Program, side: Side = 'sealed'): string {
  return program.steps.map((one) => `${statement(one, side)}\n`).join('')
}

function statement(one: Program['steps'][number], side: Side): string {
  if (!isTransaction(one)) return inContext(call('db', one, side), one.tenant, side)
  const { form, steps, tenant } = one
  const calls = steps.map((step) => call(form === 'array' ? 'db' : 'tx', step, side))
  const code =
    form === 'array'
      ? `db.$transaction([${calls.join(', ')}])`
      : `db.$transaction(async (tx) => { ${calls.map((each) => `await ${each}`).join('; ')} })`
  return inContext(code, tenant, side)
}

function inContext(code: string, tenant: string | undefined, side: Side): string {
  if (side === 'plain' || tenant === undefined) return `await ${code}`
  return `await db.$fieldseal.withTenant('${tenant}', () => ${code})`
}

function call(client: string, { model, operation, args, fluent, refused }: Step, side: Side): string {
  const own = `${client}.${delegateName(modelNamed(model))}.${operation}(${literal(args, side)})`
  const called = (fluent ?? []).map(({ relation, args: given }) => `.${relation}(${literal(given, side)})`)
  return `${own}${called.join('')}${refused === undefined ? '' : ` /* refused: ${refused.rule} */`}`
}

/** Values that a client makes are written as they are made. */
const NAMESPACE: PrismaNamespace = {
  DbNull: new Made('DbNull'),
  JsonNull: new Made('JsonNull'),
  AnyNull: new Made('AnyNull'),
  Decimal: class {
    constructor(readonly text: string) {}
  },
}

function literal(args: unknown, side: Side): string {
  return code(render(args, side, NAMESPACE))
}

function code(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Date) return `new Date('${value.toISOString()}')`
  if (value instanceof Uint8Array) return `Uint8Array.from([${value.join(', ')}])`
  if (value instanceof Made) return `Prisma.${value.name}`
  if (Array.isArray(value)) return `[${value.map(code).join(', ')}]`
  if (typeof NAMESPACE.Decimal === 'function' && value instanceof NAMESPACE.Decimal) {
    return `new Prisma.Decimal('${Reflect.get(value, 'text')}')`
  }
  const fields = Object.entries(value).map(
    ([key, inner]) => `${/^\w+$/.test(key) ? key : JSON.stringify(key)}: ${code(inner)}`,
  )
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}
