import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedCellError, PlaintextFoundError, UnknownFormatError } from '../../src/errors/index.js'
import {
  binaryCellLength,
  bytesOfCell,
  type Cell,
  cellHeader,
  isReserved,
  parseCell,
  textCellLength,
  textOfCell,
} from '../../src/message/index.js'

const where = { model: 'Client', field: 'ssn' } as const
const keyIds = fc.stringMatching(/^[0-9a-z]{12}$/)
const cells: fc.Arbitrary<Cell> = fc.record({
  suite: fc.constant(1 as const),
  keyId: keyIds,
  nonce: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  sealed: fc.uint8Array({ minLength: 17, maxLength: 200 }),
})
const example: Cell = {
  suite: 1,
  keyId: 'k00000000001',
  nonce: new Uint8Array(12).fill(3),
  sealed: new Uint8Array(17).fill(4),
}
const plainOf = ({ suite, keyId, nonce, sealed }: Cell) => ({
  suite,
  keyId,
  nonce: [...nonce],
  sealed: [...sealed],
})

/** The class of error that reading a stored value ends in, if it does. */
function outcomeOf(stored: unknown): unknown {
  try {
    parseCell(stored, where)
  } catch (error) {
    return Object(error).constructor
  }
  return undefined
}

describe('a cell', () => {
  it('is the same after being written and read, as text and as bytes', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        expect(plainOf(parseCell(textOfCell(cell), where))).toEqual(plainOf(cell))
        expect(plainOf(parseCell(bytesOfCell(cell), where))).toEqual(plainOf(cell))
      }),
    )
  })

  it('has one text and one byte form: what parses is what would be written', () => {
    fc.assert(
      fc.property(cells, fc.nat(), fc.integer({ min: 0x20, max: 0x7e }), (cell, position, code) => {
        const text = textOfCell(cell)
        const at = position % text.length
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
        let parsed: Cell
        try {
          parsed = parseCell(changed, where)
        } catch {
          return
        }
        expect(textOfCell(parsed)).toBe(changed)
      }),
      { numRuns: 500 },
    )
  })

  it('is read whole when it holds many megabytes', () => {
    const text = textOfCell({ ...example, sealed: new Uint8Array(24 << 20) })
    expect(parseCell(text, where).sealed).toHaveLength(24 << 20)
    expect(() => parseCell(`${text}=`, where)).toThrow(MalformedCellError)
  })

  it('has the length the size functions foretell', () => {
    for (let payload = 0; payload < 40; payload++) {
      const cell = { ...example, sealed: new Uint8Array(1 + payload + 16) }
      expect(textOfCell(cell)).toHaveLength(textCellLength(payload))
      expect(bytesOfCell(cell)).toHaveLength(binaryCellLength(payload))
    }
  })

  it('has text made of characters that every column and collation keeps', () => {
    expect(textOfCell(example)).toMatch(/^enc::1\.[0-9a-z]{12}\.[A-Za-z0-9_-]{39,}$/)
  })

  it('cut short at any character is malformed, or no longer in the reserved space', () => {
    const text = textOfCell(example)
    for (let length = 0; length < text.length; length++) {
      const expected = length < 7 ? PlaintextFoundError : MalformedCellError
      expect(() => parseCell(text.slice(0, length), where), `${length} characters`).toThrow(expected)
    }
    const bytes = bytesOfCell(example)
    for (let length = 0; length < bytes.length; length++) {
      const expected = length < 3 ? PlaintextFoundError : MalformedCellError
      expect(() => parseCell(bytes.subarray(0, length), where), `${length} bytes`).toThrow(expected)
    }
  })

  it.each([['\n'], [' '], ['='], ['.'], ['\u0000'], ['\r\n']])('followed by %j is malformed', (tail) => {
    expect(() => parseCell(textOfCell(example) + tail, where)).toThrow(MalformedCellError)
  })

  it('with base64 that decodes but is not how it would be written is malformed', () => {
    // 29 bytes end in a character that carries four bits: its last two must be zero.
    const text = textOfCell({ ...example, sealed: new Uint8Array(17).fill(0) })
    expect(text.endsWith('A')).toBe(true)
    for (const last of ['B', 'C', 'D']) {
      expect(() => parseCell(text.slice(0, -1) + last, where)).toThrow(MalformedCellError)
    }
    expect(() => parseCell(`${text.slice(0, -1)}E`, where)).not.toThrow()
    expect(() => parseCell(text.replace('AwMD', '+wMD'), where)).toThrow(MalformedCellError)
    expect(() => parseCell(text.replace('AwMD', '/wMD'), where)).toThrow(MalformedCellError)
  })

  it.each([['0'], ['2'], ['3'], ['9'], ['10'], ['255'], ['99999999999999999999']])(
    'of format %s is refused as unknown, whatever follows',
    (suite) => {
      expect(() => parseCell(`enc::${suite}.`, where)).toThrow(UnknownFormatError)
      expect(() => parseCell(textOfCell(example).replace('::1.', `::${suite}.`), where)).toThrow(UnknownFormatError)
    },
  )

  it('whose format number has a leading zero is malformed', () => {
    expect(() => parseCell(textOfCell(example).replace('::1.', '::01.'), where)).toThrow(MalformedCellError)
  })

  it('in bytes of any format but 1 is refused as unknown', () => {
    for (let suite = 0; suite < 256; suite++) {
      if (suite === 1) continue
      const bytes = bytesOfCell(example)
      bytes[3] = suite
      expect(() => parseCell(bytes, where)).toThrow(UnknownFormatError)
    }
  })

  it('is made only for a key id that is one', () => {
    for (const keyId of ['', 'k0000000001', 'K00000000001', 'k000000000012', 'k0000000000.', 'k0000000000é']) {
      expect(() => cellHeader(1, keyId)).toThrow(RangeError)
    }
  })
})

describe('the reserved space', () => {
  it.each([
    ['enc::1.'],
    ['enc::1.k00000000001.x'],
    ['enc::0.'],
    ['enc::01.'],
    ['enc::123456789.anything at all'],
    [textOfCell(example)],
  ])('holds the text %j', (text) => {
    expect(isReserved(text)).toBe(true)
    expect(outcomeOf(text)).not.toBe(PlaintextFoundError)
  })

  it.each([
    [''],
    ['enc'],
    ['enc::'],
    ['enc::1'],
    ['enc::.'],
    ['enc::a.'],
    ['ENC::1.'],
    [' enc::1.'],
    ['enc:1.'],
    ['\nenc::1.'],
    ['enc::-1.'],
    ['enc::١.'],
  ])('does not hold the text %j', (text) => {
    expect(isReserved(text)).toBe(false)
    expect(() => parseCell(text, where)).toThrow(PlaintextFoundError)
  })

  it('holds bytes that begin with FSL, and no others', () => {
    expect(isReserved(Buffer.from('FSL'))).toBe(true)
    expect(isReserved(Uint8Array.of(0x46, 0x53, 0x4c, 0xff))).toBe(true)
    for (const bytes of [Buffer.from('FS'), Buffer.from('fsl'), Buffer.from('xFSL'), new Uint8Array(0)]) {
      expect(isReserved(bytes)).toBe(false)
      expect(() => parseCell(bytes, where)).toThrow(PlaintextFoundError)
    }
  })

  it.each([[null], [undefined], [1], [{}], [['enc::1.']], [new Date(0)]])('does not hold %s', (value) => {
    expect(isReserved(value)).toBe(false)
    expect(() => parseCell(value, where)).toThrow(PlaintextFoundError)
  })
})
