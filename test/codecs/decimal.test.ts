import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/codecs/index.js'
import { InvalidValueError, MalformedCellError } from '../../src/errors/index.js'
import { one, roundTrip, where } from './round-trip.js'

const Decimal = one('Decimal')
const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`))

/** The shape of decimal.js, big.js and Prisma's Decimal as far as the codec looks at it. */
class DecimalLike {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toFixed(): string {
    return this.#text
  }
}

describe('the Decimal codec', () => {
  it('writes one text for every way to write a number', () => {
    for (const spelling of [
      '12.3',
      '012.30',
      '+12.3',
      ' 12.3 ',
      '1.23e1',
      '123E-1',
      '0.00123e4',
      '12.3e0',
      '12.3e+0',
    ]) {
      expect(roundTrip(Decimal, spelling)).toBe('12.3')
    }
    expect(roundTrip(Decimal, '5.')).toBe('5')
    expect(roundTrip(Decimal, '.5')).toBe('0.5')
  })

  it('has no negative zero', () => {
    for (const zero of ['-0', '-0.000', '0e5', '-.0', -0, 0n]) expect(roundTrip(Decimal, zero)).toBe('0')
  })

  it('does not depend on leading and trailing zeros, nor on where the exponent puts the point', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        digits(1, 30),
        digits(1, 30),
        fc.nat(20),
        fc.integer({ min: -40, max: 40 }),
        (minus, whole, fraction, zeros, shift) => {
          const sign = minus ? '-' : ''
          const pad = '0'.repeat(zeros)
          const plain = roundTrip(Decimal, `${sign}${whole}.${fraction}`)
          expect(roundTrip(Decimal, `${sign}${pad}${whole}.${fraction}${pad}`)).toBe(plain)
          const moved = roundTrip(Decimal, `${sign}${whole}.${fraction}e${shift}`)
          expect(roundTrip(Decimal, `${moved}e${-shift}`)).toBe(plain)
        },
      ),
    )
  })

  it('gives back what it gave: canonical text is left alone', () => {
    fc.assert(
      fc.property(digits(1, 40), digits(0, 40), (whole, fraction) => {
        const text = roundTrip(Decimal, `${whole}.${fraction}`) as string
        expect(roundTrip(Decimal, text)).toBe(text)
        expect(Number(text)).toBe(Number(`${whole}.${fraction}`))
      }),
    )
  })

  it('keeps 1000 digits on both sides of the point', () => {
    const text = `-${'123456789'.repeat(112)}.${'987654321'.repeat(112)}`
    expect(roundTrip(Decimal, text)).toBe(text)
  })

  it('takes numbers, bigints and decimal.js-like objects', () => {
    expect(roundTrip(Decimal, 0.1)).toBe('0.1')
    expect(roundTrip(Decimal, 1e21)).toBe('1000000000000000000000')
    expect(roundTrip(Decimal, 1e-7)).toBe('0.0000001')
    expect(roundTrip(Decimal, 10n ** 40n)).toBe(`1${'0'.repeat(40)}`)
    expect(roundTrip(Decimal, new DecimalLike('-12.340'))).toBe('-12.34')
  })

  it.each([
    ['text'],
    [''],
    ['.'],
    ['-'],
    ['1e'],
    ['1_000'],
    ['1,5'],
    ['0x10'],
    ['٣'],
    ['NaN'],
    ['Infinity'],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [new DecimalLike('NaN')],
    [true],
    [{}],
    [[]],
  ])('refuses %s', (value) => {
    expect(() => encodeValue(Decimal, value, where)).toThrow(InvalidValueError)
  })

  it('refuses an exponent that would fill the memory, and does so at once', () => {
    for (const bomb of ['1e999999', '1e-999999', '1e20001', '1e99999999999']) {
      expect(() => encodeValue(Decimal, bomb, where)).toThrow(InvalidValueError)
    }
  })

  it('takes time in proportion to the digits, however the zeros stand', () => {
    const zeros = `0.${'0'.repeat(19_990)}1`
    const begun = performance.now()
    for (let i = 0; i < 20; i++) encodeValue(Decimal, zeros, where)
    expect(performance.now() - begun).toBeLessThan(500)
  })

  it.each([['-0'], ['01'], ['1.0'], ['1.'], ['.5'], ['1e5'], ['+1'], ['']])(
    'does not open %j, which it would not have written',
    (text) => {
      expect(() => decodeValue(Decimal, Buffer.from(`\u0005${text}`), where)).toThrow(MalformedCellError)
    },
  )
})
