import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { defineIndex, definitionBytes, tagMessage } from '../../src/blind-index/index.js'
import { encodeValue } from '../../src/codecs/index.js'
import { encrypt } from '../../src/crypto/index.js'
import { FieldsealError } from '../../src/errors/index.js'
import { keyCheckValue } from '../../src/keys/key-check.js'
import { encryptionContextBytes } from '../../src/kms/context-bytes.js'
import { bytesOfCell, type Cell, cellAad, deriveFieldKey, parseCell, textOfCell } from '../../src/message/index.js'
import { open, readCells, type SealedField, type TaggedIndex, tag } from '../../src/sealer/index.js'
import {
  type CellVector,
  cellFile,
  fromText,
  keyFile,
  type MalformedVector,
  malformedFile,
  type TagVector,
  tagFile,
  valueOfVector,
} from './vector-files.js'
import { vectorKeyring } from './vector-keyring.js'

const place = { tenant: { kind: 'context' }, where: { model: 'Client', field: 'f' } } as const

function fieldOf({ fieldId, column, type, list }: CellVector | MalformedVector): SealedField {
  return { ...place, model: 'Client', field: 'f', fieldId, column, type, list, maxBytes: null, derivation: fieldId }
}

function storedOf({ column, cell }: CellVector | MalformedVector): string | Uint8Array {
  return column === 'Bytes' ? Uint8Array.from(Buffer.from(cell, 'hex')) : cell
}

/** Opens a stored value the way the library does: take it apart, warm the key it names, open. */
async function openWith(keys: typeof cellFile.keys, vector: CellVector | MalformedVector): Promise<unknown> {
  const batch = readCells([{ field: fieldOf(vector), tenant: vector.tenant, stored: storedOf(vector) }])
  const set = await vectorKeyring(keys).warm({ active: [], named: batch.named })
  try {
    return open(set, batch)[0]
  } finally {
    set.release()
  }
}

/** A Date keeps milliseconds; everything else comes back as it was given. */
function asOpened({ type }: CellVector, value: unknown): unknown {
  if (type !== 'DateTime') return value
  return Array.isArray(value) ? value.map((text) => new Date(text)) : new Date(String(value))
}

async function codeOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening
  } catch (error) {
    if (error instanceof FieldsealError) return error.code
    throw error
  }
  return 'opened'
}

const cells = cellFile.cells.filter((vector) => vector.row === undefined)
const rowBound = cellFile.cells.filter((vector) => vector.row !== undefined)

describe('cells of the format', () => {
  it.each(cells)('open: $name', async (vector) => {
    await expect(openWith(cellFile.keys, vector)).resolves.toStrictEqual(asOpened(vector, valueOfVector(vector)))
  })

  it.each(cells)('are what a value gives: $name', (vector) => {
    expect(encodeValue(vector, valueOfVector(vector), {}).toString('hex')).toBe(vector.plaintext)
  })

  it.each(cells)('are what sealing gives with their nonce: $name', (vector) => {
    const { keyId, nonce } = parseCell(storedOf(vector), {})
    const cellPlace = { keyId, tenant: vector.tenant, fieldId: vector.fieldId }
    const fieldKey = deriveFieldKey(Buffer.from(cellFile.keys[keyId]?.key ?? '', 'hex'), cellPlace)
    const sealed = encrypt(fieldKey, nonce, Buffer.from(vector.plaintext, 'hex'), cellAad(cellPlace))
    const cell: Cell = { suite: 1, keyId, nonce, sealed }
    expect(vector.column === 'Bytes' ? bytesOfCell(cell).toString('hex') : textOfCell(cell)).toBe(vector.cell)
  })

  it.each(rowBound)('of the reserved suite are refused, never taken for text: $name', async (vector) => {
    expect(await codeOf(openWith(cellFile.keys, vector))).toBe('UNKNOWN_FORMAT')
  })

  it('begin with the vector that the format is published with', () => {
    expect(cellFile.cells[0]).toMatchObject({
      tenant: 'firm_1',
      fieldId: 'Client.ssn',
      value: '123-45-6789',
      cell: 'enc::1.k00000000001.AwMDAwMDAwMDAwMDPuRIRHa_YHCWltF2eAlVbhpjPNHoqCHKnvSELQ',
    })
  })
})

describe('what is not a cell', () => {
  it.each(malformedFile.malformed)('is refused with $code: $name', async (vector) => {
    expect(await codeOf(openWith(malformedFile.keys, vector))).toBe(vector.code)
  })
})

describe('tags of the format', () => {
  const partsOf = ({ parts }: TagVector) => parts.map((part) => ({ ...part, field: 'f' }))
  const valuesOf = ({ parts }: TagVector) =>
    parts.map(({ type, value }) => (value === null ? null : fromText(type, value)))
  const indexOf = (vector: TagVector): TaggedIndex => ({
    ...place,
    derivation: vector.indexId,
    ...defineIndex(
      'Client',
      'fIndex',
      {
        indexId: vector.indexId,
        scope: vector.scope,
        bits: 128,
        parts: vector.parts.map(({ normalisers }) => ({ field: 'f', normalisers })),
        exact: false,
        equivalence: false,
        primary: true,
      },
      partsOf(vector),
    ),
  })

  it.each(tagFile.tags)('are what the library gives: $name', async (vector) => {
    const owner = vector.scope === 'global' ? '' : vector.tenant
    const keys = await vectorKeyring(tagFile.keys).warm({ active: [{ tenant: owner, purpose: 'index' }], named: [] })
    const item = { index: indexOf(vector), tenant: vector.tenant, values: valuesOf(vector) }
    expect(tag(keys, [item])).toEqual([vector.tag])
    keys.release()
  })

  it.each(tagFile.tags)('have the definition that their vector shows: $name', (vector) => {
    const { indexId, scope } = vector
    expect(definitionBytes({ indexId, scope, bits: 128 }, partsOf(vector)).toString('hex')).toBe(vector.definition)
  })

  it.each(tagFile.tags.filter(({ message }) => message !== null))('have the message shown: $name', (vector) => {
    expect(tagMessage(indexOf(vector), valuesOf(vector), {}).toString('hex')).toBe(vector.message)
  })

  it('begin with the vector that the format is published with', () => {
    expect(tagFile.tags[0]).toMatchObject({
      indexId: 'Client.ssnIndex',
      tag: 'k000000000022cqo58.n80tilbuu5a0m8ssio2ahsv7oo',
    })
  })

  it('are equal for +0 and -0, and for nothing else here', () => {
    const tags = tagFile.tags.filter((vector) => vector.tag !== null)
    const shared = tags.filter((vector) => tags.some((other) => other !== vector && other.tag === vector.tag))
    expect(shared.map(({ parts }) => parts[0]?.value)).toEqual(['0', '-0'])
  })
})

describe('keys of the format', () => {
  it.each(Object.entries(keyFile.keys))(
    'have the key check value shown: %s',
    (keyId, { key, tenant, purpose, kcv }) => {
      expect(keyCheckValue(Buffer.from(key, 'hex'), { keyId, tenant, purpose }).toString('hex')).toBe(kcv)
    },
  )

  it.each(keyFile.kmsContexts)('are bound to the context bytes shown: $name', ({ pairs, bytes }) => {
    expect(encryptionContextBytes(pairs).toString('hex')).toBe(bytes)
  })
})
