import { Buffer } from 'node:buffer'
import { decodeBase64url, encodeBase64url, KEY_ID_LENGTH, NONCE_BYTES, startsWith, TAG_BYTES } from '../crypto/index.js'
import { type ErrorDetails, MalformedCellError, PlaintextFoundError, UnknownFormatError } from '../errors/index.js'

/** AES-256-GCM, not bound to a row: the only suite this release seals and opens. */
export const SUITE = 1
/** AES-256-GCM, bound to a row: reserved. */
export const ROW_BOUND_SUITE = 2

const MAGIC = Buffer.from('FSL', 'latin1')
const HEADER_BYTES = MAGIC.length + 1 + KEY_ID_LENGTH
const KEY_ID = /^[0-9a-z]{12}$/
const RESERVED_TEXT = /^enc::[0-9]+\./
const CELL_PREFIX = /^enc::1\.([0-9a-z]{12})\.$/
const PREFIX_CHARACTERS = 8 + KEY_ID_LENGTH
/** codec byte, no payload */
const MIN_BODY_BYTES = NONCE_BYTES + 1 + TAG_BYTES

/** A cell taken apart. `sealed` is ciphertext ‖ tag. */
export interface Cell {
  readonly suite: typeof SUITE
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

/** `46 53 4C ‖ suite ‖ keyId`: 16 bytes, part of every cell's AAD. */
export function cellHeader(suite: number, keyId: string): Buffer {
  if (!KEY_ID.test(keyId)) throw new RangeError('a key id has 12 characters 0-9a-z')
  return Buffer.concat([MAGIC, Buffer.of(suite), Buffer.from(keyId, 'latin1')])
}

/** What the text form of every cell of a key begins with: `enc::1.<keyId>.`, 20 characters. */
export function cellTextPrefix(suite: number, keyId: string): string {
  return `enc::${suite}.${keyId}.`
}

/** The text form, for String and Json columns. */
export function textOfCell(cell: Cell): string {
  return cellTextPrefix(cell.suite, cell.keyId) + encodeBase64url(Buffer.concat([cell.nonce, cell.sealed]))
}

/** The binary form, for Bytes columns. */
export function bytesOfCell(cell: Cell): Buffer {
  return Buffer.concat([cellHeader(cell.suite, cell.keyId), cell.nonce, cell.sealed])
}

/** Whether a stored value lies in the reserved space: it opens or throws, and is never returned as plaintext. */
export function isReserved(stored: unknown): boolean {
  if (typeof stored === 'string') return RESERVED_TEXT.test(stored)
  return stored instanceof Uint8Array && startsWith(stored, MAGIC)
}

/**
 * Takes a stored value apart.
 * @throws PlaintextFoundError if it lies outside the reserved space.
 * @throws MalformedCellError, UnknownFormatError if it lies inside but is not a cell of this release.
 */
export function parseCell(stored: unknown, where: ErrorDetails): Cell {
  if (!isReserved(stored)) throw new PlaintextFoundError(where)
  return typeof stored === 'string' ? parseText(stored, where) : parseBytes(stored as Uint8Array, where)
}

function parseText(text: string, where: ErrorDetails): Cell {
  const suite = text.slice(5, text.indexOf('.'))
  requireSuite(suite, where)
  // Only the prefix is matched: an expression over megabytes of payload runs out of stack.
  const keyId = CELL_PREFIX.exec(text.slice(0, PREFIX_CHARACTERS))?.[1]
  if (keyId === undefined) throw new MalformedCellError('its text does not have the shape of a cell', where)
  const body = decodeBase64url(text.slice(PREFIX_CHARACTERS))
  if (body === undefined) throw new MalformedCellError('its base64url is not canonical', where)
  return bodyOf(keyId, body, where)
}

function parseBytes(bytes: Uint8Array, where: ErrorDetails): Cell {
  const suite = bytes[MAGIC.length]
  if (suite === undefined) throw new MalformedCellError('it ends before its format', where)
  requireSuite(String(suite), where)
  const keyId = Buffer.from(bytes.subarray(MAGIC.length + 1, HEADER_BYTES)).toString('latin1')
  if (!KEY_ID.test(keyId)) throw new MalformedCellError('it names no key', where)
  return bodyOf(keyId, bytes.subarray(HEADER_BYTES), where)
}

function requireSuite(suite: string, where: ErrorDetails): void {
  if (suite === String(SUITE)) return
  if (suite === String(ROW_BOUND_SUITE)) throw new UnknownFormatError('2 (row-bound)', where)
  if (/^0/.test(suite) && suite !== '0') throw new MalformedCellError('its format number has a leading zero', where)
  throw new UnknownFormatError(suite.length > 10 ? 'unknown' : suite, where)
}

function bodyOf(keyId: string, body: Uint8Array, where: ErrorDetails): Cell {
  if (body.length < MIN_BODY_BYTES) throw new MalformedCellError('it is too short', where)
  return { suite: SUITE, keyId, nonce: body.subarray(0, NONCE_BYTES), sealed: body.subarray(NONCE_BYTES) }
}
