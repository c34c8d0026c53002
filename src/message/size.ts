/** Most plaintext bytes of one cell: 64 MiB, codec byte not counted. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

/** Bytes beside the payload in a body: codec byte, nonce, tag. */
const BODY_OVERHEAD = 1 + 12 + 16
/** `enc::1.` + key id + `.` */
const TEXT_PREFIX = 20
/** Magic, suite, key id. */
const HEADER_BYTES = 16

/** Bytes of the body, nonce ‖ ciphertext ‖ tag, of so many bytes of plaintext (codec byte and payload). */
export function bodyLength(plaintextBytes: number): number {
  return BODY_OVERHEAD - 1 + plaintextBytes
}

/** Characters of the text form of a cell whose payload has `payloadBytes` bytes. */
export function textCellLength(payloadBytes: number): number {
  return TEXT_PREFIX + Math.ceil((4 * (BODY_OVERHEAD + payloadBytes)) / 3)
}

/** Bytes of the binary form of a cell whose payload has `payloadBytes` bytes. */
export function binaryCellLength(payloadBytes: number): number {
  return HEADER_BYTES + BODY_OVERHEAD + payloadBytes
}
