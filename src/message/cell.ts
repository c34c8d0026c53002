import { Buffer } from 'node:buffer'
import {
  type BodyBuffer,
  base64urlBytes,
  createBodyBuffer,
  decodeBase64urlInto,
  encodeBase64url,
  KEY_ID_LENGTH,
  NONCE_BYTES,
  startsWith,
  TAG_BYTES,
  withRoom,
} from '../crypto/index.js'
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

/** The text form of a cell. */
export function textOfCell({ suite, keyId, nonce, sealed }: Cell): string {
  return cellTextPrefix(suite, keyId) + encodeBase64url(Buffer.concat([nonce, sealed]))
}

/** The binary form of a cell. */
export function bytesOfCell({ suite, keyId, nonce, sealed }: Cell): Buffer {
  return Buffer.concat([cellHeader(suite, keyId), nonce, sealed])
}

/** As `textOfCell`, of a body and the `cellTextPrefix` of its key: what a batch is written with. */
export function textOfBody(prefix: string, { bytes }: BodyBuffer, length: number): string {
  return prefix + bytes.toString('base64url', 0, length)
}

/** As `bytesOfCell`, of a body and the `cellHeader` of its key. */
export function bytesOfBody(header: Uint8Array, { bytes }: BodyBuffer, length: number): Buffer {
  return Buffer.concat([header, bytes.subarray(0, length)])
}

/** Whether a stored value lies in the reserved space: it opens or throws, and is never returned as plaintext. */
export function isReserved(stored: unknown): boolean {
  if (typeof stored === 'string') return RESERVED_TEXT.test(stored)
  return stored instanceof Uint8Array && startsWith(stored, MAGIC)
}

/**
 * The key that a stored value names. What stands behind its header is not looked at.
 * @throws PlaintextFoundError if it lies outside the reserved space.
 * @throws MalformedCellError, UnknownFormatError if it lies inside but does not begin as a cell of this release.
 */
export function keyIdOfCell(stored: unknown, where: ErrorDetails): string {
  if (typeof stored === 'string' && RESERVED_TEXT.test(stored)) return keyIdOfText(stored, where)
  if (stored instanceof Uint8Array && startsWith(stored, MAGIC)) return keyIdOfBytes(stored, where)
  throw new PlaintextFoundError(where)
}

/** A cell's body and how long it is. */
export interface CellBody {
  /** The buffer that was given, or a larger one. */
  readonly body: BodyBuffer
  readonly length: number
}

/**
 * Writes the body of a cell, whose header was read, into memory that is used again.
 * @throws MalformedCellError
 */
export function bodyOfCell(stored: string | Uint8Array, reused: BodyBuffer, where: ErrorDetails): CellBody {
  const opened = typeof stored === 'string' ? bodyOfText(stored, reused, where) : bodyOfBytes(stored, reused)
  if (opened.length < MIN_BODY_BYTES) throw new MalformedCellError('it is too short', where)
  return opened
}

/**
 * Takes one stored value apart.
 * @throws PlaintextFoundError, MalformedCellError, UnknownFormatError
 */
export function parseCell(stored: unknown, where: ErrorDetails): Cell {
  const keyId = keyIdOfCell(stored, where)
  const { body, length } = bodyOfCell(stored as string | Uint8Array, createBodyBuffer(), where)
  return {
    suite: SUITE,
    keyId,
    nonce: body.bytes.subarray(0, NONCE_BYTES),
    sealed: body.bytes.subarray(NONCE_BYTES, length),
  }
}

function keyIdOfText(text: string, where: ErrorDetails): string {
  const suite = text.slice(5, text.indexOf('.'))
  requireSuite(suite, where)
  // Only the prefix is matched: an expression over megabytes of payload runs out of stack.
  const keyId = CELL_PREFIX.exec(text.slice(0, PREFIX_CHARACTERS))?.[1]
  if (keyId === undefined) throw new MalformedCellError('its text does not have the shape of a cell', where)
  return keyId
}

function keyIdOfBytes(bytes: Uint8Array, where: ErrorDetails): string {
  const suite = bytes[MAGIC.length]
  if (suite === undefined) throw new MalformedCellError('it ends before its format', where)
  requireSuite(String(suite), where)
  const keyId = Buffer.from(bytes.subarray(MAGIC.length + 1, HEADER_BYTES)).toString('latin1')
  if (!KEY_ID.test(keyId)) throw new MalformedCellError('it names no key', where)
  return keyId
}

function bodyOfText(text: string, reused: BodyBuffer, where: ErrorDetails): CellBody {
  const encoded = text.slice(PREFIX_CHARACTERS)
  const body = withRoom(reused, base64urlBytes(encoded.length))
  const length = decodeBase64urlInto(body.bytes, encoded)
  if (length === undefined) throw new MalformedCellError('its base64url is not canonical', where)
  return { body, length }
}

function bodyOfBytes(bytes: Uint8Array, reused: BodyBuffer): CellBody {
  const length = Math.max(bytes.length - HEADER_BYTES, 0)
  const body = withRoom(reused, length)
  body.bytes.set(bytes.subarray(HEADER_BYTES))
  return { body, length }
}

function requireSuite(suite: string, where: ErrorDetails): void {
  if (suite === String(SUITE)) return
  if (suite === String(ROW_BOUND_SUITE)) throw new UnknownFormatError('2 (row-bound)', where)
  if (/^0/.test(suite) && suite !== '0') throw new MalformedCellError('its format number has a leading zero', where)
  throw new UnknownFormatError(suite.length > 10 ? 'unknown' : suite, where)
}
