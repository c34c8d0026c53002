import { type FieldCells, KINDS } from './fields.js'

const FILTERS: readonly string[] = ['equals', 'in', 'not', 'notIn']
/** What cells cannot answer, whatever their indexes. */
const REFUSED: readonly string[] = (
  'lt lte gt gte contains startsWith endsWith search has hasEvery hasSome isEmpty ' +
  'path string_contains string_starts_with array_contains array_starts_with'
).split(' ')

/** Conditions on a field, and whether its indexes answer them. */
export function conditionsOn(field: FieldCells): readonly (readonly [condition: string, allowed: boolean])[] {
  const kind = KINDS[field.kind]
  const { good, bad } = kind
  const isJson = 'isJson' in kind
  const finds = !isJson && (field.answer === 'equality' || field.answer === 'look-up')
  const negates = finds && field.answer === 'equality'
  const none = isJson ? 'Prisma.DbNull' : 'null'
  // Equalities that only go together are in the programs that are run.
  const values = field.answer === 'together' ? [] : [[good, finds] as const]
  const operators = FILTERS.filter(() => field.answer !== 'together').map((operator) => {
    const operand = /in$/i.test(operator) ? `[${good}]` : good
    return [`{ ${operator}: ${operand} }`, operator.startsWith('not') ? negates : finds] as const
  })
  return [
    ...values,
    ...operators,
    [bad, false],
    [`{ equals: ${bad} }`, false],
    [`{ in: [${bad}] }`, false],
    [`{ not: ${none} }`, field.optional],
    ...(isJson ? [] : [['null', field.optional] as const]),
    ...(field.answer === 'together' ? [] : [[`{ equals: ${none} }`, field.optional] as const]),
    ...REFUSED.map((operator) => [`{ ${operator}: ${good} }`, false] as const),
  ]
}
