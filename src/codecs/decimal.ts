import { type ErrorDetails, InvalidValueError, MalformedCellError } from '../errors/index.js'
import type { Codec } from './codec.js'
import { decodeUtf8, encodeUtf8 } from './text.js'

const DECIMAL = 0x05
/** Digits a decimal may have once its exponent is written out: far beyond any database's, and a bound on memory. */
const MAX_DIGITS = 20_000
const CANONICAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?$/
const NUMERAL = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,6}))?$/

/** What decimal.js and its kin offer: plain notation, never an exponent. */
interface DecimalLike {
  toFixed(): string
}

function isDecimalLike(value: unknown): value is DecimalLike {
  return typeof value === 'object' && value !== null && 'toFixed' in value && typeof value.toFixed === 'function'
}

function numeralOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return isDecimalLike(value) ? value.toFixed() : undefined
}

/** `-0012.30e1` → `-123`; `undefined` if the text is not a decimal number. */
export function canonicalDecimal(numeral: string): string | undefined {
  const match = NUMERAL.exec(numeral)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  let digits = whole + fraction
  let point = whole.length + Number(exponent)
  const width = Math.max(digits.length, point, digits.length - point)
  if (width > MAX_DIGITS) return undefined
  if (point < 0) {
    digits = '0'.repeat(-point) + digits
    point = 0
  }
  digits = digits.padEnd(point, '0')
  const integer = digits.slice(0, point).replace(/^0+/, '') || '0'
  const decimals = withoutTrailingZeros(digits.slice(point))
  const text = decimals === '' ? integer : `${integer}.${decimals}`
  return sign === '-' && text !== '0' ? `-${text}` : text
}

/** In linear time, as `/0+$/` is not. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (digits.charAt(end - 1) === '0') end--
  return digits.slice(0, end)
}

/**
 * Decimals of any precision, as text in one form: no exponent, no trailing zero, no −0. Takes a string, a finite
 * number, a bigint or a decimal.js-like object; gives back a string, from which the adapter makes its own class.
 */
export const decimalCodec: Codec<string> = {
  type: 'Decimal',
  id: DECIMAL,
  encode(value: unknown, where: ErrorDetails) {
    const numeral = numeralOf(value)
    const text = numeral === undefined ? undefined : canonicalDecimal(numeral)
    if (text === undefined) {
      throw new InvalidValueError(`the value is not a decimal number of at most ${MAX_DIGITS} digits`, where)
    }
    return encodeUtf8(DECIMAL, text, where)
  },
  decode(bytes, where) {
    const text = decodeUtf8(bytes, where)
    if (!CANONICAL.test(text) || text === '-0') throw new MalformedCellError('its Decimal is not canonical', where)
    return text
  },
}
