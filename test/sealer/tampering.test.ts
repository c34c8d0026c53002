import { Buffer } from 'node:buffer'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  AuthenticationFailedError,
  ForeignTenantKeyError,
  MalformedCellError,
  PlaintextFoundError,
  UnknownFormatError,
  UnknownKeyError,
} from '../../src/errors/index.js'
import { activeRefOf } from '../../src/keys/key-row.js'
import type { StoredCell } from '../../src/sealer/index.js'
import { type Bench, createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { inState, makeRow, onlyRow, rotate } from '../support/core/key-rows.js'

const PREFIX = 'enc::'
const KEY_ID_AT = 7
const BODY_AT = 20
const CANDIDATES = [...'AZaz09gQ_-.:=+/ \n', 'é', '\u0000']
/** One byte of plaintext, two, three: bodies whose last base64 character carries 2, 4 and 6 bits. */
const VALUES = ['1', '12', '123'] as const

let bench: Bench

/** A tenant whose data key is called k00000000001, so that what a changed header means does not depend on chance. */
beforeAll(async () => {
  bench = createBench()
  bench.rows.put(await makeRow(bench.kms, { keyId: 'k00000000001' }))
})

function inFirm<T>(work: () => Promise<T>, tenant = 'firm_1'): Promise<T> {
  return bench.fieldseal.withTenant(tenant, work)
}

const sealText = async (value: string): Promise<string> =>
  String(await inFirm(() => bench.fieldseal.encrypt('Client.ssn', value)))

async function sealBytes(value: Uint8Array): Promise<Buffer> {
  const cell = await inFirm(() => bench.fieldseal.encrypt('Client.scan', value))
  if (!(cell instanceof Uint8Array)) throw new Error('a Bytes column takes bytes')
  return Buffer.from(cell)
}

/** What must happen when the character at `position` of a text cell is another one. */
function expectedOfText(changed: string, position: number, character: string) {
  if (position < PREFIX.length) return PlaintextFoundError
  if (position === 5) return /[0-9]/.test(character) ? UnknownFormatError : PlaintextFoundError
  if (position === 6) return PlaintextFoundError
  if (position < KEY_ID_AT + 12) return /[0-9a-z]/.test(character) ? UnknownKeyError : MalformedCellError
  if (position < BODY_AT || !/[A-Za-z0-9_-]/.test(character)) return MalformedCellError
  const body = changed.slice(BODY_AT)
  const canonical = Buffer.from(body, 'base64url').toString('base64url') === body
  return canonical ? AuthenticationFailedError : MalformedCellError
}

function expectedOfBytes(position: number, byte: number) {
  if (position < 3) return PlaintextFoundError
  if (position === 3) return UnknownFormatError
  if (position >= 16) return AuthenticationFailedError
  return /[0-9a-z]/.test(String.fromCharCode(byte)) ? UnknownKeyError : MalformedCellError
}

async function everyTextFlip(field: 'Client.ssn' | 'Client.intake', cell: string): Promise<void> {
  await inFirm(async () => {
    for (let position = 0; position < cell.length; position++) {
      for (const character of CANDIDATES) {
        if (cell[position] === character) continue
        const changed = cell.slice(0, position) + character + cell.slice(position + 1)
        await thrownBy(expectedOfText(changed, position, character), () => bench.fieldseal.decrypt(field, changed))
      }
    }
  })
}

describe('a cell with one character changed', () => {
  it.each(VALUES)('never opens, at any position, in a String column (%j)', async (value) => {
    await everyTextFlip('Client.ssn', await sealText(value))
  })

  it('never opens, at any position, in a Json column', async () => {
    await everyTextFlip('Client.intake', String(await inFirm(() => bench.fieldseal.encrypt('Client.intake', { a: 1 }))))
  })

  it('never opens with its last base64 character changed to any other', async () => {
    for (const value of VALUES) {
      const cell = await sealText(value)
      for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
        if (cell.endsWith(last)) continue
        const changed = cell.slice(0, -1) + last
        await thrownBy(expectedOfText(changed, cell.length - 1, last), () =>
          inFirm(() => bench.fieldseal.decrypt('Client.ssn', changed)),
        )
      }
    }
  })

  it('never opens with any bit of any byte flipped in a Bytes column', async () => {
    const cell = await sealBytes(Uint8Array.of(1, 2, 3))
    await inFirm(async () => {
      for (let position = 0; position < cell.length; position++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = Buffer.from(cell)
          const byte = cell.readUInt8(position) ^ (1 << bit)
          changed.writeUInt8(byte, position)
          await thrownBy(expectedOfBytes(position, byte), () => bench.fieldseal.decrypt('Client.scan', changed))
        }
      }
    })
  })

  it('never opens with characters taken away or put in', async () => {
    const cell = await sealText('123-45-6789')
    await inFirm(async () => {
      for (let position = BODY_AT; position < cell.length; position++) {
        for (const changed of [
          cell.slice(0, position) + cell.slice(position + 1),
          `${cell.slice(0, position)}A${cell.slice(position)}`,
        ]) {
          const outcome = bench.fieldseal.decrypt('Client.ssn', changed)
          await expect(outcome).rejects.toSatisfy(
            (error) => error instanceof MalformedCellError || error instanceof AuthenticationFailedError,
          )
        }
      }
    })
  })
})

describe('a cell that was moved', () => {
  it.each([['Client.name' as const], ['Client.initials' as const], ['Client.birth' as const]])(
    'to the field %s of its row fails authentication',
    async (field) => {
      const cell = await sealText('123')
      await thrownBy(AuthenticationFailedError, () => inFirm(() => bench.fieldseal.decrypt(field, cell)))
    },
  )

  it('between two Json columns, or two Bytes columns, fails authentication', async () => {
    const json = await inFirm(() => bench.fieldseal.encrypt('Client.intake', { a: 1 }))
    await thrownBy(AuthenticationFailedError, () => inFirm(() => bench.fieldseal.decrypt('Client.otherIntake', json)))
    const bytes = await sealBytes(Uint8Array.of(1))
    await thrownBy(AuthenticationFailedError, () => inFirm(() => bench.fieldseal.decrypt('Client.otherScan', bytes)))
  })

  it('to another tenant names the key of a foreign tenant', async () => {
    const cell = await sealText('123')
    const error = await thrownBy(ForeignTenantKeyError, () =>
      inFirm(() => bench.fieldseal.decrypt('Client.ssn', cell), 'firm_2'),
    )
    expect(error).toMatchObject({ model: 'Client', field: 'ssn', tenant: 'firm_2', keyId: 'k00000000001' })
  })

  it('to the application, or from it, names the key of a foreign tenant', async () => {
    const secret = await bench.fieldseal.encrypt('Setting.secret', 'a')
    await thrownBy(ForeignTenantKeyError, () => inFirm(() => bench.fieldseal.decrypt('Client.ssn', secret)))
    const cell = await sealText('123')
    await thrownBy(ForeignTenantKeyError, () => bench.fieldseal.decrypt('Setting.secret', cell))
  })

  it('under another key of the same tenant fails authentication', async () => {
    const { fieldseal, rows, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const old = await onlyRow(rows)
    const cell = String(await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' }))
    const fresh = await rotate(rows, kms)
    const renamed = cell.replace(old.keyId, fresh.keyId)
    await thrownBy(AuthenticationFailedError, () => fieldseal.decrypt('Client.ssn', renamed, { tenant: 'firm_1' }))
  })

  it('to another carrier is not taken for a cell there', async () => {
    const text = await sealText('123')
    const bytes = await sealBytes(Uint8Array.of(1))
    const wrong: [Parameters<typeof bench.fieldseal.decrypt>[0], unknown][] = [
      ['Client.scan', text],
      ['Client.scan', Buffer.from(text)],
      ['Client.ssn', bytes],
      ['Client.ssn', bytes.toString('latin1')],
      ['Client.intake', bytes],
      ['Client.intake', { cell: text }],
      ['Client.intake', [text]],
      ['Client.ssn', 123],
    ]
    for (const [field, stored] of wrong) {
      await thrownBy(PlaintextFoundError, () => inFirm(() => bench.fieldseal.decrypt(field, stored)))
    }
  })

  it('together with its key row to another tenant still does not open', async () => {
    const { fieldseal, rows } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const cell = String(await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' }))
    const row = await onlyRow(rows)
    const { tenantRef } = await onlyRowOf(fieldseal, rows, 'firm_2')
    rows.put({ ...inState(row, 'decrypt-only'), tenant: 'firm_2', tenantRef })
    const outcome = fieldseal.decrypt('Client.ssn', cell, { tenant: 'firm_2' })
    await expect(outcome).rejects.toMatchObject({ code: 'UNWRAP_FAILED' })
    expect(activeRefOf(tenantRef, 'data')).not.toBe(row.activeRef)
  })
})

async function onlyRowOf(fieldseal: Bench['fieldseal'], rows: Bench['rows'], tenant: string) {
  await fieldseal.ensureTenant(tenant)
  return onlyRow(rows, tenant)
}

describe('text in the reserved space', () => {
  it.each([['enc::1.'], ['enc::1.k00000000001.'], ['enc::999.whatever'], ['enc::01.x'], ['enc::']])(
    '%j is sealed like any other and comes back as it was',
    async (text) => {
      const cell = await sealText(text)
      expect(cell).not.toBe(text)
      await expect(inFirm(() => bench.fieldseal.decrypt('Client.ssn', cell))).resolves.toBe(text)
    },
  )

  it('a cell given as a value comes back as that cell, however often', async () => {
    let value: StoredCell = await sealText('inner')
    const layers = [value]
    for (let i = 0; i < 3; i++) {
      value = await sealText(String(value))
      layers.push(value)
    }
    for (let i = 3; i > 0; i--) {
      await expect(inFirm(() => bench.fieldseal.decrypt('Client.ssn', layers[i]))).resolves.toBe(layers[i - 1])
    }
  })

  it('bytes that begin with FSL, even a whole cell, come back as they were', async () => {
    for (const bytes of [Uint8Array.from(Buffer.from('FSL')), Uint8Array.from(await sealBytes(Uint8Array.of(1)))]) {
      const cell = await sealBytes(bytes)
      await expect(inFirm(() => bench.fieldseal.decrypt('Client.scan', cell))).resolves.toEqual(bytes)
    }
  })
})
