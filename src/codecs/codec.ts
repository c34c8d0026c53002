import type { Buffer } from 'node:buffer'
import type { ErrorDetails } from '../errors/index.js'
import type { LogicalType } from '../policy/policy.js'

/**
 * One type of value and its bytes. Encoded values begin with the codec's id, so that a cell says what it holds;
 * `where` is what errors say about the place.
 */
export interface Codec<T = unknown> {
  readonly type: LogicalType
  /** First byte of everything this codec writes. Int and BigInt share theirs. */
  readonly id: number
  /**
   * Value to `id ‖ payload`, as it stands in a cell.
   * @throws InvalidValueError if the value is not of the type.
   */
  encode(value: unknown, where: ErrorDetails): Buffer
  /**
   * `id ‖ payload` back to the value; the id was checked by the caller.
   * @throws MalformedCellError if the payload is not one that `encode` writes.
   */
  decode(bytes: Buffer, where: ErrorDetails): T
  /** As `encode`, for tags, where values that compare equal must give equal bytes. */
  encodeForTag?(value: unknown, where: ErrorDetails): Buffer
}
